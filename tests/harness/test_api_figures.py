"""What `make bench` judges of the API's speed: ratios, and milliseconds that go with the pace of the machine."""

from __future__ import annotations

import pytest
from benchmarks.api import figures_of

FULL_PACE = 15.0


def missed(kind: str, median: float, *, pace: float, bare: float | None = None) -> list[str]:
    """The lines that are missed by a kind of call with such a median (ms)."""
    floor = median if bare is None else bare
    measured = {"median": median, "p99": 2 * median, "bare_median": floor, "bare_p99": 2 * floor, "cpu": 1.0}
    return [
        one.name.rpartition(", ")[2] for one in figures_of("x", kind, measured | {"pace": pace}) if one.holds is False
    ]


@pytest.mark.parametrize(("kind", "promised"), [("first page", 150), ("search of an SKU", 150), ("Home", 300)])
@pytest.mark.parametrize(
    ("pace", "slower"), [(FULL_PACE, 1), (3 * FULL_PACE, 3), (FULL_PACE / 3, 1)], ids=["full", "a third", "three times"]
)
def test_promised_milliseconds_are_judged_by_the_pace_of_the_machine(
    kind: str, promised: int, pace: float, slower: float
) -> None:
    assert missed(kind, promised * slower - 1, pace=pace) == []
    assert missed(kind, promised * slower + 1, pace=pace) == ["promised median"]


def test_each_kind_may_take_three_times_as_long_as_the_bare_route() -> None:
    for kind in ("first page", "one product", "statistics", "Home"):
        assert missed(kind, 29, pace=FULL_PACE, bare=10) == []
        assert missed(kind, 31, pace=FULL_PACE, bare=10) == ["times the bare route"]
