"""Connecting to Redis: timeouts, no hidden repetitions, and its address without its password."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

# What a Redis that is away, full, loading or closed to us raises.
AWAY: Final = (RedisError, OSError)
ANSWER_SECONDS: Final = 2.0
_CONNECTIONS: Final = 16


class _Client(Redis):
    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with heeding_cancellation():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


def open_redis(url: str) -> Redis:
    """A client with a pool of its own, for one event loop; nothing is sent yet. Each command has two seconds.

    Close it by `aclose`.
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


class heeding_cancellation:  # noqa: N801 - reads as a statement: `with heeding_cancellation():`
    """Raises CancelledError at the end of the block if the task was cancelled within it, whatever came of the block.

    redis-py 8.1 answers a cancellation while it connects with a connection error, and before Python 3.12 loses one that
    comes just as a command was sent (`asyncio.wait_for`, python/cpython#86296): the task would go on.
    """

    def __enter__(self) -> None:
        self._before = _cancellations()

    def __exit__(self, *_: object) -> None:
        if _cancellations() > self._before:
            raise asyncio.CancelledError


def _cancellations() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def reason_of(error: BaseException) -> str:
    """One line. What Redis says of a refused login holds no password."""
    return " ".join(str(error).split())[:200] or type(error).__name__
