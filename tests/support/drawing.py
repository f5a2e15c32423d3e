"""Processes that share one request budget in Redis, and the times at which they sent requests."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.patience import PATIENCE_SECONDS

_PROGRAM = Path(__file__).parents[1] / "marketplace" / "budget" / "redis_budget_user.py"


class Drawer:
    """One running program. `written` are the moments of its requests so far, by the machine's steady clock."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.written: list[float] = []
        self.process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said: list[str] = []
        self._readers = [threading.Thread(target=read) for read in (self._note, self._listen)]
        for reader in self._readers:
            reader.start()

    @property
    def said(self) -> str:
        """What it logged so far."""
        return "".join(self._said)

    def since(self, moment: float) -> int:
        """How many requests it wrote since `moment`."""
        return sum(at > moment for at in list(self.written))

    def end(self) -> None:
        """Ask it to end, and wait until it has."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            for reader in self._readers:
                reader.join()
            for stream in (self.process.stdout, self.process.stderr):
                assert stream is not None
                stream.close()

    def _note(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.written.append(float(line))

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._said.append(line)


@contextmanager
def drawing(
    redis_url: str, api_url: str, *, callers: Sequence[int] = (4, 4, 4), settle_seconds: float = 15.0
) -> Iterator[list[Drawer]]:
    """One program for each number of `callers`. They end with the block."""
    with ExitStack() as stack:
        drawers: list[Drawer] = []
        for count in callers:
            drawers.append(Drawer([redis_url, api_url, str(count), str(settle_seconds)]))
            stack.callback(drawers[-1].end)
        yield drawers


def wait_until(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `condition()` holds; fails when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def written_by(drawers: Sequence[Drawer]) -> list[float]:
    """All their moments in order."""
    return sorted(moment for drawer in drawers for moment in list(drawer.written))


def most_in_a_second(moments: Sequence[float]) -> int:
    """The most of them in any rolling second."""
    first = most = 0
    for place, moment in enumerate(moments):
        while moment - moments[first] >= 1.0:
            first += 1
        most = max(most, place - first + 1)
    return most
