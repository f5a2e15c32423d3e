"""Ctrl-C and SIGTERM during a sync: the first stops it after the pages in flight, the second at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

from emagsync.entrypoints.cli.exits import ExitCode

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_GRACE_SECONDS = 2.0


class StopOnSignals:
    """While the block runs, the first signal sets `requested`; the second cancels what `cancels` was given.

    If the process has not ended two seconds after the second, it exits without clean-up; a killed run is resumed like
    any other.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.requested = asyncio.Event()
        self._say = say
        self._tasks: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> StopOnSignals:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._signalled)
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            # asyncio leaves SIGINT to Python and SIGTERM to the kernel, which would skip the clean-up.
            signal.signal(number, signal.default_int_handler)

    def cancels(self, task: asyncio.Task[Any]) -> None:
        """Let the second signal cancel this task."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _signalled(self) -> None:
        if not self.requested.is_set():
            self.requested.set()
            self._say("stopping after the pages in flight; once more stops at once")
            return
        for task in self._tasks:
            task.cancel()
        asyncio.get_running_loop().call_later(_GRACE_SECONDS, os._exit, int(ExitCode.INTERRUPTED))
