"""Decides what is read next so that offers stay within their targets, for as few requests as possible. Pure.

Three readings can make offers fresh: asking for them one by one (a request each), one of eMAG's filtered lists, or a
whole list (a request for each hundred, and a few around them). Which of them is cheapest depends on how many offers are
due, on how long the lists are, and on what else they make fresh:

- An offer is due a little before it is as old as its target allows: the time that reading it takes, the time that it
  may have to wait for another reading, and a margin (`lead_of`). The target whose oldest offer has to be read first
  decides.
- A list is worth the requests that the offers due would cost one by one. What it shows besides need not be read later
  on: that saves the share of its target that has passed already of what reading it costs, by the list or one by one.
  Other targets whose offers are due, and are in it, save what they would cost.
- A list does not show what left it: offers that the last reading of the same list did not show are asked for by id.
- What the schedule is about to read in time is left to it.

Requests are counted against what eMAG allows in an hour, less a reserve for pushes and people and less what the
account's runs used within the last hour. Nothing is read beyond that: offers are late then, and `demand` says by how
many requests an hour a set of targets asks for too much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final, NamedTuple

from emagsync.sync.freshness.targets import ACTIVE_OFFERS, EVERYTHING, OfferList, Target

# eMAG's documentation: 3 requests a second, 180 a minute.
REQUESTS_A_SECOND: Final = 3
REQUESTS_AN_HOUR: Final = 180 * 60
# As many offers are asked for one by one in one run. It is over in about a minute.
MOST_IDS: Final = 200

_SHORTEST_MARGIN: Final = timedelta(seconds=20)
_LONGEST_MARGIN: Final = timedelta(minutes=10)
_MARGIN_SHARE: Final = 0.1
# A scheduled run that is due within that time is as good as begun; a budget that lacks something is looked at again.
_AT_ONCE: Final = timedelta(minutes=1)
# The empty page that ends a list; a whole one is also counted before and after, and its end is read a second time.
_CLOSING: Final = 1
_CHECKING: Final = 3
_HOUR: Final = 3600.0
_LONGEST_WAIT: Final = timedelta(days=1)


class Budget(NamedTuple):
    """Requests that readings may use within an hour, and those that the account's runs used in the last one."""

    an_hour: int
    used: int = 0

    @property
    def left(self) -> int:
        """What may be used now."""
        return max(self.an_hour - self.used, 0)


class ListState(NamedTuple):
    """A list as the local copy knows it: how many offers it has, how many a page, and when it was last read.

    `request_seconds`: how long after one page the next one comes at best, where eMAG is slower than its limit allows.
    """

    offers: int
    per_page: int = 100
    read_at: datetime | None = None
    request_seconds: float = 1 / REQUESTS_A_SECOND


class TargetState(NamedTuple):
    """How the offers of a target stand. Counts are offers.

    `oldest_seen_at`: when the one that was seen longest ago was seen, None for no offers. `late`: older than the
    target. `due`: to be read now, because they are older than the target less `lead`. `next_seen_at`: when the oldest
    that is not due was seen. `missed`: how many that are due the last reading of a list did not show, by list.
    """

    target: Target
    narrowest: OfferList
    offers: int
    oldest_seen_at: datetime | None = None
    late: int = 0
    due: int = 0
    next_seen_at: datetime | None = None
    lead: timedelta = timedelta()
    missed: Mapping[OfferList, int] = {}

    @property
    def deadline(self) -> datetime | None:
        """When its oldest offer will be older than the target; None without offers."""
        return None if self.oldest_seen_at is None else self.oldest_seen_at + self.target.max_age

    @property
    def due_again_at(self) -> datetime | None:
        """When the first of the offers that are not due will be; None where there are none."""
        return None if self.next_seen_at is None else self.next_seen_at + self.target.max_age - self.lead


class ScheduledReading(NamedTuple):
    """A list that the schedule has read, how often, and when next."""

    of: OfferList
    interval: timedelta
    next_at: datetime


class Outlook(NamedTuple):
    """What readings cost: the lists by their state, and what the schedule reads of them.

    `lookup_seconds`: how long after one offer that is asked for by id the next one comes at best.
    """

    lists: Mapping[OfferList, ListState]
    scheduled: Sequence[ScheduledReading] = ()
    lookup_seconds: float = 1 / REQUESTS_A_SECOND

    def time_by_id(self, offers: int) -> timedelta:
        """How long asking for so many offers one by one takes at best."""
        return timedelta(seconds=offers * self.lookup_seconds)


@dataclass(frozen=True)
class ReadList:
    """Read a list, for about so many requests."""

    of: OfferList
    requests: int


@dataclass(frozen=True)
class ReadIds:
    """Ask for the `requests` offers of a target that were seen longest ago, one by one."""

    place: int
    requests: int


@dataclass(frozen=True)
class Wait:
    """Nothing is to be read before `until`. `short_of` is how many requests the budget lacks, where that is why."""

    until: datetime
    short_of: int = 0


Plan = ReadList | ReadIds | Wait


def cost_of(offer_list: OfferList, state: ListState) -> int:
    """The requests of one reading of the list while it stands still."""
    pages = ceil(state.offers / state.per_page) + _CLOSING
    return pages if offer_list not in (ACTIVE_OFFERS, EVERYTHING) else pages + _CHECKING


def time_of(offer_list: OfferList, state: ListState) -> timedelta:
    """How long one reading of the list takes at best."""
    return timedelta(seconds=cost_of(offer_list, state) * state.request_seconds)


def seconds_of(requests: float) -> timedelta:
    """How long so many requests take at eMAG's limit."""
    return timedelta(seconds=requests / REQUESTS_A_SECOND)


def lead_times(
    targets: Sequence[Target], offers: Sequence[int], narrowest: Sequence[OfferList], outlook: Outlook
) -> list[timedelta]:
    """How long before its offers would be too old each target's are read; `offers` are how many each selects.

    The margin, the time that the reading takes, and that of the longest other one, because an account has one run at a
    time; at most half of what the target allows.
    """
    times = [_time_of_cheapest(number, shown, outlook) for number, shown in zip(offers, narrowest, strict=True)]
    blocked = max([*times, *_scheduled_times(outlook)], default=timedelta())
    return [
        min(_margin(target) + time + blocked, target.max_age / 2) for target, time in zip(targets, times, strict=True)
    ]


def plan(states: Sequence[TargetState], outlook: Outlook, budget: Budget, now: datetime) -> Plan:
    """What to read next, or how long nothing needs to be read. Never for more requests than `budget` has left."""
    waiting = [now + _LONGEST_WAIT, *(at for state in states if (at := state.due_again_at) is not None)]
    urgent: list[tuple[datetime, int]] = []
    for place, state in enumerate(states):
        if not state.due or state.deadline is None:
            continue
        left_to = _left_to_schedule(state, state.deadline, outlook, now)
        if left_to is None:
            urgent.append((state.deadline, place))
        else:
            waiting.append(left_to)
    if not urgent:
        return Wait(max(min(waiting), now))
    _, place = min(urgent)
    others = [states[other] for _, other in urgent if other != place]
    return _affordable(_options(states[place], place, others, outlook, now), budget, now)


def _margin(target: Target) -> timedelta:
    return min(max(target.max_age * _MARGIN_SHARE, _SHORTEST_MARGIN), _LONGEST_MARGIN)


def _showing(narrowest: OfferList, outlook: Outlook) -> list[tuple[OfferList, int]]:
    """The lists that show every offer of `narrowest`, with what reading them costs; of equals that with most offers is
    first."""
    shown = sorted(outlook.lists.items(), key=lambda one: -one[1].offers)
    return [(one, cost_of(one, state)) for one, state in shown if one.shows(narrowest)]


def _cheapest(offers: int, narrowest: OfferList, outlook: Outlook) -> int:
    return min([offers, *(cost for _, cost in _showing(narrowest, outlook))])


def _time_of_cheapest(offers: int, narrowest: OfferList, outlook: Outlook) -> timedelta:
    """How long the reading takes that costs the fewest requests."""
    by_id = offers, outlook.time_by_id(offers)
    lists = ((cost, time_of(one, outlook.lists[one])) for one, cost in _showing(narrowest, outlook))
    return min([by_id, *lists])[1]


def _scheduled_times(outlook: Outlook) -> list[timedelta]:
    return [time_of(reading.of, outlook.lists[reading.of]) for reading in outlook.scheduled]


def _left_to_schedule(state: TargetState, deadline: datetime, outlook: Outlook, now: datetime) -> datetime | None:
    """When the schedule will read the offers of `state` in time, or at once; None: it will not."""
    for reading, time in zip(outlook.scheduled, _scheduled_times(outlook), strict=True):
        in_time = max(deadline - time, now + _AT_ONCE)
        if reading.of.shows(state.narrowest) and reading.next_at <= in_time:
            return reading.next_at + _AT_ONCE
    return None


class _Option(NamedTuple):
    """A reading, and what it costs when all that it saves is taken off."""

    cost: float
    reading: ReadList | ReadIds


def _options(
    state: TargetState, place: int, others: Sequence[TargetState], outlook: Outlook, now: datetime
) -> list[_Option]:
    """The readings that make the offers due fresh, the cheapest first."""
    options = [_Option(state.due, ReadIds(place, min(state.due, MOST_IDS)))]
    passed = 0.0
    if state.next_seen_at is not None:
        passed = min(max((now - state.next_seen_at) / state.target.max_age, 0.0), 1.0)
    for one, requests in _showing(state.narrowest, outlook):
        missed = state.missed.get(one, 0)
        if missed < state.due:
            later = min(requests, state.offers - state.due) * passed
            saved = sum(_saved(other, one, outlook) for other in others)
            options.append(_Option(requests + missed - later - saved, ReadList(one, requests)))
    return sorted(options, key=lambda option: (option.cost, option.reading.requests))


def _saved(other: TargetState, by: OfferList, outlook: Outlook) -> int:
    """What the offers due of another target would cost, where reading the list `by` makes them fresh too."""
    if not by.shows(other.narrowest) or other.missed.get(by, 0) >= other.due:
        return 0
    return _cheapest(other.due, other.narrowest, outlook)


def _affordable(options: Sequence[_Option], budget: Budget, now: datetime) -> Plan:
    """The cheapest reading that the budget will ever allow; if it does not yet, waiting is cheaper than another one."""
    for _, reading in options:
        if reading.requests <= budget.left:
            return reading
        if isinstance(reading, ReadIds) and budget.left:
            return ReadIds(reading.place, budget.left)
        if reading.requests <= budget.an_hour:
            return Wait(now + _AT_ONCE, short_of=reading.requests - budget.left)
    return Wait(now + _AT_ONCE, short_of=min(reading.requests for _, reading in options) - budget.left)
