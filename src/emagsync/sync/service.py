"""The rules of runs: who may start one, whose it is, how it is taken over, stopped and cleaned up."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.sync import repository
from emagsync.sync.engine import PAGES_UNREAD, TIMEOUT, RunEngine
from emagsync.sync.errors import AccountBusy, RunNotActive, RunSuperseded
from emagsync.sync.repository import Hold
from emagsync.sync.schemas import Progress, Run, RunError, RunParameters, RunStatus
from emagsync.sync.tally import Tally
from emagsync.sync.workers import Workers

log = structlog.get_logger()

_CLAIM_ATTEMPTS = 5


class SyncService:
    """Starts, carries out, stops and cleans up runs. One per process; every method may be called concurrently."""

    def __init__(
        self,
        *,
        database: Database,
        registry: AccountRegistry,
        settings: Settings,
        workers: Workers,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._registry = registry
        self._settings = settings
        self._workers = workers
        self._clock = clock or SystemClock()

    async def sync(
        self,
        account: str,
        parameters: RunParameters,
        *,
        trigger: str,
        sync_id: str,
        on_progress: Callable[[Progress], None] | None = None,
        stop: asyncio.Event | None = None,
    ) -> Run:
        """Start the account's run, or go on with one that was interrupted, and carry it to its end.

        `stop` set: finish the pages on their way and return a run that can be resumed. Raises AccountBusy with the
        id of the run that holds the account, and SettingsError for an account that is not configured.
        """
        self._registry.get(account)
        run, hold = await self._acquire(account, parameters, trigger=trigger, sync_id=sync_id)
        return await self._carry(run, hold, on_progress, stop or asyncio.Event())

    async def recover(self) -> list[Run]:
        """Mark the runs whose holders are dead as interrupted, so that they can be resumed. Returns them."""
        async with self._database.reading() as connection:
            dead = [run for run in await repository.active_runs(connection) if self._is_dead(run)]
        return await self._take_away(dead, RunStatus.INTERRUPTED, None)

    async def cleanup(self, *, older_than_seconds: float) -> list[Run]:
        """Fail the runs that gave no sign of life for that long, alive or not. Returns them."""
        now = self._clock.now()
        oldest = now - timedelta(seconds=older_than_seconds)
        async with self._database.reading() as connection:
            stuck = [run for run in await repository.active_runs(connection) if _last_sign(run) <= oldest]
        error = RunError(
            code="stuck",
            message=f"The run gave no sign of life for {older_than_seconds:.0f} s and was cleaned up. Sync again.",
            at=now,
        )
        return await self._take_away(stuck, RunStatus.FAILED, error)

    async def cancel(self, run_id: str) -> Run:
        """Stop a run for good: its holder writes nothing more. Raises RunNotFound and RunNotActive."""
        for _ in range(_CLAIM_ATTEMPTS):
            async with self._database.transaction() as connection:
                run = await repository.get_run(connection, run_id)
                if run.status.is_finished:
                    raise RunNotActive(run_id, run.status)
                if await repository.take_away(connection, run, RunStatus.CANCELLED, now=self._clock.now()):
                    break
        async with self._database.reading() as connection:
            return await repository.get_run(connection, run_id)

    async def _take_away(self, runs: Sequence[Run], status: RunStatus, error: RunError | None) -> list[Run]:
        taken: list[Run] = []
        for run in runs:
            async with self._database.transaction() as connection:
                if await repository.take_away(connection, run, status, now=self._clock.now(), error=error):
                    taken.append(run)
        return taken

    async def _acquire(
        self, account: str, parameters: RunParameters, *, trigger: str, sync_id: str
    ) -> tuple[Run, Hold]:
        for _ in range(_CLAIM_ATTEMPTS):
            try:
                async with self._database.transaction() as connection:
                    holder = await repository.holder_of(connection, account)
                    if holder is None:
                        run = await self._insert(connection, account, parameters, trigger=trigger, sync_id=sync_id)
                    elif holder.status is not RunStatus.INTERRUPTED and not self._is_dead(holder):
                        raise AccountBusy(account, holder.id)
                    elif not self._may_go_on(holder, parameters):
                        await self._give_up(connection, holder)
                        run = await self._insert(connection, account, parameters, trigger=trigger, sync_id=sync_id)
                    else:
                        run = holder
                    return run, await self._claim(connection, run)
            except (ConstraintViolated, RunSuperseded):
                # Another process was faster; look again who holds the account now.
                continue
        async with self._database.reading() as connection:
            holder = await repository.holder_of(connection, account)
        raise AccountBusy(account, holder.id if holder else "unknown")

    def _may_go_on(self, run: Run, parameters: RunParameters) -> bool:
        """Whether resuming `run` gives what is asked for now."""
        asked = parameters.model_copy(update={"timeout_seconds": run.parameters.timeout_seconds})
        return asked == run.parameters and self._is_recent(run)

    def _is_recent(self, run: Run) -> bool:
        return self._clock.now() - _last_sign(run) <= timedelta(seconds=self._settings.sync.resume_within_seconds)

    async def _give_up(self, connection: Any, run: Run) -> None:
        now = self._clock.now()
        error = RunError(
            code="interrupted", message="The run was interrupted, and another one was started instead.", at=now
        )
        if not await repository.take_away(connection, run, RunStatus.FAILED, now=now, error=error):
            raise RunSuperseded(f"Run {run.id} was claimed by another process.")

    async def _insert(
        self, connection: Any, account: str, parameters: RunParameters, *, trigger: str, sync_id: str
    ) -> Run:
        before = await repository.newest_run(connection, account)
        resumed = before if before is not None and self._left_pages(before, parameters) else None
        run = _new_run(account, parameters, trigger=trigger, sync_id=sync_id, now=self._clock.now(), resumed=resumed)
        await repository.insert_run(connection, run)
        if resumed is not None:
            await repository.inherit_ledger(connection, old=resumed.id, new=run.id)
        return run

    def _left_pages(self, run: Run, parameters: RunParameters) -> bool:
        """Whether the run ended early, with pages stored that a new one with `parameters` need not read again."""
        early = run.status is RunStatus.FAILED and any(
            error.code in (TIMEOUT, PAGES_UNREAD, "account_down") for error in run.errors
        )
        return early and self._may_go_on(run, parameters)

    async def _claim(self, connection: Any, run: Run) -> Hold:
        tally = Tally.of(run, 0.0)
        keep = {"errors": repository.errors_text(tally.errors), "error_count": tally.error_count}
        return await repository.claim(connection, run, worker=self._workers.name, now=self._clock.now(), keep=keep)

    def _is_dead(self, run: Run) -> bool:
        """Whether nobody carries the run: its process is gone, or it has been silent for too long."""
        if run.status is RunStatus.INTERRUPTED:
            return False
        if run.worker is not None and self._workers.is_alive(run.worker) is False:
            return True
        silence = self._clock.now() - _last_sign(run)
        return silence > timedelta(seconds=self._settings.sync.stale_after_seconds)

    async def _carry(
        self, run: Run, hold: Hold, on_progress: Callable[[Progress], None] | None, stop: asyncio.Event
    ) -> Run:
        with structlog.contextvars.bound_contextvars(run_id=run.id, account=run.account):
            log.info("run_started", mode=run.mode, attempt=run.attempt + 1, resumed_from=run.resumed_from)
            tally = Tally.of(run, self._clock.monotonic())
            async with self._registry.client(run.account, on_call=tally.call) as client:
                engine = RunEngine(
                    database=self._database,
                    client=client,
                    hold=hold,
                    run=run,
                    tally=tally,
                    settings=self._settings.sync,
                    clock=self._clock,
                    stop=stop,
                    on_progress=on_progress,
                )
                try:
                    await engine.execute()
                except RunSuperseded:
                    log.info("run_superseded")
            async with self._database.reading() as connection:
                ended = await repository.get_run(connection, run.id)
            log.info("run_ended", status=ended.status, processed=ended.processed, errors=ended.error_count)
            return ended


def _last_sign(run: Run) -> datetime:
    return max(moment for moment in (run.heartbeat_at, run.started_at, run.created_at) if moment is not None)


def _new_run(
    account: str, parameters: RunParameters, *, trigger: str, sync_id: str, now: datetime, resumed: Run | None
) -> Run:
    return Run(
        id=str(uuid.uuid4()),
        sync_id=sync_id,
        account=account,
        mode=parameters.mode,
        parameters=parameters,
        status=RunStatus.QUEUED,
        trigger=trigger,
        attempt=0,
        fence=0,
        worker=None,
        created_at=now,
        started_at=None,
        heartbeat_at=None,
        finished_at=None,
        resumed_from=resumed.id if resumed else None,
        total_items=resumed.total_items if resumed else None,
        total_pages=resumed.total_pages if resumed else None,
        current_page=resumed.current_page if resumed else 0,
        pages_read=resumed.pages_read if resumed else 0,
        passes=resumed.passes if resumed else 0,
        processed=resumed.processed if resumed else 0,
        created=resumed.created if resumed else 0,
        updated=resumed.updated if resumed else 0,
        unchanged=resumed.unchanged if resumed else 0,
        removed=resumed.removed if resumed else 0,
        failed=resumed.failed if resumed else 0,
        requests=0,
        rate_limit_hits=0,
        wait_seconds=0.0,
        errors=(),
        error_count=0,
    )
