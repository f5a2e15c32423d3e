"""What readings of a list are worth, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from emagsync.sync.run.id_set import IdSet
from emagsync.sync.run.list_stability import MAX_PASSES, Extent, ListStability, Movement, Pass, Verdict


def a_pass(*ids: int, **changes: Any) -> Pass:
    """A reading that saw these offers, as many as eMAG counted before and after, and nothing that moved."""
    return Pass(
        **{"number": 1, "ids": IdSet(ids), "count_before": len(ids), "count_after": len(ids), "found_new": True}
        | changes
    )


@pytest.mark.parametrize(
    ("read", "verdict"),
    [
        pytest.param(a_pass(1, 2), Verdict.WHOLE, id="everything agrees"),
        pytest.param(a_pass(), Verdict.WHOLE, id="an empty list"),
        pytest.param(a_pass(1, 2, count_before=None), Verdict.WHOLE, id="no count before"),
        pytest.param(a_pass(1, 2, count_after=None), Verdict.WHOLE, id="no count after"),
        pytest.param(a_pass(1, 2, count_before=None, count_after=None), Verdict.WHOLE, id="no count at all"),
        pytest.param(a_pass(1, 2, nameless=1, count_before=3, count_after=3), Verdict.WHOLE, id="a row without an id"),
        pytest.param(a_pass(1, 2, count_before=3), Verdict.READ_AGAIN, id="another count before"),
        pytest.param(a_pass(1, 2, count_after=1), Verdict.READ_AGAIN, id="another count after"),
        *(
            pytest.param(a_pass(1, 2, movements={movement}), Verdict.READ_AGAIN, id=f"a {movement.name.lower()}")
            for movement in Movement
        ),
        pytest.param(a_pass(1, extent=Extent.STOPPED), Verdict.STOPPED, id="stopped"),
        pytest.param(a_pass(1, extent=Extent.STOPPED, unread=[2]), Verdict.STOPPED, id="stopped, a page unread"),
        pytest.param(a_pass(1, unread=[2]), Verdict.UNREAD, id="a page unread"),
        pytest.param(a_pass(1, unread=[2], extent=Extent.LIMIT), Verdict.UNREAD, id="a page below the limit unread"),
        pytest.param(a_pass(1, extent=Extent.LIMIT, count_before=2), Verdict.LIMITED, id="more behind the limit"),
        pytest.param(a_pass(1, extent=Extent.LIMIT, count_before=None), Verdict.LIMITED, id="a limit and no count"),
        pytest.param(a_pass(1, extent=Extent.LIMIT), Verdict.WHOLE, id="the limit was the end"),
        pytest.param(
            a_pass(1, number=MAX_PASSES, movements={Movement.HOLE}), Verdict.MOVING, id="moving, and read often enough"
        ),
        pytest.param(a_pass(1, 2, number=MAX_PASSES), Verdict.WHOLE, id="still, at the last moment"),
    ],
)
def test_a_first_reading(read: Pass, verdict: Verdict) -> None:
    assert ListStability().next(read) is verdict


def wrong_count(number: int, *ids: int, **changes: Any) -> Pass:
    return a_pass(*ids, number=number, count_before=99, count_after=99, **changes)


REPEATED = {"movements": {Movement.REPEATED_ROW}}
NOTHING_NEW = {"found_new": False}


@pytest.mark.parametrize(
    ("readings", "verdict"),
    [
        pytest.param(
            [wrong_count(1, 1, 2), wrong_count(2, 1, 2, **NOTHING_NEW)],
            Verdict.WHOLE,
            id="a wrong count, and twice the same offers",
        ),
        pytest.param(
            [wrong_count(1, 1, 2), wrong_count(2, 1, 2, **NOTHING_NEW, **REPEATED)],
            Verdict.READ_AGAIN,
            id="twice the same offers, but the list moved",
        ),
        pytest.param(
            [wrong_count(1, 1, 2), wrong_count(2, 1, 3)],
            Verdict.READ_AGAIN,
            id="other offers than before",
        ),
        pytest.param(
            [a_pass(1, 2, **REPEATED), a_pass(1, 2, 3, number=2)],
            Verdict.WHOLE,
            id="it moved once and stood still then",
        ),
        pytest.param(
            [wrong_count(1, 1, 2, **REPEATED), wrong_count(2, 1, **NOTHING_NEW, **REPEATED)],
            Verdict.READ_AGAIN,
            id="nothing new once",
        ),
        pytest.param(
            [
                wrong_count(1, 1, 2, **REPEATED),
                wrong_count(2, 1, **NOTHING_NEW, **REPEATED),
                wrong_count(3, 2, **NOTHING_NEW, **REPEATED),
            ],
            Verdict.WHOLE,
            id="nothing new twice in a row",
        ),
        pytest.param(
            [
                wrong_count(1, 1, 2, **REPEATED),
                wrong_count(2, 1, **NOTHING_NEW, **REPEATED),
                wrong_count(3, 3, **REPEATED),
                wrong_count(4, 3, **NOTHING_NEW, **REPEATED),
            ],
            Verdict.READ_AGAIN,
            id="nothing new twice, something new between",
        ),
        pytest.param(
            [wrong_count(3, 1, 2, **NOTHING_NEW), wrong_count(4, 1, 3, **NOTHING_NEW)],
            Verdict.READ_AGAIN,
            id="the first reading after a restart proves nothing about new offers",
        ),
    ],
)
def test_readings_that_follow_each_other(readings: list[Pass], verdict: Verdict) -> None:
    stability = ListStability()
    *before, last = readings
    assert [stability.next(read) for read in before] == [Verdict.READ_AGAIN] * len(before)
    assert stability.next(last) is verdict


def test_a_list_that_never_stands_still_is_read_a_limited_number_of_times() -> None:
    stability = ListStability()
    verdicts = [stability.next(wrong_count(number, number, **REPEATED)) for number in range(1, MAX_PASSES + 1)]
    assert verdicts == [Verdict.READ_AGAIN] * (MAX_PASSES - 1) + [Verdict.MOVING]


@pytest.mark.parametrize(
    ("pages", "movements", "rows"),
    [
        pytest.param([((1, 2), 0), ((3,), 0)], set(), 3, id="every offer once"),
        pytest.param([((1, 2), 0), ((2,), 0)], {Movement.REPEATED_ROW}, 2, id="an offer on two pages"),
        pytest.param([((1, 1), 0)], {Movement.REPEATED_ROW}, 1, id="an offer twice on a page"),
        pytest.param([((1,), 2), ((), 1)], set(), 4, id="rows without ids"),
    ],
)
def test_what_a_reading_saw(pages: list[tuple[tuple[int, ...], int]], movements: set[Movement], rows: int) -> None:
    read = Pass(1)
    for ids, rejected in pages:
        read.add(ids, rejected)
    assert (read.movements, read.rows) == (movements, rows)
