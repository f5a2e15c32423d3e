"""A marketplace on paper: offers that were seen at some time, read as the planner says, in time that passes by itself.

It answers what the database answers for the planner, from a plain list, and takes for each reading the time that eMAG's
limit allows at best. One reading at a time, as runs are.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from emagsync.sync.freshness.demand import Demand, demand_of
from emagsync.sync.freshness.planning import (
    Budget,
    ListState,
    Outlook,
    Plan,
    ReadIds,
    ReadList,
    TargetState,
    Wait,
    lead_times,
    plan,
    seconds_of,
)
from emagsync.sync.freshness.targets import (
    ACTIVE_OFFERS,
    EVERYTHING,
    OfferList,
    Target,
    TargetSelection,
    narrowest_list,
)

START = datetime(2026, 11, 28, 6, 0, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
# What beginning and ending a run takes, at most: the scheduler looks every five seconds.
_OVERHEAD = timedelta(seconds=6)


@dataclass
class ShelfOffer:
    """An offer as the filters see it."""

    stock: int
    status: int
    seen_at: datetime


@dataclass
class Shelf:
    """Offers, targets and a budget; `readings` are those made so far, with when they began."""

    offers: list[ShelfOffer]
    targets: list[Target]
    an_hour: int
    now: datetime = START
    readings: list[tuple[datetime, ReadList | ReadIds]] = field(default_factory=list)
    rng: random.Random = field(default_factory=lambda: random.Random(7))

    def selected(self, selection: TargetSelection) -> list[ShelfOffer]:
        chosen = selection.filter("main")
        return [
            one
            for one in self.offers
            if (chosen.max_stock is None or one.stock <= chosen.max_stock)
            and (not chosen.statuses or one.status in chosen.statuses)
        ]

    def shown(self, of: OfferList) -> list[ShelfOffer]:
        return [
            one
            for one in self.offers
            if (of.max_stock is None or one.stock <= of.max_stock) and (of.status is None or one.status == of.status)
        ]

    def outlook(self) -> Outlook:
        lists = (*(narrowest_list(target.selection) for target in self.targets), ACTIVE_OFFERS, EVERYTHING)
        return Outlook({one: ListState(len(self.shown(one))) for one in lists})

    def states(self) -> list[TargetState]:
        narrowest = [narrowest_list(target.selection) for target in self.targets]
        groups = [self.selected(target.selection) for target in self.targets]
        leads = lead_times(self.targets, [len(group) for group in groups], narrowest, self.outlook())
        return [
            self._state(target, shown, group, lead)
            for target, shown, group, lead in zip(self.targets, narrowest, groups, leads, strict=True)
        ]

    def _state(self, target: Target, narrowest: OfferList, group: Sequence[ShelfOffer], lead: timedelta) -> TargetState:
        cut = self.now - target.max_age + lead
        seen = sorted(one.seen_at for one in group)
        return TargetState(
            target=target,
            narrowest=narrowest,
            offers=len(seen),
            oldest_seen_at=seen[0] if seen else None,
            late=sum(at < self.now - target.max_age for at in seen),
            due=sum(at <= cut for at in seen),
            next_seen_at=next((at for at in seen if at > cut), None),
            lead=lead,
        )

    @property
    def budget(self) -> Budget:
        used = sum(reading.requests for at, reading in self.readings if at > self.now - HOUR)
        return Budget(self.an_hour, used)

    def plan(self) -> Plan:
        return plan(self.states(), self.outlook(), self.budget, self.now)

    def demand(self) -> Demand:
        return demand_of(self.states(), self.outlook(), self.an_hour)

    def step(self) -> Plan:
        """Do what is planned, and let the time pass that it takes."""
        planned = self.plan()
        if isinstance(planned, Wait):
            self.now = max(planned.until, self.now + timedelta(seconds=5))
            return planned
        self.readings.append((self.now, planned))
        self._read(planned)
        return planned

    def _read(self, planned: ReadList | ReadIds) -> None:
        if isinstance(planned, ReadList):
            met = self.shown(planned.of)
            self.rng.shuffle(met)  # no order is promised
        else:
            target = self.targets[planned.place]
            met = sorted(self.selected(target.selection), key=lambda one: one.seen_at)[: planned.requests]
        began, takes = self.now, seconds_of(planned.requests)
        for place, one in enumerate(met):
            one.seen_at = began + takes * ((place + 1) / len(met))
        self.now = began + takes + _OVERHEAD

    def latest(self) -> timedelta:
        """By how much the offer that is furthest beyond its target is too old just now."""
        excesses = [
            self.now - one.seen_at - target.max_age
            for target in self.targets
            for one in self.selected(target.selection)
        ]
        return max(excesses, default=timedelta())
