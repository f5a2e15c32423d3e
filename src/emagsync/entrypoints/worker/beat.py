"""`emagsync beat`: tells the workers what is due, and finds the runs that nobody sees to.

Any number may be started; the one with the lease is active and the others wait for it to end. Were two active for a
moment, nothing would be done twice: each job is claimed by moving its row on.
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
from emagsync.entrypoints.worker import task_names
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.lease import LEASE_SECONDS, Lease
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.entrypoints.worker.services import open_state
from emagsync.sync.schedule.jobs import JobKind
from emagsync.sync.schedule.scheduler import Do, Scheduler
from emagsync.sync.schemas import Mode

log = structlog.get_logger()

_RENEW_SECONDS: Final = LEASE_SECONDS / 3
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
# What no worker has taken by then is out of date.
_EXPIRES_SECONDS: Final = 600


async def beat(settings: Settings, accounts: ConfiguredAccounts) -> None:
    """Work until SIGINT or SIGTERM. The database has this version's schema already."""
    clock = SystemClock()
    url = settings.redis_url
    assert url is not None  # noqa: S101 - the settings ask for it
    holder = f"{socket.gethostname()[:100]}:{os.getpid()}:{uuid.uuid4().hex}"
    queue = CeleryQueue(make_app(settings))
    async with AsyncExitStack() as stack:
        stack.callback(queue.close)
        state = await stack.enter_async_context(open_state(settings, accounts, queue, clock=clock))
        lease = await stack.enter_async_context(Lease(url.get_secret_value(), holder))
        scheduler = Scheduler(
            database=state.database,
            settings=settings.schedule,
            accounts=lambda: state.registry.names,
            actions={kind: sending(queue, kind) for kind in JobKind},
            clock=clock,
        )
        active = Active(lease, clock)
        stopping = _stopping()
        work = asyncio.ensure_future(active.run(lambda: [scheduler.run(), state.sweeper.run()]))
        await asyncio.wait({work, asyncio.ensure_future(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
        await cancelled(work)
        if not stopping.is_set():
            work.result()


def sending(queue: CeleryQueue, kind: JobKind) -> Do:
    """A job's action that has a worker do it; the worker notes what became of it."""

    async def send(account: str | None) -> None:
        arguments: tuple[str, ...] = () if account is None else (account,)
        name = task_names.TASK_OF_JOB.get(kind)
        if name is None:
            name, arguments = task_names.SCHEDULED, (kind if account is None else f"{kind}:{account}",)
        elif name == task_names.SYNC_ACCOUNT:
            arguments = (*arguments, Mode.FULL if kind is JobKind.FULL else Mode.INCREMENTAL)
        await queue.send_task(name, *arguments, expires=_EXPIRES_SECONDS)

    return send


class Active:
    """Runs things while this process holds the lease."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self._lease = lease
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._held_until = 0.0

    async def run(self, work: Callable[[], Sequence[Coroutine[Any, Any, None]]]) -> None:
        """Start what `work()` returns whenever the lease is got, and end it when it is lost."""
        try:
            while True:
                asked = self._clock.monotonic()
                if await self._holds():
                    self._held_until = asked + LEASE_SECONDS
                    self._begin(work)
                elif self._clock.monotonic() >= self._held_until:
                    await self._end()
                await self._clock.sleep(_RENEW_SECONDS)
        finally:
            await self._end()

    async def _holds(self) -> bool:
        try:
            holds = await self._lease.hold()
        except (RedisError, OSError) as error:
            log.warning("beat_cannot_ask", error=str(error))
            return False
        if not holds:
            self._held_until = 0.0
        return holds

    def _begin(self, work: Callable[[], Sequence[Coroutine[Any, Any, None]]]) -> None:
        for task in self._tasks:
            if task.done():
                task.result()
        if not self._tasks:
            log.info("beat_active")
            self._tasks = [asyncio.ensure_future(coroutine) for coroutine in work()]

    async def _end(self) -> None:
        if self._tasks:
            log.info("beat_standing_by")
            await cancelled(*self._tasks)
            self._tasks = []


def _stopping() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    return stopping
