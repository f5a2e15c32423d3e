"""Connects to Redis with timeouts and without hidden retries; names its address without the password.

A Redis that is away may come back, and is waited for. One that refuses the login, the database or a command refuses
them until somebody changes a setting: `check_settings` says so when a program starts.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, cast
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from emagsync.core.errors import SettingsError

# What redis-py raises when Redis does not answer, is full, still loads its data, or refuses the login.
AWAY: Final = (RedisError, OSError)
ANSWER_SECONDS: Final = 2.0
_CONNECTIONS: Final = 16
_KEPT_SECONDS: Final = 60
# What the request budgets need. They give these in scripts, where Redis names a right that is missing less clearly.
# `INFO` tells whether Redis was restarted, and is done without.
_SCRIPT: Final = "return redis.call('HGET', KEYS[1], 'field')"
_OF_BUDGETS: Final = (
    ("TIME",),
    ("HSET", "{key}", "field", "1"),
    ("HGET", "{key}", "field"),
    ("HMGET", "{key}", "field"),
    ("EXPIRE", "{key}", _KEPT_SECONDS),
)

Command = tuple[str | int, ...]


class _Client(Redis):
    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with preserving_cancellation():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


def open_redis(url: str) -> _Client:
    """A client with a connection pool of its own, for one event loop; nothing is sent yet. A command fails after two
    seconds. Close it with `aclose`.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=ANSWER_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return cast("_Client", _Client.from_pool(pool))


async def check_settings(url: str, *, prefix: str = "emagsync:", commands: Sequence[Command] = ()) -> None:
    """Log in, and give the commands that our programs give, on keys and channels under `prefix` that expire.

    `commands` are given in addition; `{key}` in one stands for such a key. Raises SettingsError with one line when
    Redis refuses what it will refuse again. Returns when Redis is away, full or still loading: that may change.
    """
    where = f"EMAGSYNC_REDIS_URL: {address_of(url)}"
    redis = open_redis(url)
    try:
        await _log_in(redis, where)
        await _use(redis, f"{prefix}start:{uuid.uuid4().hex}", commands)
    except AuthenticationError as error:
        raise SettingsError(f"{where} refuses the login ({reason_of(error)}): check user and password.") from error
    except NoPermissionError as error:
        raise SettingsError(
            f"{where} does not let this user do what is needed ({reason_of(error)}): docs/scaling.md has the rights."
        ) from error
    except AWAY:
        return
    finally:
        with suppress(*AWAY):
            await redis.aclose()


async def _log_in(redis: _Client, where: str) -> None:
    try:
        # Not PING, which is refused while the disk is full.
        await redis.execute_command("ECHO", "emagsync")
    except NoPermissionError:
        raise
    except ResponseError as error:
        raise SettingsError(f"{where}: {reason_of(error)}: check the number of the database.") from error


async def _use(redis: _Client, key: str, commands: Sequence[Command]) -> None:
    await redis.register_script(_SCRIPT)(keys=[key])
    await redis.execute_command("PUBLISH", key, "")
    async with redis.pubsub() as subscription:
        await subscription.subscribe(key)
        await subscription.get_message(timeout=ANSWER_SECONDS)
    for command in (*_OF_BUDGETS, *commands):
        await redis.execute_command(*(part.format(key=key) if isinstance(part, str) else part for part in command))


def address_of(url: str) -> str:
    """`Redis at host:port`, without user and password."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"Redis at {parts.path}"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"Redis at {host}:{parts.port or 6379}"


@contextmanager
def preserving_cancellation() -> Iterator[None]:
    """Raise CancelledError at the end of the block if the task was cancelled within it, also if the block raised.

    redis-py 8.1 turns a cancellation while it connects into a connection error, and before Python 3.12 loses one that
    comes just as a command was sent (`asyncio.wait_for`, python/cpython#86296): the task would go on.
    """
    before = _cancellations()
    try:
        yield
    finally:
        if _cancellations() > before:
            raise asyncio.CancelledError


def _cancellations() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def reason_of(error: BaseException) -> str:
    """The error in one line of at most 200 characters. Redis puts no password into what it says of a refused login."""
    return " ".join(str(error).split())[:200] or type(error).__name__
