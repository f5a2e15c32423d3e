"""Running coroutines at the same time: several until one fails, or one for as long as a block runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, TypeAlias, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

# Longer than what is cancelled may need to end in order: it may write that it ends, and wait for a busy database then.
_AGAIN_SECONDS: Final = 60.0

# Runs the work of this name for as long as the block runs, as `background_task` does.
InBackground: TypeAlias = Callable[[str, Coroutine[Any, Any, None]], AbstractAsyncContextManager[None]]


async def run_concurrently(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of `work`; on the first failure cancel the others, wait for their end, and raise that failure.

    `asyncio.TaskGroup` would wrap it in an ExceptionGroup, and every caller would have to unwrap it.
    """
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        await _until_first_failure(tasks)
    finally:
        await cancelled(*tasks)


@asynccontextmanager
async def background_task(name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` while the block runs; it is cancelled, and its end waited for, when the block ends.

    A failure of `work` does not end the block: it is logged, once.
    """
    task = asyncio.get_running_loop().create_task(work, name=name)
    task.add_done_callback(_log_failure)
    try:
        yield
    finally:
        await cancelled(task)


async def cancelled(*tasks: asyncio.Future[Any]) -> None:
    """Cancel what still runs and wait until it has ended. What it raises is not raised again.

    What goes on all the same is cancelled again after a while: a library may lose a cancellation, as `asyncio.wait_for`
    does before Python 3.12 (python/cpython#86296), and whoever waits here would wait for ever.
    """
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle

    def cancel() -> None:
        nonlocal timer
        for task in tasks:
            task.cancel()
        timer = loop.call_later(_AGAIN_SECONDS, cancel)

    cancel()
    try:
        await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        timer.cancel()


async def _until_first_failure(tasks: Sequence[asyncio.Future[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background_task_failed", task=task.get_name(), exc_info=error)
