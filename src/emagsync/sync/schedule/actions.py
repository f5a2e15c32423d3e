"""The work of the recurring jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from emagsync.accounts.connection_test import check_connection
from emagsync.accounts.registry import AccountRegistry
from emagsync.call_log.service import prune_calls
from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.rest import idempotency_repository
from emagsync.sources import reading_repository
from emagsync.sync import ended_repository
from emagsync.sync.control import RunControl
from emagsync.sync.freshness.keeper import FreshnessKeeper
from emagsync.sync.schedule.jobs import JobKind
from emagsync.sync.schedule.scheduler import Action, Done
from emagsync.sync.schemas import Mode, RunParameters
from emagsync.webhooks.message_repository import DELIVERIES

TRIGGER = "schedule"


class ConnectionBroken(EmagsyncError):
    """A scheduled connection test failed."""

    code = "connection_broken"
    kind = ErrorKind.TRANSIENT


class ScheduleActions:
    """Does the jobs: each is one call that returns a line about what it did."""

    def __init__(
        self,
        *,
        control: RunControl,
        registry: AccountRegistry,
        database: Database,
        settings: Settings,
        keeper: FreshnessKeeper,
        clock: Clock,
    ) -> None:
        self._control = control
        self._registry = registry
        self._database = database
        self._settings = settings
        self._keeper = keeper
        self._clock = clock

    def by_kind(self) -> Mapping[JobKind, Action]:
        """The actions by kind of job, for the scheduler."""
        return {
            JobKind.INCREMENTAL: lambda account: self._sync(account, Mode.INCREMENTAL),
            JobKind.FULL: lambda account: self._sync(account, Mode.FULL),
            JobKind.HEALTH: self._health,
            JobKind.FRESHNESS: self._freshness,
            JobKind.CLEANUP: self._cleanup,
            JobKind.PRUNE: self._prune,
        }

    async def _sync(self, account: str | None, mode: Mode) -> str:
        defaults = self._settings.sync
        parameters = RunParameters(
            mode=mode, items_per_page=defaults.items_per_page, timeout_seconds=defaults.timeout_seconds
        )
        started = await self._control.start(account or "all", parameters, trigger=TRIGGER)
        return f"run {started.runs[0].id}"

    async def _health(self, account: str | None) -> str:
        async with self._registry.client(account or "") as client:
            report = await check_connection(client, clock=self._clock)
        if not report.ok:
            raise ConnectionBroken(f"{report.culprit}: {report.message}")
        return f"{report.total_products} offers, {report.latency_ms} ms"

    async def _freshness(self, account: str | None) -> Done:
        return await self._keeper.keep(account or "")

    async def _cleanup(self, _: str | None) -> str:
        resumed = await self._control.resume(all_interrupted=False)
        return f"{len(resumed)} runs resumed"

    async def _prune(self, _: str | None) -> str:
        before = self._clock.now() - timedelta(days=self._settings.schedule.keep_days)
        pruned = 0
        while True:
            async with self._database.transaction() as connection:
                count = await ended_repository.prune(connection, before=before)
            pruned += count
            if not count:
                break
        async with self._database.transaction() as connection:
            messages = await DELIVERIES.prune(connection, before=before)
        readings = await self._prune_readings(before)
        calls = await prune_calls(self._database, self._settings.calls, now=self._clock.now())
        async with self._database.transaction() as connection:
            await idempotency_repository.prune(connection, now=self._clock.now())
        return f"{pruned} runs, {messages} messages, {readings} readings and {calls} log entries of calls deleted"

    async def _prune_readings(self, before: datetime) -> int:
        pruned = 0
        while True:
            async with self._database.transaction() as connection:
                count = await reading_repository.prune(connection, before=before)
            pruned += count
            if not count:
                return pruned
