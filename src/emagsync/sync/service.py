"""The rules of runs: who may start one, how it is executed, resumed, stopped and cleaned up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Final, NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.accounts.errors import AccountIsOff
from emagsync.accounts.registry import AccountRegistry
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.concurrency import cancelled
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.offers import search
from emagsync.sync import lease_repository, ledger_repository, repository
from emagsync.sync.claims import AccountClaims
from emagsync.sync.errors import (
    AccountBusy,
    AlreadyRetried,
    NothingToRetry,
    RunNotActive,
    RunStillActive,
    RunSuperseded,
)
from emagsync.sync.lease_repository import RunLease
from emagsync.sync.process_lock import Workers
from emagsync.sync.retry_plan import Retry, plan_retry
from emagsync.sync.run.engine import RunEngine
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run_factory import Origin, last_heartbeat, started_at
from emagsync.sync.schemas import Progress, Run, RunError, RunErrorCode, RunParameters, RunStatus
from emagsync.telemetry.tracing import span

log = structlog.get_logger()

# A run that takes its process down with it must not do so for ever.
MAX_ATTEMPTS: Final = 25
_REVOKE_ATTEMPTS: Final = 5


class Queued(NamedTuple):
    """The runs that were made; `busy` has the accounts that were left out, each with the run that holds it."""

    runs: tuple[Run, ...]
    busy: Mapping[str, str]
    displaced: tuple[Run, ...] = ()  # runs that gave way to them, as they were before


class SyncService:
    """Starts, executes, stops and cleans up runs. One per process; every method may be called concurrently."""

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
        self._clock = clock or SystemClock()
        self._claims = AccountClaims(database, settings, workers, self._clock)

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
        """Start a run of the account, or resume one that was interrupted, and execute it to its end.

        `stop` set: finish the pages on their way and return a run that can be resumed. Raises AccountBusy with the
        id of the run that holds the account, and SettingsError for an account that is not configured.
        """
        self._registry.get(account)
        await self._database.verify()
        origin = Origin(trigger, sync_id)

        async def acquire(connection: AsyncConnection) -> tuple[Run, RunLease]:
            await self._claims.displace(connection, account, trigger=trigger)
            run = await self._claims.take_account(connection, account, resume=parameters)
            run = run or await self._claims.insert(connection, account, parameters, origin)
            return run, await self._claims.claim(connection, run)

        run, lease = await self._claims.attempt(account, acquire)
        return await self._execute_with_resume(run, lease, on_progress, stop or asyncio.Event())

    async def queue(
        self,
        accounts: Sequence[str],
        parameters: RunParameters,
        *,
        trigger: str,
        sync_id: str,
        skip_busy: bool = False,
    ) -> Queued:
        """Make one run for each account, for an executor to execute; all of them or none.

        Raises AccountBusy when another run holds one of the accounts; with `skip_busy`, when one holds each of them.
        """

        origin = Origin(trigger, sync_id)

        async def insert(connection: AsyncConnection, account: str) -> Run:
            return await self._claims.insert(connection, account, parameters, origin)

        return await self._queue(accounts, insert, trigger=trigger, skip_busy=skip_busy)

    async def queue_retry(self, run_ids: Sequence[str], *, trigger: str, sync_id: str) -> Queued:
        """Make runs that read again only what failed of ended ones.

        Raises RunStillActive, AccountBusy, NothingToRetry when nothing failed, and AlreadyRetried when other runs have
        gone on from those that did: what is still missing is known of them alone.
        """
        retries: dict[str, tuple[Run, Retry]] = {}
        retried: dict[str, str] = {}
        async with self._database.snapshot() as connection:
            for run in await repository.runs_by_id(connection, run_ids):
                if not run.status.is_finished:
                    raise RunStillActive(run.id, run.status)
                pages = await ledger_repository.ledger(connection, run.id)
                retry = plan_retry(run, pages, is_recent=self._claims.is_recent(run))
                later = None if retry is None else await repository.successor_of(connection, run.id)
                if later is not None:
                    retried[run.id] = later
                elif retry is not None:
                    retries[run.account] = run, retry
        if not retries and retried:
            raise AlreadyRetried(*next(iter(retried.items())))
        if not retries:
            raise NothingToRetry(", ".join(run_ids))

        origin = Origin(trigger, sync_id)

        async def insert(connection: AsyncConnection, account: str) -> Run:
            run, retry = retries[account]
            return await self._claims.insert_retry(connection, run, retry, origin)

        return await self._queue(list(retries), insert, trigger=trigger, skip_busy=False)

    async def execute(
        self,
        run_id: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        stop: asyncio.Event | None = None,
    ) -> Run:
        """Claim a queued or interrupted run and execute it to its end; one that ended, or that somebody executes, is
        left alone. Returns the run's final state.

        Raises RunNotFound, RunSuperseded when another process was faster, and SettingsError for an account that is not
        configured any more.
        """
        await self._database.verify()
        async with self._database.transaction() as connection:
            run = await repository.get_run(connection, run_id)
            if run.status.is_finished or (run.status is RunStatus.RUNNING and not self._claims.is_dead(run)):
                return run
            self._registry.get(run.account)
            lease = await self._claims.claim(connection, run)
        return await self._execute_with_resume(run, lease, on_progress, stop or asyncio.Event())

    async def wait_to_resume(self, run: Run, stop: asyncio.Event) -> bool:
        """Wait until the account's requests can be counted again. False: `stop` was set meanwhile, or `run` was not
        interrupted, or so often that it must not be resumed by itself."""
        if run.status is not RunStatus.INTERRUPTED or run.attempt >= MAX_ATTEMPTS:
            return False
        available = asyncio.ensure_future(self._registry.budget(run.account).wait_until_available())
        stopped = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({available, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                return False
            await available
        finally:
            await cancelled(available, stopped)
        return True

    async def fail(self, run_id: str, error: EmagsyncError) -> Run:
        """End an active run that cannot be executed. Returns the run's final state.

        Where its account was switched off before it began, a person has stopped it, as those that had begun.
        """
        async with self._database.snapshot() as connection:
            run = await repository.get_run(connection, run_id)
        reason = RunError(code=error.code, message=str(error), at=self._clock.now())
        status = RunStatus.CANCELLED if isinstance(error, AccountIsOff) else RunStatus.FAILED
        await self._revoke([run], status, reason)
        async with self._database.snapshot() as connection:
            return await repository.get_run(connection, run_id)

    async def resumable(self, among: Collection[str] | None = None) -> list[str]:
        """The ids of the interrupted runs to resume, all or those `among` some ids.

        A run that is too old is replaced by a new one; one that was interrupted too often is failed.
        """
        async with self._database.snapshot() as connection:
            active = await repository.active_runs(connection)
        interrupted = [run for run in active if run.status is RunStatus.INTERRUPTED]
        ids = [await self._resumed(run) for run in interrupted if among is None or run.id in among]
        return [run_id for run_id in ids if run_id is not None]

    async def waiting(self) -> list[Run]:
        """The runs that wait for a worker, the oldest heartbeat first.

        Not those that a person interrupted at the command line: they are resumed when that person says so.
        """
        async with self._database.snapshot() as connection:
            active = await repository.active_runs(connection)
        interrupted = {run.id for run in active if run.status is RunStatus.INTERRUPTED and run.trigger != "cli"}
        ids = {*await self.resumable(interrupted), *(run.id for run in active if run.status is RunStatus.QUEUED)}
        async with self._database.snapshot() as connection:
            runs = await repository.runs_by_id(connection, sorted(ids))
        waiting = [run for run in runs if run.status in (RunStatus.QUEUED, RunStatus.INTERRUPTED)]
        return sorted(waiting, key=last_heartbeat)

    async def _resumed(self, run: Run) -> str | None:
        if run.attempt >= MAX_ATTEMPTS:
            message = f"The run was interrupted {run.attempt} times and is not begun again by itself."
            error = RunError(code=RunErrorCode.INTERRUPTED_TOO_OFTEN, message=message, at=self._clock.now())
            await self._revoke([run], RunStatus.FAILED, error)
            return None
        if self._claims.is_recent(run):
            return run.id
        try:
            queued = await self.queue([run.account], run.parameters, trigger=run.trigger, sync_id=run.sync_id)
        except AccountBusy:
            return None
        return queued.runs[0].id

    async def recover(self) -> list[Run]:
        """Mark the runs whose holders are dead as interrupted, so that they can be resumed. Returns them."""
        async with self._database.snapshot() as connection:
            dead = [run for run in await repository.active_runs(connection) if self._claims.is_dead(run)]
        return await self._revoke(dead, RunStatus.INTERRUPTED, None)

    async def cleanup(self, *, older_than_seconds: float) -> list[Run]:
        """Fail the runs that were started that long ago, whether somebody executes them or not. Returns them as they
        were before. Who executes one writes nothing more for it."""
        now = self._clock.now()
        oldest = now - timedelta(seconds=older_than_seconds)
        async with self._database.snapshot() as connection:
            stuck = [run for run in await repository.active_runs(connection) if started_at(run) <= oldest]
        message = f"The run had been running for more than {older_than_seconds:.0f} s and was cleaned up. Sync again."
        return await self._revoke(stuck, RunStatus.FAILED, RunError(code=RunErrorCode.STUCK, message=message, at=now))

    async def cancel(self, run_id: str) -> Run:
        """Stop a run for good: its holder writes nothing more. Raises RunNotFound and RunNotActive."""
        for _ in range(_REVOKE_ATTEMPTS):
            async with self._database.transaction() as connection:
                run = await repository.get_run(connection, run_id)
                if run.status.is_finished:
                    raise RunNotActive(run_id, run.status)
                if await lease_repository.revoke(connection, run, RunStatus.CANCELLED, now=self._clock.now()):
                    break
        async with self._database.snapshot() as connection:
            return await repository.get_run(connection, run_id)

    async def _revoke(self, runs: Sequence[Run], status: RunStatus, error: RunError | None) -> list[Run]:
        taken: list[Run] = []
        for run in runs:
            async with self._database.transaction() as connection:
                if await lease_repository.revoke(connection, run, status, now=self._clock.now(), error=error):
                    taken.append(run)
        return taken

    async def _queue(
        self,
        accounts: Sequence[str],
        insert: Callable[[AsyncConnection, str], Awaitable[Run]],
        *,
        trigger: str,
        skip_busy: bool,
    ) -> Queued:
        await self._database.verify()

        async def work(connection: AsyncConnection) -> Queued:
            busy: dict[str, str] = {}
            displaced: list[Run] = []
            for account in accounts:
                gave_way = await self._claims.displace(connection, account, trigger=trigger)
                if gave_way is not None:
                    displaced.append(gave_way)
                try:
                    await self._claims.take_account(connection, account)
                except AccountBusy as error:
                    busy[account] = error.run_id
            if busy and (not skip_busy or len(busy) == len(accounts)):
                raise AccountBusy(*next(iter(busy.items())), busy)
            runs = [await insert(connection, account) for account in accounts if account not in busy]
            return Queued(tuple(runs), busy, tuple(displaced))

        return await self._claims.attempt(accounts[0], work)

    async def _execute_with_resume(
        self, run: Run, lease: RunLease, on_progress: Callable[[Progress], None] | None, stop: asyncio.Event
    ) -> Run:
        """Execute the run, also beyond a restart of the database server, which interrupts it."""
        while True:
            ended, is_broken_off = await self._execute_attempt(run, lease, on_progress, stop)
            if not is_broken_off or ended.status is not RunStatus.INTERRUPTED or ended.attempt >= MAX_ATTEMPTS:
                return ended
            try:
                async with self._database.transaction() as connection:
                    run = await repository.get_run(connection, run.id)
                    lease = await self._claims.claim(connection, run)
            except RunSuperseded:
                # Somebody else has resumed it already.
                return ended

    async def _execute_attempt(
        self, run: Run, lease: RunLease, on_progress: Callable[[Progress], None] | None, stop: asyncio.Event
    ) -> tuple[Run, bool]:
        """One attempt. Returns the run's state after it, and whether it was interrupted though nobody wanted that."""
        is_broken_off = False
        attempt = run.attempt + 1
        with (
            structlog.contextvars.bound_contextvars(run_id=run.id, account=run.account),
            span("run", account=run.account, run_id=run.id, mode=run.mode, attempt=attempt),
            closing(RunProgress.of(run, self._clock.monotonic())) as progress,
        ):
            log.info("run_started", mode=run.mode, attempt=attempt, resumed_from=run.resumed_from)
            async with self._registry.client(run.account, on_call=progress.call) as client:
                engine = RunEngine(
                    database=self._database,
                    client=client,
                    lease=lease,
                    run=run,
                    progress=progress,
                    settings=self._settings.sync,
                    clock=self._clock,
                    stop=stop,
                    edits=self._settings.edits,
                    on_progress=on_progress,
                )
                try:
                    ending = await engine.execute()
                    is_interrupted = ending.status is RunStatus.INTERRUPTED and not stop.is_set()
                    is_broken_off = is_interrupted and not ending.awaits_budget
                except RunSuperseded:
                    log.info("run_superseded")
                    # What it stored is there to be found, whoever revoked its lease.
                    await search.catch_up(self._database)
            async with self._database.snapshot() as connection:
                ended = await repository.get_run(connection, run.id)
            log.info("run_ended", status=ended.status, processed=ended.processed, errors=ended.error_count)
            # It came with the run's first rows: imported before, it would hold up the first requests.
            from emagsync.sync.brake_check import check_brake_after

            await check_brake_after(
                ended,
                database=self._database,
                registry=self._registry,
                settings=self._settings.edits,
                clock=self._clock,
            )
            return ended, is_broken_off
