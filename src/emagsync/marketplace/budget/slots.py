"""The arithmetic of a request budget: pure functions of a state and a time.

Every request occupies one slot of each rule until `rule.seconds` plus a margin after it was written to the network.
Four requests inside one window would need one of three slots twice, so the limit cannot be passed. eMAG documents
3 requests a second and 180 a minute; never more than 3 in any rolling second implies never more than 180 in any
rolling minute (12 and 720 likewise), so one rule is enough for those.

The margin covers the network: requests 1.05 s apart here are at least 1 s apart there when the way takes 0 to 50 ms.
It widens after a refusal, as measured against gateways that count fixed seconds, and shrinks back within minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

MARGIN_SECONDS: Final = 0.05
EXTRA_STEP: Final = 0.02
EXTRA_MOST: Final = 0.05
EXTRA_FADES_IN: Final = 300.0
# From the grant to the request's bytes lies at most one connection timeout; a slot whose request was neither written
# nor given back by then belonged to a process that died. Where that can be seen, it is reclaimed sooner
# (`reclaim_dead`).
LEASE_SECONDS: Final = 15.0
LONGEST_PAUSE: Final = 120.0
LONGEST_UNTOLD_PAUSE: Final = 30.0
STREAK_FORGOTTEN_AFTER: Final = 60.0
NEVER: Final = float("-inf")
_HOURS_A_DAY: Final = 24


class RouteGroup(StrEnum):
    """Routes that share a limit."""

    GENERAL = "general"
    ORDERS = "orders"
    EANS = "eans"


class Rule(NamedTuple):
    """At most `requests` in any `seconds`."""

    requests: int
    seconds: float


class Limits(NamedTuple):
    """The rules of one group. `per_day` counts whole hours of the wall clock, erring on the side of fewer."""

    rules: tuple[Rule, ...] = ()
    per_day: int | None = None


# Source: eMAG's API documentation v4.5.1, "Limits".
EMAG_LIMITS: Final = {
    RouteGroup.GENERAL: Limits((Rule(3, 1.0),)),
    RouteGroup.ORDERS: Limits((Rule(12, 1.0),)),
    RouteGroup.EANS: Limits((Rule(5, 1.0), Rule(200, 60.0)), per_day=5000),
}
NO_LIMITS: Final = dict.fromkeys(RouteGroup, Limits())


class UpdateContext(NamedTuple):
    """When and by whom a state is changed. `now`: steady seconds by the store's clock; `epoch`: seconds since 1970,
    for day quotas; `owner`: the process that asks, where several share the budget.
    """

    now: float
    epoch: float
    owner: str = ""


class Reservation(NamedTuple):
    """The slots granted to one request: `(slot, its stamp before)` per rule. `lease` tells it from later ones."""

    slots: tuple[tuple[int, float], ...]
    lease: float
    hour: int


class GroupUse(NamedTuple):
    """What one group's budget has seen. Seconds; counts since the budget was made."""

    requests: int
    waits: int
    waited_seconds: float
    pauses: int
    refusals: int
    in_window: int
    last_minute: int
    paused_for: float
    window_seconds: float


class GroupState(msgspec.Struct):
    """One group's slots, pause, margin and counters. Everything that must survive or be shared is in here."""

    stamps: list[float]
    leases: list[float]
    owners: list[str]
    hours: dict[int, int] = msgspec.field(default_factory=dict)
    minute: dict[int, int] = msgspec.field(default_factory=dict)
    paused_until: float = NEVER
    paused_at: float = NEVER
    extra: float = 0.0
    extra_at: float = NEVER
    refused_at: float = NEVER
    streak: int = 0
    requests: int = 0
    waits: int = 0
    waited_seconds: float = 0.0
    pauses: int = 0
    refusals: int = 0

    @classmethod
    def fresh(cls, limits: Limits, used_at: float = NEVER) -> GroupState:
        """A state without a past, or one whose every slot was used at `used_at`."""
        size = sum(rule.requests for rule in limits.rules)
        return cls(stamps=[used_at] * size, leases=[NEVER] * size, owners=[""] * size)

    def forget_clock(self, now: float) -> None:
        """The steady clock began anew (a reboot): every slot counts as used now, a pause is over."""
        self.stamps = [now] * len(self.stamps)
        self.leases = [NEVER] * len(self.leases)
        self.minute.clear()
        self.paused_until = self.paused_at = self.refused_at = self.extra_at = NEVER
        self.extra, self.streak = 0.0, 0

    def is_plausible(self, limits: Limits, now: float) -> bool:
        """False when the numbers do not fit the limits or lie in the future: another version, or a damaged file."""
        size = sum(rule.requests for rule in limits.rules)
        return (
            len(self.stamps) == len(self.leases) == len(self.owners) == size
            and all(stamp <= now for stamp in self.stamps)
            and all(lease <= now + LEASE_SECONDS for lease in self.leases)
            and self.paused_until <= now + LONGEST_PAUSE
            and 0.0 <= self.extra <= EXTRA_MOST
        )

    def margin(self, now: float) -> float:
        """Seconds added to every window: 0.05, up to 0.10 after a refusal."""
        faded = self.extra * max(0.0, 1.0 - (now - self.extra_at) / EXTRA_FADES_IN) if self.extra else 0.0
        return MARGIN_SECONDS + faded

    def take(self, limits: Limits, at: UpdateContext) -> Reservation | float:
        """The slots for one request that starts now, or the seconds until it is worth asking again."""
        now, margin = at.now, self.margin(at.now)
        wait = max(self.paused_until - now, self._day_wait(limits, at))
        chosen: list[tuple[int, float]] = []
        first = 0
        for rule in limits.rules:
            window = rule.seconds + margin
            free_at, slot = min(
                (self._free_at(slot, now, window), slot) for slot in range(first, first + rule.requests)
            )
            wait = max(wait, free_at - now)
            chosen.append((slot, self.stamps[slot]))
            first += rule.requests
        if wait > 0:
            return wait
        lease = now + LEASE_SECONDS
        for slot, _ in chosen:
            self.leases[slot], self.owners[slot] = lease, at.owner
        hour = int(at.epoch // 3600)
        if limits.per_day is not None:
            self.hours[hour] = self.hours.get(hour, 0) + 1
        return Reservation(tuple(chosen), lease, hour)

    def _free_at(self, slot: int, now: float, window: float) -> float:
        lease = self.leases[slot]
        if lease > now:  # granted, not yet written: it may be written at any moment from now on
            return now + window
        return max(self.stamps[slot], lease) + window

    def _day_wait(self, limits: Limits, at: UpdateContext) -> float:
        if limits.per_day is None:
            return NEVER
        hour = int(at.epoch // 3600)
        for old in [known for known in self.hours if not hour - _HOURS_A_DAY <= known <= hour]:
            del self.hours[old]
        if sum(self.hours.values()) < limits.per_day:
            return NEVER
        return (min(self.hours) + _HOURS_A_DAY + 1) * 3600.0 - at.epoch

    def sent(self, limits: Limits, at: UpdateContext, reservation: Reservation, waited: float) -> int:
        """The request of `reservation` is on its way. Returns how many slots of the first rule are in use now."""
        now = at.now
        for slot, _ in reservation.slots:
            if self.leases[slot] == reservation.lease:
                self.stamps[slot], self.leases[slot] = now, NEVER
        self.requests += 1
        if waited > 0:
            self.waits += 1
            self.waited_seconds += waited
        second = int(now)
        for old in [known for known in self.minute if not second - 60 < known <= second]:
            del self.minute[old]
        self.minute[second] = self.minute.get(second, 0) + 1
        return self._in_use(limits, now)

    def _in_use(self, limits: Limits, now: float) -> int:
        if not limits.rules:
            return 0
        rule = limits.rules[0]
        window = rule.seconds + self.margin(now)
        return sum(self._free_at(slot, now, window) > now for slot in range(rule.requests))

    def release(self, reservation: Reservation) -> None:
        """The request of `reservation` was never written: its slots are free again."""
        for slot, before in reservation.slots:
            if self.leases[slot] == reservation.lease:
                self.stamps[slot], self.leases[slot] = before, NEVER
        if reservation.hour in self.hours:
            self.hours[reservation.hour] -= 1

    def reserve_all(self, until: float, owner: str) -> None:
        """Every slot counts as granted to `owner` until `until`."""
        for slot, lease in enumerate(self.leases):
            if lease < until:
                self.leases[slot], self.owners[slot] = until, owner

    def reclaim_dead(self, now: float, is_dead: Callable[[str], bool]) -> None:
        """Slots that dead processes hold: their requests went out now at the latest."""
        for slot, lease in enumerate(self.leases):
            if lease > now and is_dead(self.owners[slot]):
                self.stamps[slot], self.leases[slot] = now, NEVER

    def pause(self, now: float, seconds: float) -> None:
        """No request of the group for `seconds`, at most 120. A longer pause that is under way stays."""
        until = now + min(seconds, LONGEST_PAUSE)
        if until <= max(self.paused_until, now):
            return
        if self.paused_until <= now:
            self.pauses += 1
            self.paused_at = now
        self.paused_until = until

    def refused(self, now: float, since_sent: float, pause: float | None) -> None:
        """A request that was written `since_sent` seconds ago got a 429; `pause` is what eMAG asked for, if it did.

        Without that, the gateway's clock second ends within a second from now; when that was not enough, others use
        the same budget, and the pause doubles from refusal to refusal. Requests that were in flight together are
        refused together: only the first of them counts as a new refusal.
        """
        self.refusals += 1
        same_burst = now - since_sent <= self.refused_at
        if not same_burst:
            self.streak = self.streak + 1 if now - self.refused_at < STREAK_FORGOTTEN_AFTER else 1
            self.extra = min(EXTRA_MOST, self.margin(now) - MARGIN_SECONDS + EXTRA_STEP)
            self.extra_at = now
            self.refused_at = now
        if pause is not None:
            self.pause(now, pause)
        elif not same_burst:
            self.pause(now, min(2.0 ** (self.streak - 1), LONGEST_UNTOLD_PAUSE))

    def use(self, limits: Limits, now: float) -> GroupUse:
        """The counters as of now."""
        return GroupUse(
            requests=self.requests,
            waits=self.waits,
            waited_seconds=self.waited_seconds,
            pauses=self.pauses,
            refusals=self.refusals,
            in_window=self._in_use(limits, now),
            last_minute=sum(count for second, count in self.minute.items() if now - 60 < second <= now),
            paused_for=max(0.0, self.paused_until - now),
            window_seconds=limits.rules[0].seconds + self.margin(now) if limits.rules else 0.0,
        )
