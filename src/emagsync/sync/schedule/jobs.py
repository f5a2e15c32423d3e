"""The recurring jobs: which there are, their intervals by the settings, and when each is due next. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from emagsync.core.settings import ScheduleSettings

SHORTEST_SECONDS: Final = 60
LONGEST_SECONDS: Final = 31 * 86_400
# An account that was busy is tried again after this long, not after a whole interval.
BUSY_SECONDS: Final = 300
_MOST_JITTER_SECONDS: Final = 60.0
_JITTER_SHARE: Final = 0.05
# eMAG asks not to begin on the full minute or hour: "start at odd seconds (12:04:42, not 12:00:00)".
_ODD_SECONDS: Final = tuple(range(7, 55, 2))


class JobKind(StrEnum):
    """What is done."""

    INCREMENTAL = "incremental"  # an incremental sync of an account
    FULL = "full"  # a full sync of an account
    HEALTH = "health"  # a connection test of an account
    FRESHNESS = "freshness"  # reading the offers of an account that are about to be older than their targets
    SOURCES = "sources"  # reading the sources of stock and prices that are due
    CLEANUP = "cleanup"  # going on with runs whose process died
    PRUNE = "prune"  # deleting old runs

    @property
    def is_per_account(self) -> bool:
        """Whether each account has its own."""
        return self in (JobKind.INCREMENTAL, JobKind.FULL, JobKind.HEALTH, JobKind.FRESHNESS)


class Job(NamedTuple):
    """One recurring job as the settings have it."""

    kind: JobKind
    account: str | None
    enabled: bool
    interval_seconds: int

    @property
    def name(self) -> str:
        """`cleanup`, or `full:main`."""
        return self.kind if self.account is None else f"{self.kind}:{self.account}"


def planned_jobs(settings: ScheduleSettings, accounts: Iterable[str]) -> list[Job]:
    """Every job that there is for these accounts; those whose interval is 0 are off, with a day's interval."""
    names = list(accounts)
    return [
        Job(kind, account, minutes > 0, (minutes or 1440) * 60)
        for kind in JobKind
        for minutes in [getattr(settings, f"{kind}_minutes")]
        for account in (names if kind.is_per_account else [None])
    ]


def next_time(now: datetime, interval_seconds: float, rng: random.Random) -> datetime:
    """About `interval_seconds` from now: a little later, so that not all begin at once, and never on a full minute."""
    jitter = rng.uniform(0, min(interval_seconds * _JITTER_SHARE, _MOST_JITTER_SECONDS))
    due = now + timedelta(seconds=interval_seconds + jitter)
    odd = due.replace(second=rng.choice(_ODD_SECONDS), microsecond=rng.randrange(1_000_000))
    return odd if odd > now else odd + timedelta(minutes=1)
