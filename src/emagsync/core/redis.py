"""Connects to Redis with timeouts and without hidden retries; names its address without the password."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

# What redis-py raises when Redis does not answer, is full, still loads its data, or refuses the login.
AWAY: Final = (RedisError, OSError)
ANSWER_SECONDS: Final = 2.0
_CONNECTIONS: Final = 16


class _Client(Redis):
    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with preserving_cancellation():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


def open_redis(url: str) -> Redis:
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
    return _Client.from_pool(pool)


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
