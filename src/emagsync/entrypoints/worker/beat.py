"""`emagsync beat`: queues the jobs that are due, and finds orphaned runs.

Any number may be started: one is the leader, and the others wait to take over. Should two lead for a moment, nothing is
done twice: each job is claimed by moving its row on.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import uuid
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import structlog
from redis.exceptions import RedisError

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.concurrency import cancelled
from emagsync.core.settings import Settings
from emagsync.entrypoints.services.notifications import build_notification_service, build_teller
from emagsync.entrypoints.services.runs import build_freshness_service, build_scheduler
from emagsync.entrypoints.worker import task_names
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.leader import LEADER_SECONDS, LeaderLock
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.entrypoints.worker.services import open_services
from emagsync.sync.schedule.jobs import JobKind
from emagsync.sync.schedule.scheduler import Action
from emagsync.sync.schemas import Mode

log = structlog.get_logger()

_RENEW_SECONDS: Final = LEADER_SECONDS / 3
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# A message that no worker has taken by then is out of date.
_EXPIRES_SECONDS: Final = 600


async def beat(settings: Settings, accounts: ConfiguredAccounts) -> None:
    """Queue jobs until SIGINT or SIGTERM. The database has this version's schema already."""
    clock = SystemClock()
    url = settings.redis_url
    assert url is not None  # noqa: S101 - the settings ask for it
    holder = f"{socket.gethostname()[:100]}:{os.getpid()}:{uuid.uuid4().hex}"
    queue = CeleryQueue(make_app(settings))
    async with AsyncExitStack() as stack:
        stack.callback(queue.close)
        services = await stack.enter_async_context(open_services(settings, accounts, queue, clock=clock))
        lock = await stack.enter_async_context(LeaderLock(url.get_secret_value(), holder))
        actions = {kind: sending(queue, kind) for kind in JobKind}
        scheduler = build_scheduler(services.foundation, services.registry, actions)
        leader = LeaderTasks(lock, clock)
        stopping = _stopped_by_signals()
        _, dispatcher = build_notification_service(services.foundation)
        teller = build_teller(services.foundation, build_freshness_service(services.foundation, services.registry))
        work = asyncio.ensure_future(
            leader.run(lambda: [scheduler.run(), services.sweeper.run(), teller.run(), dispatcher.run()])
        )
        await asyncio.wait({work, asyncio.ensure_future(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
        await cancelled(work)
        if not stopping.is_set():
            work.result()


def sending(queue: CeleryQueue, kind: JobKind) -> Action:
    """The action that queues jobs of this kind for the workers; the worker that does one records the result."""

    async def send(account: str | None) -> None:
        arguments: tuple[str, ...] = () if account is None else (account,)
        name = task_names.TASK_OF_JOB.get(kind)
        if name is None:
            name, arguments = task_names.SCHEDULED, (kind if account is None else f"{kind}:{account}",)
        elif name == task_names.SYNC_ACCOUNT:
            arguments = (*arguments, Mode.FULL if kind is JobKind.FULL else Mode.INCREMENTAL)
        await queue.send_task(name, *arguments, expires=_EXPIRES_SECONDS)

    return send


class LeaderTasks:
    """Runs coroutines while this process is the leader.

    While Redis does not answer, the leader goes on for as long as its lock would have lasted: no other can have it.
    """

    def __init__(self, lock: LeaderLock, clock: Clock) -> None:
        self._lock = lock
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._held_until = 0.0

    async def run(self, work: Callable[[], Sequence[Coroutine[Any, Any, None]]]) -> None:
        """Start what `work()` returns when the lock is acquired, and cancel it when the lock is lost; for ever."""
        try:
            while True:
                asked = self._clock.monotonic()
                if await self._is_leader():
                    self._held_until = asked + LEADER_SECONDS
                    self._start(work)
                elif self._clock.monotonic() >= self._held_until:
                    await self._cancel()
                await self._clock.sleep(_RENEW_SECONDS)
        finally:
            await self._cancel()

    async def _is_leader(self) -> bool:
        try:
            leads = await self._lock.acquire()
        except (RedisError, OSError) as error:
            log.warning("beat_cannot_ask", error=str(error))
            return False
        if not leads:
            self._held_until = 0.0
        return leads

    def _start(self, work: Callable[[], Sequence[Coroutine[Any, Any, None]]]) -> None:
        for task in self._tasks:
            if task.done():
                task.result()
        if not self._tasks:
            log.info("beat_active")
            self._tasks = [asyncio.ensure_future(coroutine) for coroutine in work()]

    async def _cancel(self) -> None:
        if self._tasks:
            log.info("beat_standing_by")
            await cancelled(*self._tasks)
            self._tasks = []


def _stopped_by_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    return stopping
