"""Numbers and times as people read them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from emagsync.entrypoints.cli.output import text


@pytest.mark.parametrize(
    ("seconds", "says", "clock"),
    [
        (None, "-", "-"),
        (0, "0.0 s", "0:00"),
        (8.94, "8.9 s", "0:09"),
        (59.97, "1 min 00 s", "1:00"),
        (200, "3 min 20 s", "3:20"),
        (3599.8, "1 h 00 min", "1:00:00"),
        (7500, "2 h 05 min", "2:05:00"),
    ],
)
def test_a_duration_is_short(seconds: float | None, says: str, clock: str) -> None:
    assert text.duration(seconds) == says
    assert text.clock(seconds) == clock


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (-5, "0 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3700, "1 h ago"),
        (90_000, "25 h ago"),
        (200_000, "2 days ago"),
    ],
)
def test_an_age_is_in_the_unit_that_fits(seconds: int, says: str) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert text.age(now - timedelta(seconds=seconds), now) == says
    assert text.age(None, now) == "never"


def test_counts_and_parts_are_grouped_by_thousands() -> None:
    assert (text.count(2545), text.count(None)) == ("2,545", "-")
    assert (text.of(1200, 2545), text.of(1200, None)) == ("1,200/2,545", "1,200")
    assert (text.plural(1, "page"), text.plural(2545, "page")) == ("1 page", "2,545 pages")


def test_control_characters_are_not_printed() -> None:
    assert text.printable("Lamp\x1b[31mă\x9b\u202e\n") == "Lamp [31mă   "


def test_a_time_has_its_offset_so_that_the_hour_that_comes_twice_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Bucharest")
    time.tzset()
    try:
        first, second = (text.moment(datetime(2026, 10, 25, hour, 20, tzinfo=UTC)) for hour in (0, 1))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (first, second) == ("2026-10-25 03:20:00+03:00", "2026-10-25 03:20:00+02:00")
