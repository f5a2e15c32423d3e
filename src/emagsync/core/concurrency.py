"""Running things side by side, where one failure ends them all and is raised as itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any


async def run_concurrently(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of `work`; on the first failure cancel the others, wait for their end, and raise that failure.

    `asyncio.TaskGroup` would wrap it in an ExceptionGroup, and every caller would have to unwrap it.
    """
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        await _until_first_failure(tasks)
    finally:
        await cancelled(*tasks)


async def _until_first_failure(tasks: Sequence[asyncio.Future[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


async def cancelled(*tasks: asyncio.Future[Any]) -> None:
    """Cancel what still runs and wait until it has ended. What it raises is not raised again."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
