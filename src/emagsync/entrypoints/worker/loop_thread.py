"""The one event loop of a worker process, in a thread of its own, for as long as the process lives.

Celery's tasks are plain functions. A loop for each of them (`asyncio.run`) would leave the engine's connections bound
to loops that are gone: "attached to a different loop", `MissingGreenlet`. So they hand their coroutines to this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future, wait
from threading import Thread
from typing import Any, TypeVar

from emagsync.core.concurrency import cancelled

T = TypeVar("T")


class LoopThread:
    """An event loop that runs in its own thread. Make it after a fork: threads do not survive one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: dict[Future[Any], asyncio.Task[Any]] = {}
        self._thread = Thread(target=self._loop.run_forever, name="event loop", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine in the loop, wait for its end, and return its result; any number of threads may call this.

        When the waiting thread is interrupted, as by Celery's soft time limit, the coroutine is cancelled and its
        clean-up waited for before the interruption goes on: it never runs on unseen.
        """
        ended: Future[T] = Future()
        self._loop.call_soon_threadsafe(self._begin, coroutine, ended)
        try:
            return ended.result()
        except BaseException:
            if not ended.done():
                self._loop.call_soon_threadsafe(self._cancel, ended)
                wait([ended])
            raise

    def soon(self, function: Any, *arguments: Any) -> None:
        """Call `function` in the loop, without waiting; from any thread, also in a signal handler."""
        self._loop.call_soon_threadsafe(function, *arguments)

    def close(self) -> None:
        """Cancel what still runs in the loop, then end the loop and its thread."""
        self.run(_cancel_all())
        self.run(self._loop.shutdown_asyncgens())
        self.run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _begin(self, coroutine: Coroutine[Any, Any, T], ended: Future[T]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks[ended] = task
        task.add_done_callback(lambda done: self._settle(done, ended))

    def _cancel(self, ended: Future[Any]) -> None:
        task = self._tasks.get(ended)
        if task is not None:
            task.cancel()

    def _settle(self, task: asyncio.Task[T], ended: Future[T]) -> None:
        self._tasks.pop(ended, None)
        if task.cancelled():
            ended.set_exception(CancelledError())
        elif (error := task.exception()) is not None:
            ended.set_exception(error)
        else:
            ended.set_result(task.result())


async def _cancel_all() -> None:
    await cancelled(*(asyncio.all_tasks() - {asyncio.current_task()}))
