"""What a set of targets needs, and by how much it asks for too much."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emagsync.sync.freshness.demand import Need, demand_of
from emagsync.sync.freshness.planning import ListState, Outlook, ScheduledReading, TargetState, lead_times
from emagsync.sync.freshness.targets import (
    ACTIVE_OFFERS,
    EVERYTHING,
    OfferList,
    Target,
    TargetSelection,
    narrowest_list,
)
from sync.freshness.shelf import HOUR, START

FEW = OfferList(max_stock=4)
LISTS = {FEW: ListState(300), ACTIVE_OFFERS: ListState(2000), EVERYTHING: ListState(2500)}
MINUTE = timedelta(minutes=1)


def state(selection: TargetSelection, max_age: timedelta, offers: int) -> TargetState:
    return TargetState(Target(selection, max_age), narrowest_list(selection), offers)


LOW = TargetSelection(stock_max=4)
BRAND = TargetSelection(search="Nordika")
REST = TargetSelection()


def test_each_target_is_read_by_what_costs_fewest_requests_an_hour() -> None:
    states = [state(LOW, 15 * MINUTE, 300), state(BRAND, 10 * MINUTE, 12), state(REST, 24 * HOUR, 2500)]
    demand = demand_of(states, Outlook(LISTS), 7560)
    assert demand.needs == (
        Need(FEW, pytest.approx(4 * 4)),  # four requests, four times an hour
        Need(None, pytest.approx(12 * 6)),  # twelve by id, six times an hour: the whole list would be 29
        Need(EVERYTHING, pytest.approx(29 / 24)),
    )
    assert demand.needed == pytest.approx(16 + 72 + 29 / 24)
    assert (demand.can_be_met, demand.missing) == (True, 0)


def test_one_list_for_several_targets_costs_once() -> None:
    brands = [state(TargetSelection(category_id=number), 30 * MINUTE, 20) for number in range(3)]
    demand = demand_of([*brands, state(REST, HOUR, 2500)], Outlook(LISTS), 7560)
    # Three times twenty by id are 120 an hour, and the rest 29; all by the whole list, twice an hour, are 58.
    assert demand.needed == pytest.approx(58)
    assert {need.of for need in demand.needs} == {EVERYTHING}
    assert sorted(need.requests_an_hour for need in demand.needs) == [0, 0, 0, pytest.approx(58)]


def test_what_the_schedule_reads_often_enough_needs_nothing_more() -> None:
    scheduled = [ScheduledReading(ACTIVE_OFFERS, HOUR, START), ScheduledReading(EVERYTHING, 24 * HOUR, START)]
    active = TargetSelection(status=("active",))
    states = [state(active, 2 * HOUR, 2000), state(REST, 48 * HOUR, 2500), state(REST, 2 * HOUR, 2500)]
    demand = demand_of(states, Outlook(LISTS, scheduled), 7560)
    assert demand.needs[0] == Need(ACTIVE_OFFERS, 0, by_schedule=True)
    assert demand.needs[1] == Need(EVERYTHING, 0, by_schedule=True)
    # The schedule reads all once a day: that is too seldom.
    assert demand.needs[2] == Need(EVERYTHING, pytest.approx(14.5))
    assert demand.scheduled == pytest.approx(24 + 29 / 24)
    assert demand.needed == pytest.approx(14.5 + 24 + 29 / 24)


def test_what_is_asked_for_too_much_is_told_in_requests_an_hour() -> None:
    huge = Outlook({one: ListState(250_000) for one in (ACTIVE_OFFERS, EVERYTHING)})
    demand = demand_of([state(REST, 15 * MINUTE, 250_000)], huge, 7560)
    assert demand.needed == pytest.approx(4 * 2504)
    assert not demand.can_be_met
    assert demand.missing == pytest.approx(4 * 2504 - 7560)


def test_a_target_without_offers_needs_nothing() -> None:
    assert demand_of([state(LOW, MINUTE, 0)], Outlook(LISTS), 7560).needed == 0


def test_offers_are_read_before_they_are_too_old_by_the_time_that_takes_and_may_have_to_wait() -> None:
    targets = [Target(LOW, 15 * MINUTE), Target(REST, 24 * HOUR), Target(LOW, MINUTE)]
    narrowest = [narrowest_list(target.selection) for target in targets]
    low, rest, short = lead_times(targets, [300, 2500, 300], narrowest, Outlook(LISTS))
    takes, longest = timedelta(seconds=4 / 3), timedelta(seconds=29 / 3)
    assert low == 1.5 * MINUTE + takes + longest
    assert rest == 10 * MINUTE + longest + longest
    assert short == MINUTE / 2  # never more than half of it


# A marketplace on which a request takes ten seconds.
SLOW = {one: listed._replace(request_seconds=10) for one, listed in LISTS.items()}


@pytest.mark.parametrize(
    ("lists", "targets", "too_short"),
    [
        pytest.param(LISTS, [(REST, MINUTE, 2500)], [0], id="29 requests within a minute"),
        pytest.param(SLOW, [(REST, 290 * MINUTE / 60, 2500)], [0], id="as long as the whole list takes"),
        pytest.param(SLOW, [(REST, 4 * MINUTE, 2500)], [50], id="shorter than the whole list takes"),
        pytest.param(
            SLOW, [(LOW, 5 * MINUTE, 300), (REST, HOUR, 2500)], [30, 0], id="shorter than the list and its own reading"
        ),
        pytest.param(SLOW, [(LOW, 6 * MINUTE, 300), (REST, HOUR, 2500)], [0, 0], id="long enough for both"),
        pytest.param(SLOW, [(REST, HOUR, 2500), (REST, 4 * MINUTE, 2500)], [0, 50], id="one list for both"),
        pytest.param(SLOW, [(REST, MINUTE, 0)], [0], id="no offers"),
        pytest.param(SLOW, [(BRAND, 10 * MINUTE, 12)], [0], id="one by one"),
        pytest.param(SLOW, [(BRAND, MINUTE, 12)], [60], id="one by one takes longer"),
    ],
)
def test_a_target_shorter_than_reading_takes_cannot_be_met(
    lists: dict[OfferList, ListState],
    targets: list[tuple[TargetSelection, timedelta, int]],
    too_short: list[int],
) -> None:
    states = [state(*target) for target in targets]
    demand = demand_of(states, Outlook(lists, lookup_seconds=10 if lists is SLOW else 1 / 3), 1_000_000)
    assert [short.total_seconds() for short in demand.too_short] == pytest.approx(too_short)
    assert (demand.missing, demand.can_be_met) == (0, not any(too_short))


def test_a_scheduled_reading_that_has_begun_is_waited_for() -> None:
    scheduled = [ScheduledReading(EVERYTHING, 24 * HOUR, START)]
    [short] = demand_of([state(LOW, 5 * MINUTE, 300)], Outlook(SLOW, scheduled), 1_000_000).too_short
    assert short.total_seconds() == 4 * 10 + 29 * 10 - 300


def test_what_the_schedule_reads_slowly_is_read_in_time_only_if_it_ends_in_time() -> None:
    scheduled = [ScheduledReading(EVERYTHING, HOUR, START)]
    for max_age, expected in ((HOUR + 290 * MINUTE / 60, True), (HOUR + 280 * MINUTE / 60, False)):
        [need] = demand_of([state(REST, max_age, 2500)], Outlook(SLOW, scheduled), 1_000_000).needs
        assert need.by_schedule is expected
