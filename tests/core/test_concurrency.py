"""Coroutines that run at the same time end together, and their failures are raised or logged, never lost."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from emagsync.core import concurrency
from emagsync.core.concurrency import background_task, run_concurrently


async def for_ever(started: asyncio.Event, ended: asyncio.Event) -> None:
    started.set()
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()


async def failing(after: asyncio.Event | None = None) -> None:
    if after is not None:
        await after.wait()
    raise ValueError("it failed")


async def test_a_background_task_ends_with_its_block() -> None:
    started, ended = asyncio.Event(), asyncio.Event()
    async with background_task("work", for_ever(started, ended)):
        await started.wait()
        assert not ended.is_set()
    assert ended.is_set()


async def test_a_background_task_ends_when_its_block_fails() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def block() -> None:
        async with background_task("work", for_ever(started, ended)):
            await started.wait()
            raise KeyError

    with pytest.raises(KeyError):
        await block()
    assert ended.is_set()


async def test_a_background_task_that_fails_is_logged_once_and_does_not_end_the_block() -> None:
    with capture_logs() as lines:
        async with background_task("work", failing()):
            while not lines:
                await asyncio.sleep(0)
    assert [(line["event"], line["task"]) for line in lines] == [("background_task_failed", "work")]
    assert str(lines[0]["exc_info"]) == "it failed"


async def test_what_loses_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency, "_AGAIN_SECONDS", 0.01)
    lost: list[int] = []

    async def goes_on() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost.append(1)
                if len(lost) == 3:
                    raise

    async with background_task("work", goes_on()):
        await asyncio.sleep(0)
    assert len(lost) == 3


async def test_the_first_failure_ends_all_and_is_raised_as_itself() -> None:
    started, ended = asyncio.Event(), asyncio.Event()
    with pytest.raises(ValueError, match="it failed"):
        await run_concurrently([for_ever(started, ended), failing(after=started)])
    assert ended.is_set()
