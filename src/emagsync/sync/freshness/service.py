"""How fresh the offers of accounts are, against the targets that people or the schedule set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.marketplace.page_sizes import Pace, PageSizes
from emagsync.sync import pace_repository
from emagsync.sync import repository as run_repository
from emagsync.sync.freshness import repository
from emagsync.sync.freshness.demand import Demand, Need, demand_of
from emagsync.sync.freshness.planning import (
    REQUESTS_A_SECOND,
    REQUESTS_AN_HOUR,
    Budget,
    ListState,
    Outlook,
    ScheduledReading,
    TargetState,
    lead_times,
)
from emagsync.sync.freshness.repository import Ages, Cut, StoredTarget
from emagsync.sync.freshness.runs import MOST_RUNS, RecentRuns
from emagsync.sync.freshness.schemas import FreshnessReport, TargetReport, TargetSetting
from emagsync.sync.freshness.targets import (
    ACTIVE_OFFERS,
    EVERYTHING,
    OfferList,
    Target,
    TargetSelection,
    narrowest_list,
)
from emagsync.sync.run.selective import LIST_PAGE
from emagsync.sync.schedule import repository as schedule_repository
from emagsync.sync.schedule.jobs import Job, JobKind, planned_jobs
from emagsync.sync.schedule.repository import Due
from emagsync.sync.schedule.scheduler import Scheduled
from emagsync.sync.schemas import Mode

# Nobody set targets: offers may miss one scheduled sync, not two.
_DEFAULT_INTERVALS: Final = 2
_READ_BY_MODE: Final = {Mode.FULL: "everything", Mode.INCREMENTAL: "active", Mode.SELECTIVE: "list"}


@dataclass(frozen=True)
class Freshness:
    """Everything that is known of an account's freshness at one moment."""

    account: str
    now: datetime
    is_default: bool
    states: tuple[TargetState, ...]
    cuts: tuple[Cut, ...]
    older: int
    outlook: Outlook
    budget: Budget
    runs: RecentRuns

    @property
    def demand(self) -> Demand:
        """What its targets need."""
        return demand_of(self.states, self.outlook, self.budget.an_hour)


class KnownAccounts(Protocol):
    """The configured accounts."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def get(self, name: str) -> object:
        """Raises SettingsError for an account that is not configured properly."""


class FreshnessService:
    """Reads and sets the targets of accounts, and says how their offers stand."""

    def __init__(self, *, database: Database, accounts: KnownAccounts, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._settings = settings
        self._clock = clock

    @property
    def accounts(self) -> tuple[str, ...]:
        """Every configured account."""
        return self._accounts.names

    async def set_targets(self, account: str, targets: Sequence[TargetSetting]) -> FreshnessReport:
        """Make these the targets of the account, none for those that follow from its schedule. They count at once.

        Raises SettingsError for an account that is not configured.
        """
        self._expect(account)
        rows = [
            StoredTarget(account, place, one.selection.model_dump_json(exclude_defaults=True), one.max_age_seconds)
            for place, one in enumerate(targets)
        ]
        async with self._database.transaction() as connection:
            await repository.replace(connection, account, rows)
            await schedule_repository.bring_forward(connection, freshness_job(account), self._clock.now())
        return await self.report(account)

    async def report(self, account: str) -> FreshnessReport:
        """How the offers of the account stand. Raises SettingsError for one that is not configured."""
        self._expect(account)
        return report_of(await self.read(account))

    async def read(self, account: str) -> Freshness:
        """What the local copy knows of the account's offers now."""
        now = self._clock.now()
        async with self._database.snapshot() as connection:
            scheduled = await self._scheduled(connection, account)
            stored = await repository.targets(connection, account)
            targets = [_target(row) for row in stored] or _default_targets(scheduled)
            recent = await run_repository.runs(connection, account=account, dry_runs=False, limit=MOST_RUNS)
            return await self._stand(connection, account, targets, scheduled, RecentRuns(recent), now, not stored)

    async def _stand(
        self,
        connection: AsyncConnection,
        account: str,
        targets: Sequence[Target],
        scheduled: Sequence[_ScheduledSync],
        runs: RecentRuns,
        now: datetime,
        is_default: bool,
    ) -> Freshness:
        selected = [target.selection.filter(account) for target in targets]
        narrowest = [narrowest_list(target.selection) for target in targets]
        lists = tuple(dict.fromkeys((*narrowest, ACTIVE_OFFERS, EVERYTHING)))
        numbers, lengths = await repository.count(connection, account, selected, lists)
        pace = await pace_repository.pace_of(connection, account)
        outlook = Outlook(
            {one: self._list_state(one, lengths[one], runs.read_at(one), pace) for one in lists},
            [one.reading for one in scheduled],
            lookup_seconds=_request_seconds(1, pace),
        )
        leads = lead_times(targets, numbers, narrowest, outlook)
        cuts = [
            Cut(chosen, now - target.max_age, now - target.max_age + lead, _read_times(shown, outlook))
            for chosen, target, lead, shown in zip(selected, targets, leads, narrowest, strict=True)
        ]
        ages, older = await repository.ages(connection, account, cuts, runs.asked_in_vain(now))
        states = [
            _state(target, shown, number, lead, age)
            for target, shown, number, lead, age in zip(targets, narrowest, numbers, leads, ages, strict=True)
        ]
        budget = Budget(self._allowed, runs.requests_since(now - timedelta(hours=1)))
        return Freshness(account, now, is_default, tuple(states), tuple(cuts), older, outlook, budget, runs)

    def _expect(self, account: str) -> None:
        if account not in self._accounts.names:
            self._accounts.get(account)

    @property
    def _allowed(self) -> int:
        return REQUESTS_AN_HOUR * (100 - self._settings.schedule.freshness_reserve_percent) // 100

    def _list_state(self, one: OfferList, offers: int, read_at: datetime | None, pace: Pace | None) -> ListState:
        # A filtered list is read page by page.
        is_filtered = one.mode is Mode.SELECTIVE
        asked = LIST_PAGE if is_filtered else self._settings.sync.items_per_page
        in_flight = 1 if is_filtered else self._settings.sync.pages_in_flight
        per_page = PageSizes(asked, remembered=pace).size
        return ListState(offers, per_page, read_at, _request_seconds(per_page, pace, in_flight))

    async def _scheduled(self, connection: AsyncConnection, account: str) -> list[_ScheduledSync]:
        """The account's syncs that the schedule does."""
        schedule = self._settings.schedule
        if not schedule.enabled:
            return []
        jobs = [job for job in planned_jobs(schedule, [account]) if job.kind in _LIST_OF_JOB]
        rows = await schedule_repository.rows(connection, [job.name for job in jobs])
        known = [_scheduled_sync(job, rows.get(job.name), self._clock.now()) for job in jobs]
        return [one for one in known if one is not None]


class _ScheduledSync(NamedTuple):
    """A sync that the schedule does, and the offers that it is meant to keep fresh."""

    selection: TargetSelection
    reading: ScheduledReading


_LIST_OF_JOB: Final = {JobKind.INCREMENTAL: ACTIVE_OFFERS, JobKind.FULL: EVERYTHING}
_OFFERS_OF_JOB: Final = {JobKind.INCREMENTAL: TargetSelection(status=("active",)), JobKind.FULL: TargetSelection()}


def _request_seconds(offers: int, pace: Pace | None, in_flight: int = 1) -> float:
    """How long after one answer of so many offers the next one comes, `in_flight` of them awaited side by side: at
    eMAG's limit, or at the pace that was learnt of an account that is slower."""
    limit = 1 / REQUESTS_A_SECOND
    if pace is None or pace.seconds_per_offer is None:
        return limit
    return max(limit, offers * pace.seconds_per_offer / in_flight)


def freshness_job(account: str) -> str:
    """The name of the job that keeps the account's offers fresh."""
    return Job(JobKind.FRESHNESS, account, enabled=True, interval_seconds=0).name


def report_of(found: Freshness) -> FreshnessReport:
    """The public shape."""
    demand = found.demand
    asked = zip(found.states, demand.needs, demand.too_short, strict=True)
    reports = tuple(_target_report(*one, found.now) for one in asked)
    return FreshnessReport(
        account=found.account,
        is_default=found.is_default,
        targets=reports,
        older=found.older,
        excess_seconds=max((one.excess_seconds for one in reports), default=0.0),
        needed_requests_per_hour=round(demand.needed, 1),
        scheduled_requests_per_hour=round(demand.scheduled, 1),
        available_requests_per_hour=demand.available,
        missing_requests_per_hour=round(demand.missing, 1),
        can_be_met=demand.can_be_met,
        missing_seconds=max((one.missing_seconds for one in reports), default=0.0),
    )


def _target_report(state: TargetState, need: Need, too_short: timedelta, now: datetime) -> TargetReport:
    deadline = state.deadline
    excess = (now - deadline).total_seconds() if state.late and deadline is not None else 0.0
    return TargetReport(
        selection=state.target.selection,
        max_age_seconds=round(state.target.max_age.total_seconds()),
        offers=state.offers,
        older=state.late,
        oldest_seen_at=state.oldest_seen_at,
        excess_seconds=round(max(excess, 0.0), 1),
        read_by=_read_by(need),
        requests_per_hour=round(need.requests_an_hour, 1),
        missing_seconds=round(too_short.total_seconds(), 1),
    )


def _read_by(need: Need) -> str:
    if need.by_schedule:
        return "schedule"
    return "ids" if need.of is None else _READ_BY_MODE[need.of.mode]


def _target(row: StoredTarget) -> Target:
    return Target(TargetSelection.model_validate_json(row.selection), timedelta(seconds=row.max_age_seconds))


def _default_targets(scheduled: Sequence[_ScheduledSync]) -> list[Target]:
    """Active offers and all, each twice as old at most as the interval in which the schedule reads them."""
    return [Target(one.selection, one.reading.interval * _DEFAULT_INTERVALS) for one in scheduled]


def _scheduled_sync(job: Job, row: Due | None, now: datetime) -> _ScheduledSync | None:
    """None for a job that is off. Before the first server has started there is no row: nothing was due yet."""
    due = row or Due(job.name, None, None, now + timedelta(seconds=job.interval_seconds), None, None, None)
    scheduled = Scheduled(job, due)
    if not scheduled.enabled:
        return None
    interval = timedelta(seconds=scheduled.interval_seconds)
    return _ScheduledSync(_OFFERS_OF_JOB[job.kind], ScheduledReading(_LIST_OF_JOB[job.kind], interval, due.next_run_at))


def _read_times(narrowest: OfferList, outlook: Outlook) -> dict[OfferList, datetime]:
    return {
        one: state.read_at for one, state in outlook.lists.items() if state.read_at is not None and one.shows(narrowest)
    }


def _state(target: Target, narrowest: OfferList, offers: int, lead: timedelta, ages: Ages) -> TargetState:
    return TargetState(
        target=target,
        narrowest=narrowest,
        offers=offers,
        oldest_seen_at=ages.oldest_seen_at,
        late=ages.late,
        due=ages.due,
        next_seen_at=ages.next_seen_at,
        lead=lead,
        missed=ages.missed,
    )
