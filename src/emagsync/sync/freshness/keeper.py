"""Keeps offers within their freshness targets: the job that starts what the planner says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from emagsync.core.clock import Clock
from emagsync.core.settings import SyncSettings
from emagsync.db.engine import Database
from emagsync.sync.control import RunControl
from emagsync.sync.errors import AccountBusy
from emagsync.sync.freshness import repository
from emagsync.sync.freshness.planning import ReadIds, ReadList, Wait, plan, seconds_of
from emagsync.sync.freshness.service import Freshness, FreshnessService
from emagsync.sync.run_factory import FRESHNESS
from emagsync.sync.schedule.scheduler import Done
from emagsync.sync.schemas import Mode, RunParameters, Selection

# So long at least after a reading was begun, or while another run goes on, nothing else is considered.
REST: Final = timedelta(seconds=30)
# A marketplace that ignores a filter answers with its whole list: no more than that of it is read.
_SPARE_PAGES: Final = 10


class FreshnessKeeper:
    """Looks which offers of an account are about to be too old, and has them read: at most one run at a time."""

    def __init__(
        self,
        *,
        service: FreshnessService,
        control: RunControl,
        database: Database,
        settings: SyncSettings,
        clock: Clock,
    ) -> None:
        self._service = service
        self._control = control
        self._database = database
        self._settings = settings
        self._clock = clock

    async def keep(self, account: str) -> Done:
        """Start the reading that is needed next, if one is. Says when to look again; no run is waited for.

        Raises SettingsError for an account without proper credentials.
        """
        found = await self._service.read(account)
        now = found.now
        if found.runs.holder is not None:
            return Done(f"waits for run {found.runs.holder.id}", now + REST)
        rests_until = found.runs.rests_until()
        if rests_until is not None and rests_until > now:
            return Done("rests: the last reading failed", rests_until)
        return await self._do(found)

    async def _do(self, found: Freshness) -> Done:
        planned = plan(found.states, found.outlook, found.budget, found.now)
        if isinstance(planned, Wait):
            return Done(_waits(found, planned), planned.until)
        parameters = await self._parameters(found, planned)
        if parameters is None:
            return Done("read meanwhile", found.now + REST)
        try:
            started = await self._control.start(found.account, parameters, trigger=FRESHNESS)
        except AccountBusy as error:
            return Done(f"waits for run {error.run_id}", found.now + REST)
        again: datetime = found.now + max(seconds_of(planned.requests), REST)
        return Done(f"run {started.runs[0].id}: about {planned.requests} requests", again)

    async def _parameters(self, found: Freshness, planned: ReadIds | ReadList) -> RunParameters | None:
        """What to ask of the run; None when a push or another run has seen the offers since."""
        if isinstance(planned, ReadIds):
            ids = await self._ids(found, planned)
            return self._selective(Selection(ids=ids)) if ids else None
        if planned.of.mode is Mode.SELECTIVE:
            return self._selective(planned.of.selection, most_pages=2 * planned.requests + _SPARE_PAGES)
        return RunParameters(
            mode=planned.of.mode,
            items_per_page=self._settings.items_per_page,
            timeout_seconds=self._settings.timeout_seconds,
        )

    def _selective(self, selection: Selection, *, most_pages: int | None = None) -> RunParameters:
        return RunParameters(
            mode=Mode.SELECTIVE,
            selection=selection,
            max_pages=most_pages,
            timeout_seconds=self._settings.timeout_seconds,
        )

    async def _ids(self, found: Freshness, planned: ReadIds) -> tuple[int, ...]:
        async with self._database.snapshot() as connection:
            return await repository.oldest_ids(
                connection,
                found.account,
                found.cuts[planned.place],
                found.runs.asked_in_vain(found.now),
                limit=planned.requests,
            )


def _waits(found: Freshness, planned: Wait) -> str:
    if planned.short_of:
        return f"waits for {planned.short_of} requests of the budget ({found.older} offers older than their target)"
    return f"nothing to read ({found.older} offers older than their target)"
