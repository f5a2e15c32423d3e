"""The live display of a terminal: one line for each account, four times a second."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from emagsync.entrypoints.cli.output.text import clock, of
from emagsync.sync.schemas import Progress, Run

_NUMBERS = ("pages", "offers", "per s", "left", "wait", "errors")
_MOST_NEEDED = ("offers", "left", "errors")
_WITHOUT_BAR = 80  # columns that all numbers need for a catalogue of 250,000 offers
_FEW_WITHOUT_BAR = 56  # that the most needed ones do
_BAR_WIDTHS = (8, 30)


class LiveDisplay:
    """Draws on standard error while its block runs; what is written there meanwhile appears above."""

    def __init__(self, accounts: Sequence[str], *, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr)
        self._phases = dict.fromkeys(accounts, "waiting")
        self._progress: dict[str, Progress] = {}
        self._notes: list[str] = []
        self._live = Live(console=self._console, get_renderable=self.render, refresh_per_second=4)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def started(self, account: str) -> None:
        """Show in the account's line that it is starting."""
        self._phases[account] = "starting"

    def progress(self, progress: Progress) -> None:
        """Take the newest figures, for the next refresh."""
        self._progress[progress.account] = progress
        self._phases[progress.account] = progress.phase.value

    def ended(self, account: str, run: Run | None) -> None:
        """Leave the account's line, with how the run ended."""
        self._phases[account] = run.status.value if run else "not started"

    def say(self, line: str) -> None:
        """Add a line below the table."""
        self._notes.append(line)

    def render(self) -> Table:
        """The table to draw now, one row for each account."""
        table = Table(box=None, padding=(0, 1, 0, 0), caption="\n".join(self._notes) or None, caption_justify="left")
        numbers = _NUMBERS if self._console.width >= _WITHOUT_BAR + _BAR_WIDTHS[0] else _MOST_NEEDED
        without_bar = _WITHOUT_BAR if numbers is _NUMBERS else _FEW_WITHOUT_BAR
        bar_width = max(_BAR_WIDTHS[0], min(self._console.width - without_bar, _BAR_WIDTHS[1]))
        for column in ("account", "phase"):
            table.add_column(column, no_wrap=True)
        table.add_column("", width=bar_width)
        for column in numbers:
            table.add_column(column, justify="right", no_wrap=True)
        for account, phase in self._phases.items():
            progress = self._progress.get(account)
            if progress is None:
                table.add_row(account, phase)
            else:
                cells = dict(zip(_NUMBERS, _cells(progress), strict=True))
                table.add_row(account, phase, _bar(progress), *(cells[name] for name in numbers))
        return table


def _bar(progress: Progress) -> ProgressBar:
    total, done = progress.total_items or progress.total_pages, progress.processed
    if not progress.total_items:
        done = progress.pages_read
    return ProgressBar(total=total or 1, completed=min(done, total or 1))


def _cells(progress: Progress) -> tuple[str, ...]:
    return (
        of(progress.pages_read, progress.total_pages),
        of(progress.processed, progress.total_items),
        f"{progress.items_per_second:,.0f}",
        clock(progress.eta_seconds),
        clock(progress.wait_seconds),
        str(progress.errors),
    )
