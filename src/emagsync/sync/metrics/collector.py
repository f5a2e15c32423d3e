"""Collects the metrics of runs from the database: whichever process executes them, after restarts and kills too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.call_log import metric_totals_repository as metric_totals
from emagsync.call_log import metrics
from emagsync.core.clock import Clock
from emagsync.core.settings import ScheduleSettings
from emagsync.db.engine import Database
from emagsync.sync.metrics import repository, run_metrics
from emagsync.sync.metrics.run_metrics import CIRCUIT, PRODUCTS_TYPE, RunFigures
from emagsync.sync.schedule import repository as schedule_repository
from emagsync.sync.schedule.jobs import JobKind, planned_jobs
from emagsync.sync.schemas import RunStatus
from emagsync.telemetry import exposition
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge, Increments, Labels

_IN_PROGRESS: Final = Gauge("emag_sync_in_progress", "1 while a run is executed.", ("account_type", "sync_type"))
_SILENT: Final = Gauge(
    "emag_sync_silent_seconds", "How long ago the active run wrote its last heartbeat.", ("account_type",)
)
_INTERVAL: Final = Gauge(
    "emag_sync_interval_seconds", "The shortest interval of the account's scheduled syncs.", ("account_type",)
)
_PAGE_SIZE: Final = Gauge(
    "emag_sync_learnt_page_size",
    "Offers a page that eMAG delivers in time, for accounts whose pages cannot be as large as is asked for.",
    ("account_type",),
)
_AT_ONCE: Final = 200
_SYNCS: Final = frozenset({JobKind.INCREMENTAL, JobKind.FULL})


async def count_finished_runs(database: Database) -> None:
    """Put the figures of ended runs into the totals, so that a scrape need not read their rows."""
    while True:
        async with database.snapshot() as connection:
            if not await repository.has_finished(connection):
                return
        async with database.transaction() as connection:
            if not await repository.count_finished(connection, limit=_AT_ONCE):
                return


class RunFamilies:
    """The metrics of the runs and of the calls to eMAG."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        accounts: Callable[[], Sequence[str]],
        schedule: ScheduleSettings,
    ) -> None:
        self._database = database
        self._clock = clock
        self._accounts = accounts
        self._schedule = schedule
        # Changes when a run stores something or ends: what was counted of the offers may be old then.
        self.stamp: object = None

    async def families(self) -> list[Family]:
        """Totals and active runs as of one moment: a run is in exactly one of them."""
        async with self._database.snapshot() as connection:
            runs = await repository.uncounted(connection)
            values: Increments = await metric_totals.read(connection)
            intervals = await self._intervals(connection)
            sizes = await repository.page_sizes(connection)
        self.stamp = tuple(sorted((run.id, run.status, run.heartbeat_at) for run in runs))
        for series, value in run_metrics.figures(runs).items():
            values[series] = values.get(series, 0) + value
        interval = exposition.gauge_family(_INTERVAL, intervals)
        known = self._accounts()
        page_size = exposition.gauge_family(
            _PAGE_SIZE, {(name,): float(size) for name, size in sizes.items() if name in known}
        )
        return [*_counted(values), *self._gauges(runs, values), interval, page_size]

    def _gauges(self, runs: Sequence[RunFigures], values: Increments) -> list[Family]:
        ended = sorted((run for run in runs if run.finished_at), key=lambda run: str(run.finished_at))
        kept = {**values, **run_metrics.latest(ended)}
        active = [run for run in runs if not run.is_finished]
        now = self._clock.now()
        return [
            *(exposition.kept_gauge_family(gauge, kept) for gauge in run_metrics.KEPT_GAUGES),
            exposition.gauge_family(_IN_PROGRESS, self._in_progress(active)),
            exposition.gauge_family(_SILENT, self._silent(active, now)),
            exposition.gauge_family(CIRCUIT, self._circuits(active, kept)),
        ]

    async def _intervals(self, connection: AsyncConnection) -> dict[Labels, float]:
        if not self._schedule.enabled:
            return {}
        jobs = [job for job in planned_jobs(self._schedule, self._accounts()) if job.kind in _SYNCS]
        rows = await schedule_repository.rows(connection, [job.name for job in jobs])
        found: dict[Labels, float] = {}
        for job in jobs:
            row = rows.get(job.name)
            enabled = job.enabled if row is None or row.enabled is None else row.enabled
            if enabled and job.account is not None:
                seconds = float((row.interval_seconds if row else None) or job.interval_seconds)
                found[(job.account,)] = min(seconds, found.get((job.account,), seconds))
        return found

    def _in_progress(self, active: Iterable[RunFigures]) -> dict[Labels, float]:
        found: dict[Labels, float] = {(name, PRODUCTS_TYPE): 0 for name in self._accounts()}
        found.update({(run.account, run.sync_type): 1 for run in active if run.status == RunStatus.RUNNING})
        return found

    def _silent(self, active: Iterable[RunFigures], now: datetime) -> dict[Labels, float]:
        found: dict[Labels, float] = {(name,): 0.0 for name in self._accounts()}
        for run in active:
            signs = [at for at in (run.heartbeat_at, run.started_at, run.created_at) if at is not None]
            found[(run.account,)] = max((now - max(signs)).total_seconds(), 0.0)
        return found

    def _circuits(self, active: Iterable[RunFigures], kept: Increments) -> dict[Labels, float]:
        found: dict[Labels, float] = {(name,): kept.get(CIRCUIT.series(name), 0.0) for name in self._accounts()}
        for run in active:
            if run.status == RunStatus.RUNNING and run.got_through:
                found[(run.account,)] = 0.0
            if run_metrics.is_probing(run):
                found[(run.account,)] = 1.0
        return found


def _counted(values: Increments) -> list[Family]:
    counters = (*run_metrics.COUNTERS, metrics.REQUESTS, metrics.HITS, metrics.SAVED)
    histograms = (run_metrics.DURATION, metrics.DURATION, metrics.WAITS)
    return [
        *(exposition.counter_family(counter, values) for counter in counters),
        *(exposition.histogram_family(histogram, values) for histogram in histograms),
    ]
