"""What is shown while accounts are copied."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.output.live import LiveDisplay
from emagsync.entrypoints.cli.output.progress import PlainDisplay, progress_line
from emagsync.sync.schemas import Phase, Progress, RunStatus


def progress(account: str = "main", **changes: object) -> Progress:
    values: dict[str, object] = {
        "run_id": "r",
        "account": account,
        "status": RunStatus.RUNNING,
        "phase": Phase.READING,
        "pages_read": 12,
        "total_pages": 26,
        "processed": 1200,
        "total_items": 2545,
        "created": 1200,
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "failed": 0,
        "errors": 0,
        "requests": 13,
        "rate_limit_hits": 0,
        "wait_seconds": 0.0,
        "elapsed_seconds": 4.2,
        "items_per_second": 286.6,
        "eta_seconds": 5.04,
    }
    return Progress.model_validate(values | changes)


def test_a_line_tells_pages_offers_pace_and_time_left() -> None:
    assert progress_line(progress()) == "main: reading, page 12/26, 1,200/2,545 offers, 287/s, 5.0 s left"


def test_a_line_tells_waits_and_errors_when_there_are_any_and_no_total_that_is_not_known() -> None:
    line = progress_line(progress(total_pages=None, total_items=None, eta_seconds=None, wait_seconds=26.0, errors=1))
    assert line == "main: reading, page 12, 1,200 offers, 287/s, waited 26.0 s for the limit, 1 error"


def test_plain_lines_come_with_the_first_page_and_then_at_most_every_two_seconds_for_each_account() -> None:
    now = [0.0]
    lines: list[str] = []
    display = PlainDisplay(monotonic=lambda: now[0], write=lines.append)
    display.started("main")
    display.progress(progress(pages_read=0, phase=Phase.STARTING))
    for tenth in range(50):
        now[0] = tenth / 10
        display.progress(progress(pages_read=1 + tenth))
        display.progress(progress("fbe", pages_read=1 + tenth))
    display.ended("main", None)
    mine = [line for line in lines if line.startswith("main")]
    assert [line.split(",")[1] for line in mine[1:-1]] == [" page 1/26", " page 21/26", " page 41/26"]
    assert (mine[0], mine[-1]) == ("main: started", "main: not started")
    assert len(lines) == len(mine) + 3


def test_a_run_without_a_first_page_still_says_that_it_lives() -> None:
    now = [0.0]
    lines: list[str] = []
    display = PlainDisplay(monotonic=lambda: now[0], write=lines.append)
    display.started("main")
    for second in range(70):
        now[0] = second
        display.progress(progress(pages_read=0, phase=Phase.PROBING))
    assert len(lines) == 1 + 3, "a line that says nothing new comes every half minute"


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_live_table_cuts_nothing_off_however_wide_the_terminal_is(width: int) -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=width, force_terminal=True, color_system=None)
    display = LiveDisplay(("main", "bulgaria"), console=console)
    large = {"pages_read": 2499, "total_pages": 2500, "processed": 249_900, "total_items": 250_000}
    display.progress(progress(**large, phase=Phase.RECONCILING, eta_seconds=754.0, wait_seconds=4000.0))
    console.print(display.render())
    drawn = screen.getvalue()
    assert "…" not in drawn
    assert "249,900/250,000" in drawn
    assert "12:34" in drawn
    assert "━" in drawn


def test_the_live_table_has_a_line_for_each_account() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=120, force_terminal=True, color_system=None)
    display = LiveDisplay(("main", "fbe"), console=console)
    display.progress(progress(errors=2))
    display.say("stopping")
    console.print(display.render())
    drawn = screen.getvalue()
    assert "1,200/2,545" in drawn
    assert "12/26" in drawn
    assert "fbe" in drawn
    assert "waiting" in drawn
    assert "stopping" in drawn


def test_the_gravest_exit_code_wins() -> None:
    codes = list(ExitCode)
    assert gravest(codes) is ExitCode.INTERRUPTED
    codes.remove(ExitCode.INTERRUPTED)
    assert gravest(codes) is ExitCode.FAILED
    assert gravest([ExitCode.BUSY, ExitCode.PARTIAL, ExitCode.COMPLETED]) is ExitCode.BUSY
    assert gravest([ExitCode.PARTIAL, ExitCode.COMPLETED]) is ExitCode.PARTIAL
    assert gravest([ExitCode.USAGE, ExitCode.USAGE]) is ExitCode.USAGE
    assert gravest([ExitCode.USAGE, ExitCode.COMPLETED]) is ExitCode.FAILED
    assert gravest([]) is ExitCode.COMPLETED
