"""How many requests an hour a set of freshness targets needs, and whether eMAG's limit leaves that many. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from emagsync.sync.freshness.planning import Outlook, TargetState, cost_of, seconds_of
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
    """What a set of targets needs, in requests an hour, beside what the schedule needs; `needs` are by target."""

    needs: tuple[Need, ...]
    scheduled: float
    available: int

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
        """Whether there are enough."""
        return not self.missing


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
    return Demand(tuple(needs[place] for place in range(len(states))), sum(costs), available)


def _by_schedule(state: TargetState, outlook: Outlook) -> Need | None:
    for reading in outlook.scheduled:
        took = seconds_of(cost_of(reading.of, outlook.lists[reading.of]))
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
