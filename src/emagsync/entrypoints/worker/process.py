"""One worker process: its event loop and services, from its first task to its shutdown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from threading import RLock
from typing import Any, TypeVar

import structlog

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.settings import Settings
from emagsync.entrypoints.worker.loop_thread import LoopThread
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.entrypoints.worker.services import WorkerServices, open_services, sweep_once
from emagsync.entrypoints.worker.task_names import CARRIED_CONTEXT
from emagsync.telemetry.tracing import continued_from

T = TypeVar("T")

Work = Callable[[WorkerServices], Coroutine[Any, Any, T]]


class WorkerProcess:
    """The event loop and services, started by the process that first uses them: a prefork child, or the worker itself.

    `stop_runs` also reaches the children of a prefork pool: they watch a pipe that only the worker holds open.
    """

    def __init__(self, settings: Settings, accounts: ConfiguredAccounts, app: Any) -> None:
        self._settings = settings
        self._accounts = accounts
        self._app = app
        self._lock = RLock()
        self._opened: tuple[LoopThread, AsyncExitStack, WorkerServices] | None = None
        self._pid = os.getpid()
        self._ends: tuple[int, int] = os.pipe()

    def start(self) -> None:
        """Start the event loop and open the services, unless that has been done."""
        with self._lock:
            if self._opened is None:
                loop = LoopThread()
                self._opened = (loop, *loop.run(self._open()))

    def run(self, work: Work[T], headers: Mapping[str, Any], *, seconds: float | None = None) -> T:
        """Run `work` in the loop and return its result; after `seconds` it is cancelled (TimeoutError)."""
        self.start()
        assert self._opened is not None  # noqa: S101 - start() has just opened it
        loop, _, services = self._opened
        return loop.run(_bound(self._up_to_date(work, services), headers, seconds))

    @staticmethod
    async def _up_to_date(work: Work[T], services: WorkerServices) -> T:
        """Do the work with the accounts as they are now: one may have been added for it a moment ago."""
        await services.live.try_to_refresh()
        return await work(services)

    def stop_runs(self) -> None:
        """Let the runs of this worker, and of its children, end after the pages in flight."""
        if self._pid == os.getpid():
            self._close_end(1)
        if self._opened is not None:
            loop, _, services = self._opened
            loop.soon(services.stop.set)

    def close(self) -> None:
        """Close the services and the loop of this process."""
        with self._lock:
            if self._opened is None:
                return
            loop, stack, _ = self._opened
            self._opened = None
            loop.run(stack.aclose())
            loop.close()

    async def _open(self) -> tuple[AsyncExitStack, WorkerServices]:
        stack = AsyncExitStack()
        try:
            queue = CeleryQueue(self._app)
            services = await stack.enter_async_context(open_services(self._settings, self._accounts, queue))
            self._watch_worker(services, stack)
            await sweep_once(services)
        except BaseException:
            await stack.aclose()
            raise
        return stack, services

    def _watch_worker(self, services: WorkerServices, stack: AsyncExitStack) -> None:
        """In a prefork child: stop the runs when the worker stops, however it does. Its end of the pipe closes then."""
        if self._pid == os.getpid():
            return
        self._close_end(1)
        reading = self._ends[0]
        loop = asyncio.get_running_loop()

        def stopping() -> None:
            loop.remove_reader(reading)
            services.stop.set()

        loop.add_reader(reading, stopping)
        stack.callback(loop.remove_reader, reading)

    def _close_end(self, which: int) -> None:
        if self._ends[which] >= 0:
            os.close(self._ends[which])
            self._ends = (self._ends[0], -1) if which else (-1, self._ends[1])


async def _bound(work: Coroutine[Any, Any, T], headers: Mapping[str, Any], seconds: float | None) -> T:
    carried = {name: headers[name] for name in CARRIED_CONTEXT if headers.get(name) is not None}
    with structlog.contextvars.bound_contextvars(**carried), continued_from(carried):
        async with asyncio.timeout(seconds):
            return await work
