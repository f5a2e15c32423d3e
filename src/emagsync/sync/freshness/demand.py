"""What a set of freshness targets needs, and whether there is as much: requests an hour, and time to read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from emagsync.sync.freshness.planning import Outlook, TargetState, cost_of, time_of
from emagsync.sync.freshness.targets import OfferList

_HOUR: Final = timedelta(hours=1)
_NOTHING: Final = 1e-9


class Need(NamedTuple):
    """What one target needs: by which list it is read (None: one by one), and requests an hour.

    `by_schedule`: the schedule reads it often enough. A target that another one's reading meets needs nothing of its
    own.
    """

    of: OfferList | None
    requests_an_hour: float
    by_schedule: bool = False


class Demand(NamedTuple):
    """What a set of targets needs, in requests an hour, beside what the schedule needs.

    `needs` and `too_short` are by target: `too_short` by how much its time is shorter than reading its offers takes,
    when the longest other reading has just begun.
    """

    needs: tuple[Need, ...]
    scheduled: float
    available: int
    too_short: tuple[timedelta, ...] = ()

    @property
    def needed(self) -> float:
        """For all targets, and for what the schedule reads anyway."""
        return sum(need.requests_an_hour for need in self.needs) + self.scheduled

    @property
    def missing(self) -> float:
        """How many requests an hour there are too few."""
        return max(self.needed - self.available, 0.0)

    @property
    def can_be_met(self) -> bool:
        """Whether there are enough, and time enough for each reading."""
        return not self.missing and not any(self.too_short)


class _Group(NamedTuple):
    """Targets that one reading meets, by their places, the one that asks for it most often first."""

    places: tuple[int, ...]
    need: Need


def demand_of(states: Sequence[TargetState], outlook: Outlook, available: int) -> Demand:
    """The cheapest readings that would keep every target, once for as long as each allows."""
    needs = {place: need for place, state in enumerate(states) if (need := _by_schedule(state, outlook)) is not None}
    groups = [_Group((place,), _cheapest(state, outlook)) for place, state in enumerate(states) if place not in needs]
    while (merged := _merged(states, groups, outlook)) is not None:
        groups = merged
    for group in groups:
        needs.update(dict.fromkeys(group.places, group.need._replace(requests_an_hour=0.0)))
        needs[group.places[0]] = group.need
    costs = (
        _an_hour(cost_of(reading.of, outlook.lists[reading.of]), reading.interval) for reading in outlook.scheduled
    )
    ordered = [needs[place] for place in range(len(states))]
    return Demand(tuple(ordered), sum(costs), available, _too_short(states, ordered, outlook))


def _too_short(states: Sequence[TargetState], needs: Sequence[Need], outlook: Outlook) -> tuple[timedelta, ...]:
    """By how much each target's time is too short. One reading of an account at a time: a target's has to wait for
    another one that has begun."""
    readings: dict[object, timedelta] = {one.of: time_of(one.of, outlook.lists[one.of]) for one in outlook.scheduled}
    for place, (state, need) in enumerate(zip(states, needs, strict=True)):
        readings[_reading(place, need)] = _time(state, need, outlook)
    found: list[timedelta] = []
    for place, (state, need) in enumerate(zip(states, needs, strict=True)):
        own = _reading(place, need)
        waits = max((time for one, time in readings.items() if one != own), default=timedelta())
        takes = readings[own] + waits
        # What the schedule reads in time waits for nothing: its readings are a person's, for which others give way.
        is_in_time = need.by_schedule or not state.offers
        found.append(timedelta() if is_in_time else max(takes - state.target.max_age, timedelta()))
    return tuple(found)


def _reading(place: int, need: Need) -> object:
    """What tells readings apart: targets that one list meets have one between them."""
    return ("ids", place) if need.of is None else need.of


def _time(state: TargetState, need: Need, outlook: Outlook) -> timedelta:
    return outlook.time_by_id(state.offers) if need.of is None else time_of(need.of, outlook.lists[need.of])


def _by_schedule(state: TargetState, outlook: Outlook) -> Need | None:
    for reading in outlook.scheduled:
        took = time_of(reading.of, outlook.lists[reading.of])
        if reading.of.shows(state.narrowest) and reading.interval + took <= state.target.max_age:
            return Need(reading.of, 0.0, by_schedule=True)
    return None


def _cheapest(state: TargetState, outlook: Outlook) -> Need:
    options = [Need(None, _an_hour(state.offers, _period(state)))]
    for one, of_list in outlook.lists.items():
        if state.offers and one.shows(state.narrowest):
            options.append(Need(one, _an_hour(cost_of(one, of_list), _period(state))))
    return min(options, key=lambda need: need.requests_an_hour)


def _merged(states: Sequence[TargetState], groups: Sequence[_Group], outlook: Outlook) -> list[_Group] | None:
    """The groups with some of them made one, by a list that is read as often as the shortest of their targets asks;
    None where that makes nothing cheaper."""
    best: tuple[float, list[_Group]] = (0.0, [])
    for one, of_list in outlook.lists.items():
        shown = [
            group
            for group in groups
            if group.need.requests_an_hour and all(one.shows(states[place].narrowest) for place in group.places)
        ]
        shown.sort(key=lambda group: _period(states[group.places[0]]))
        # Those with the longest periods: a short one may be cheaper by itself.
        for start in range(len(shown) - 1):
            some = shown[start:]
            places = tuple(place for group in some for place in group.places)
            need = Need(one, _an_hour(cost_of(one, of_list), _period(states[places[0]])))
            saved = sum(group.need.requests_an_hour for group in some) - need.requests_an_hour
            if saved > best[0] + _NOTHING:
                rest = [group for group in groups if group not in some]
                best = saved, [*rest, _Group(places, need)]
    return best[1] or None


def _period(state: TargetState) -> timedelta:
    """How often the target's offers are read: as soon as they are due."""
    return state.target.max_age - state.lead


def _an_hour(requests: float, period: timedelta) -> float:
    return requests * (_HOUR / period)
