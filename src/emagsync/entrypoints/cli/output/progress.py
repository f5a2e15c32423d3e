"""Progress of a sync on standard error: plain lines, or nothing. `live.py` has the display for terminals."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, Self

import typer

from emagsync.entrypoints.cli.output.text import duration, of, plural
from emagsync.sync.schemas import Progress, Run

SECONDS_BETWEEN_LINES = 2.0
# A line equal to the one before it is printed only so often, to show that the run is still alive.
SECONDS_BETWEEN_REPEATS = 30.0


class Display(Protocol):
    """Shows the progress of several accounts while its block runs."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def started(self, account: str) -> None:
        """Called when the account's run begins."""
        ...

    def progress(self, progress: Progress) -> None:
        """Called with a run's figures, often several times a second."""
        ...

    def ended(self, account: str, run: Run | None) -> None:
        """Called when the account is done; `run` is None when it could not start."""
        ...

    def say(self, line: str) -> None:
        """Show a message to the person, such as what Ctrl-C did."""
        ...


class SilentDisplay:
    """Shows no progress, only messages to the person."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def started(self, account: str) -> None:
        """Nothing."""

    def progress(self, progress: Progress) -> None:
        """Nothing."""

    def ended(self, account: str, run: Run | None) -> None:
        """Nothing."""

    def say(self, line: str) -> None:
        """Print the message."""
        _write(f"emagsync: {line}")


class PlainDisplay(SilentDisplay):
    """Prints a line when an account starts and ends, and in between at most one every two seconds."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic, write: Callable[[str], None] | None = None):
        self._monotonic = monotonic
        self._write = write or _write
        self._due: dict[str, float] = {}
        self._seen: set[str] = set()
        self._said: dict[str, tuple[str, float]] = {}

    def started(self, account: str) -> None:
        """Print that the account has started."""
        self._due[account] = self._monotonic() + SECONDS_BETWEEN_LINES
        self._write(f"{account}: started")

    def progress(self, progress: Progress) -> None:
        """Print a line when the last one is two seconds old, or when the first page has come."""
        now = self._monotonic()
        first = progress.pages_read > 0 and progress.account not in self._seen
        if first or now >= self._due.get(progress.account, now):
            if progress.pages_read > 0:
                self._seen.add(progress.account)
            self._due[progress.account] = now + SECONDS_BETWEEN_LINES
            self._say_once(progress.account, progress_line(progress), now)

    def _say_once(self, account: str, line: str, now: float) -> None:
        before, at = self._said.get(account, ("", now))
        if line != before or now - at >= SECONDS_BETWEEN_REPEATS:
            self._said[account] = line, now
            self._write(line)

    def ended(self, account: str, run: Run | None) -> None:
        """Print how the account ended."""
        self._write(f"{account}: {run.status.value if run else 'not started'}")


def progress_line(progress: Progress) -> str:
    """`main: reading, page 12/26, 1,200/2,545 offers, 287/s, 5.0 s left`."""
    parts = [
        f"{progress.account}: {progress.phase.value}",
        f"page {of(progress.pages_read, progress.total_pages)}",
        f"{of(progress.processed, progress.total_items)} offers",
        f"{progress.items_per_second:,.0f}/s",
    ]
    if progress.eta_seconds is not None:
        parts.append(f"{duration(progress.eta_seconds)} left")
    if progress.trouble.failing_since is not None:
        parts.append(f"eMAG fails ({progress.trouble.last_failure}): time left unknown")
    if progress.trouble.failed_requests:
        parts.append(f"{plural(progress.trouble.failed_requests, 'request')} failed and tried again")
    if progress.trouble.page_size is not None:
        parts.append(f"pages of {progress.trouble.page_size}")
    if progress.wait_seconds >= 1:
        parts.append(f"waited {duration(progress.wait_seconds)} for the limit")
    if progress.errors:
        parts.append(plural(progress.errors, "error"))
    return ", ".join(parts)


def _write(line: str) -> None:
    typer.echo(line, err=True)
