"""Sends messages to the workers from an event loop. Celery's own calls block, so they are made in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from emagsync.entrypoints.worker.app import HARD_AFTER_SECONDS, SOFT_AFTER_SECONDS
from emagsync.entrypoints.worker.task_names import CARRIED_CONTEXT, SYNC_PRODUCTS, SYNCS
from emagsync.sync.errors import BrokerAway
from emagsync.telemetry.tracing import carried_context

_UNREACHABLE = (OperationalError, RedisError, OSError)


class CeleryQueue:
    """The workers' queues, a `RunQueue`. Raises BrokerAway when the broker cannot be reached."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def send(self, run_id: str, *, timeout_seconds: int) -> None:
        """Queue a run, with Celery's limits set behind the run's own `timeout_seconds`."""
        limits = {
            "soft_time_limit": timeout_seconds + SOFT_AFTER_SECONDS,
            "time_limit": timeout_seconds + HARD_AFTER_SECONDS,
        }
        await self.send_task(SYNC_PRODUCTS, run_id, **limits)

    async def send_task(self, name: str, *args: object, **options: object) -> None:
        """Queue a task; `options` are those of Celery's `apply_async`."""
        await asyncio.to_thread(self._send, name, args, {"headers": _context(), **options})

    async def length(self) -> int:
        """How many queued runs no worker has taken yet."""
        return await asyncio.to_thread(self._length)

    def close(self) -> None:
        """Close the connections to the broker."""
        self._app.close()

    def _send(self, name: str, args: tuple[object, ...], options: Mapping[str, object]) -> None:
        try:
            self._app.send_task(name, args, **options)
        except _UNREACHABLE as error:
            raise _away(error) from error

    def _length(self) -> int:
        try:
            with self._app.pool.acquire(block=True, timeout=5) as connection:
                return int(connection.default_channel.client.llen(SYNCS))
        except _UNREACHABLE as error:
            raise _away(error) from error


def _context() -> dict[str, str]:
    bound = {**structlog.contextvars.get_contextvars(), **carried_context()}
    return {name: str(bound[name]) for name in CARRIED_CONTEXT if name in bound}


def _away(error: Exception) -> BrokerAway:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return BrokerAway(f"Redis, which carries work to the workers, is away ({reason}): check EMAGSYNC_REDIS_URL.")
