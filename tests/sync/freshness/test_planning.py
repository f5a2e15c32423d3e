"""What is read next: the cheapest reading, in time, within the budget, for as long as a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from emagsync.sync.freshness.planning import (
    MOST_IDS,
    Budget,
    ListState,
    Outlook,
    ReadIds,
    ReadList,
    ScheduledReading,
    TargetState,
    Wait,
    cost_of,
    plan,
)
from emagsync.sync.freshness.targets import ACTIVE_OFFERS, EVERYTHING, OfferList, Target, TargetSelection
from support.examples import examples
from sync.freshness.shelf import HOUR, START, Shelf, ShelfOffer

FEW = OfferList(max_stock=4)
QUARTER = timedelta(minutes=15)
PLENTY = Budget(7560)
# A simulated day takes too long to look for the smallest one that fails.
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
LOW = Target(TargetSelection(stock_max=4), QUARTER)
REST = Target(TargetSelection(), 24 * HOUR)
LISTS = {FEW: ListState(300), ACTIVE_OFFERS: ListState(2000), EVERYTHING: ListState(2500)}


def state(target: Target, narrowest: OfferList, *, offers: int, due: int, **values: Any) -> TargetState:
    """Offers of which `due` are as old as the target allows, and the others were seen just now."""
    given = {"oldest_seen_at": START - target.max_age, "next_seen_at": START if due < offers else None}
    return TargetState(target, narrowest, offers, due=due, **{**given, **values})


@pytest.mark.parametrize(
    ("due", "values", "reading"),
    [
        pytest.param(3, {}, ReadIds(0, 3), id="three of 300 are asked for one by one"),
        pytest.param(4, {}, ReadIds(0, 4), id="four cost what the list costs: then fewer offers are read"),
        pytest.param(5, {}, ReadList(FEW, 4), id="five cost more than the list of low stock"),
        pytest.param(300, {}, ReadList(FEW, 4), id="all of them are the list"),
        pytest.param(
            3,
            {"next_seen_at": START - QUARTER * 0.8},
            ReadList(FEW, 4),
            id="others will be due soon: read them too",
        ),
        pytest.param(3, {"missed": {FEW: 3}}, ReadIds(0, 3), id="the list does not show them any more"),
        pytest.param(40, {"missed": {FEW: 40}}, ReadList(EVERYTHING, 29), id="forty that the list does not show"),
        pytest.param(300, {"missed": {FEW: 2}}, ReadList(FEW, 4), id="two of all are asked for afterwards"),
    ],
)
def test_the_cheapest_reading_is_chosen(due: int, values: dict[str, Any], reading: ReadIds | ReadList) -> None:
    low = state(LOW, FEW, offers=300, due=due, **values)
    assert plan([low], Outlook(LISTS), PLENTY, START) == reading


def test_a_whole_list_that_is_due_anyway_is_read_instead_of_a_part_of_it() -> None:
    low, rest = state(LOW, FEW, offers=300, due=300), state(REST, EVERYTHING, offers=2500, due=2500)
    assert plan([low, rest], Outlook(LISTS), PLENTY, START) == ReadList(EVERYTHING, 29)


def test_what_has_to_be_read_first_is_read_first() -> None:
    low = state(LOW, FEW, offers=300, due=300, oldest_seen_at=START - QUARTER + timedelta(seconds=50))
    brand = Target(TargetSelection(category_id=5), HOUR)
    late = state(brand, EVERYTHING, offers=10, due=10)
    assert plan([low, late], Outlook(LISTS), PLENTY, START) == ReadIds(1, 10)


def test_many_are_asked_for_in_runs_of_a_minute() -> None:
    brand = state(Target(TargetSelection(category_id=5), HOUR), EVERYTHING, offers=900, due=900)
    huge = Outlook({ACTIVE_OFFERS: ListState(200_000), EVERYTHING: ListState(200_000)})
    assert plan([brand], huge, PLENTY, START) == ReadIds(0, MOST_IDS)


def test_a_list_that_the_budget_does_not_allow_yet_is_waited_for_rather_than_paid_dearly() -> None:
    low = state(LOW, FEW, offers=300, due=300)
    waits = plan([low], Outlook(LISTS), Budget(100, used=98), START)
    assert waits == Wait(START + timedelta(minutes=1), short_of=2)


def test_a_list_that_the_budget_will_never_allow_is_replaced_by_what_it_allows() -> None:
    low = state(LOW, FEW, offers=300, due=300)
    assert plan([low], Outlook(LISTS), Budget(3), START) == ReadIds(0, 3)


def test_what_the_schedule_reads_in_time_is_left_to_it() -> None:
    low = state(LOW, FEW, offers=300, due=300, oldest_seen_at=START - QUARTER + timedelta(minutes=5))
    soon, late = (ScheduledReading(EVERYTHING, HOUR, START + timedelta(minutes=at)) for at in (4, 6))
    waits = plan([low], Outlook(LISTS, [soon]), PLENTY, START)
    assert isinstance(waits, Wait)
    assert START < waits.until <= START + timedelta(minutes=5)
    assert isinstance(plan([low], Outlook(LISTS, [late]), PLENTY, START), ReadList)
    other = ScheduledReading(ACTIVE_OFFERS, HOUR, soon.next_at)
    assert isinstance(plan([low], Outlook(LISTS, [other]), PLENTY, START), ReadList)


def test_nothing_is_read_while_nothing_is_due_and_it_is_known_when_that_ends() -> None:
    seen = START - timedelta(minutes=3)
    low = TargetState(LOW, FEW, 300, seen, next_seen_at=seen, lead=timedelta(minutes=2))
    assert plan([low], Outlook(LISTS), PLENTY, START) == Wait(START + timedelta(minutes=10))
    nothing = TargetState(LOW, FEW, 0)
    assert isinstance(plan([nothing], Outlook(LISTS), PLENTY, START), Wait)


shelves = st.builds(
    lambda stocks, low, active, rest, an_hour: Shelf(
        offers=[ShelfOffer(stock, stock % 7 != 3, START - timedelta(seconds=97 * place % 7000))
                for place, stock in enumerate(stocks)],
        targets=[
            Target(TargetSelection(stock_max=4), timedelta(minutes=low)),
            Target(TargetSelection(status=("active",)), timedelta(minutes=active)),
            Target(TargetSelection(), timedelta(minutes=rest)),
        ],
        an_hour=an_hour,
    ),
    stocks=st.lists(st.integers(0, 40), min_size=1, max_size=250),
    low=st.integers(5, 60),
    active=st.integers(20, 300),
    rest=st.integers(60, 1440),
    an_hour=st.integers(1, 2000),
)  # fmt: skip


@given(shelf=shelves)
@settings(max_examples=examples(25), deadline=None, phases=UNSHRUNK)
def test_never_more_is_planned_than_the_budget_has_and_never_dearer_than_one_by_one(shelf: Shelf) -> None:
    for _ in range(60):
        left, states = shelf.budget.left, shelf.states()
        planned = shelf.step()
        if isinstance(planned, Wait):
            continue
        assert planned.requests <= left
        assert shelf.budget.used <= shelf.an_hour
        if isinstance(planned, ReadList):
            due = sum(one.due for one in states if planned.of.shows(one.narrowest))
            assert due > 0
            assert planned.requests == cost_of(planned.of, shelf.outlook().lists[planned.of])
        else:
            assert planned.requests <= states[planned.place].due


@given(shelf=shelves)
@settings(max_examples=examples(15), deadline=None, phases=UNSHRUNK)
def test_every_target_that_can_be_met_is_met_for_a_whole_day(shelf: Shelf) -> None:
    # Everything was read once when the day begins, and there are twice as many requests as are needed.
    for one in shelf.offers:
        one.seen_at = START
    shelf.an_hour = round(2 * shelf.demand().needed) + 20
    assert shelf.demand().can_be_met
    while shelf.now < START + timedelta(hours=24):
        shelf.step()
        assert shelf.latest() <= timedelta(0), (shelf.now, shelf.readings[-5:])
    # Hardly more than the arithmetic's best: offers that are due at different times cost a little.
    used = sum(reading.requests for _, reading in shelf.readings)
    assert used <= 24 * shelf.demand().needed * 1.5 + 20
