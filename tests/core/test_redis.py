"""Our Redis client against a real one: who is cancelled while it talks to Redis ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from redis.asyncio import Redis

from emagsync.core.redis import open_redis, preserving_cancellation
from support.servers import redis_url

# More turns of the event loop than a command needs to connect, to be sent and to be answered.
TURNS = range(60)


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    redis = open_redis(redis_url())
    yield redis
    await redis.aclose()


async def outlives(cancelled_after: int, command: Callable[[], Awaitable[object]]) -> bool:
    """Whether a task that gives the command, cancelled so many turns of the event loop later, goes on after it."""

    async def ask_and_go_on() -> None:
        await command()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(ask_and_go_on())
    for _ in range(cancelled_after):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=1.0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    return not done


@pytest.mark.parametrize("connected", [False, True])
async def test_a_task_that_is_cancelled_while_it_talks_to_redis_ends(redis: Redis, connected: bool) -> None:
    for turns in TURNS:
        if connected:
            await redis.ping()
        else:
            await redis.connection_pool.disconnect()
        assert not await outlives(turns, redis.ping), f"cancelled after {turns} turns"


async def test_a_task_that_is_cancelled_while_it_subscribes_ends(redis: Redis) -> None:
    for turns in TURNS:
        async with redis.pubsub() as subscription:

            async def subscribe(to: str = f"channel {turns}", by: object = subscription) -> None:
                with preserving_cancellation():
                    await by.subscribe(to)  # type: ignore[attr-defined]

            assert not await outlives(turns, subscribe), f"cancelled after {turns} turns"


async def test_a_task_that_was_cancelled_before_can_still_clean_up_with_redis(redis: Redis) -> None:
    answers: list[bool] = []

    async def wait_and_clean_up() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            answers.append(await redis.ping())

    task = asyncio.ensure_future(wait_and_clean_up())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert answers == [True]
