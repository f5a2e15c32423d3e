"""The rules of runs: who may start one, whose it is, how it is taken over, stopped and cleaned up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import structlog

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.concurrency import cancelled
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.edits.merge.strategy import rules_of
from emagsync.offers import search
from emagsync.sync import dry_run_repository, repository
from emagsync.sync.brake_check import brake_after
from emagsync.sync.errors import AccountBusy, NothingToRetry, RunNotActive, RunStillActive, RunSuperseded
from emagsync.sync.process_lock import Workers
from emagsync.sync.repository import RunLease
from emagsync.sync.retry_plan import Retry, plan_retry
from emagsync.sync.run.engine import PAGES_UNREAD, TIMEOUT, RunEngine
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run_factory import began, last_heartbeat, new_run
from emagsync.sync.schemas import Progress, Run, RunError, RunParameters, RunStatus
from emagsync.telemetry.tracing import span

log = structlog.get_logger()

STUCK = "stuck"
INTERRUPTED = "interrupted"
# A run that takes its process down with it must not do so for ever.
MAX_ATTEMPTS = 25
_CLAIM_ATTEMPTS = 5


class Queued(NamedTuple):
    """The runs that were made, and of the accounts that were left out the ids of the runs that hold them."""

    runs: tuple[Run, ...]
    busy: Mapping[str, str]


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
        run, lease = await self._acquire(account, parameters, trigger=trigger, sync_id=sync_id)
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
        """Make one run for each account, for an executor to carry out; all of them or none.

        Raises AccountBusy when another run holds one of the accounts; with `skip_busy`, when one holds each of them.
        """

        async def insert(connection: Any, account: str) -> Run:
            return await self._insert(connection, account, parameters, trigger=trigger, sync_id=sync_id)

        return await self._queue(accounts, insert, skip_busy=skip_busy)

    async def queue_retry(self, run_ids: Sequence[str], *, trigger: str, sync_id: str) -> Queued:
        """Make runs that read again only what failed of ended ones.

        Raises RunStillActive, AccountBusy, and NothingToRetry when nothing failed.
        """
        retries: dict[str, tuple[Run, Retry]] = {}
        async with self._database.snapshot() as connection:
            for run in await repository.runs_by_id(connection, run_ids):
                if not run.status.is_finished:
                    raise RunStillActive(run.id, run.status)
                pages = await repository.ledger(connection, run.id)
                retry = plan_retry(run, pages, is_recent=self._is_recent(run))
                if retry is not None:
                    retries[run.account] = run, retry
        if not retries:
            raise NothingToRetry(", ".join(run_ids))

        async def insert(connection: Any, account: str) -> Run:
            run, retry = retries[account]
            return await self._insert_retry(connection, run, retry, trigger=trigger, sync_id=sync_id)

        return await self._queue(list(retries), insert, skip_busy=False)

    async def execute(
        self,
        run_id: str,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        stop: asyncio.Event | None = None,
    ) -> Run:
        """Claim a queued or interrupted run and carry it to its end; leave alone one that ended or that is carried.

        Raises RunNotFound, RunSuperseded when another process was faster, and SettingsError for an account that is not
        configured any more.
        """
        async with self._database.transaction() as connection:
            run = await repository.get_run(connection, run_id)
            if run.status.is_finished or (run.status is RunStatus.RUNNING and not self._is_dead(run)):
                return run
            self._registry.get(run.account)
            lease = await self._claim(connection, run)
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
        """End an active run that cannot be carried out. Returns it as it is then."""
        async with self._database.snapshot() as connection:
            run = await repository.get_run(connection, run_id)
        reason = RunError(code=error.code, message=str(error), at=self._clock.now())
        await self._take_away([run], RunStatus.FAILED, reason)
        async with self._database.snapshot() as connection:
            return await repository.get_run(connection, run_id)

    async def resumable(self, among: Collection[str] | None = None) -> list[str]:
        """The ids of the interrupted runs to go on with, all or those `among` some ids. One that is too old is replaced
        by a run that begins anew; one that was begun too often is failed."""
        async with self._database.snapshot() as connection:
            active = await repository.active_runs(connection)
        interrupted = [run for run in active if run.status is RunStatus.INTERRUPTED]
        ids = [await self._resumed(run) for run in interrupted if among is None or run.id in among]
        return [run_id for run_id in ids if run_id is not None]

    async def waiting(self) -> list[Run]:
        """The runs that wait for a worker, the oldest sign of life first.

        Not those that a person interrupted at the command line: they go on when that person says so.
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
            error = RunError(code="interrupted_too_often", message=message, at=self._clock.now())
            await self._take_away([run], RunStatus.FAILED, error)
            return None
        if self._is_recent(run):
            return run.id
        try:
            queued = await self.queue([run.account], run.parameters, trigger=run.trigger, sync_id=run.sync_id)
        except AccountBusy:
            return None
        return queued.runs[0].id

    async def recover(self) -> list[Run]:
        """Mark the runs whose holders are dead as interrupted, so that they can be resumed. Returns them."""
        async with self._database.snapshot() as connection:
            dead = [run for run in await repository.active_runs(connection) if self._is_dead(run)]
        return await self._take_away(dead, RunStatus.INTERRUPTED, None)

    async def cleanup(self, *, older_than_seconds: float, also_alive: bool = False) -> list[Run]:
        """Fail the runs that gave no sign of life for that long; `also_alive`: those that have been at it for that
        long, whatever signs they give. Returns them as they were."""
        now = self._clock.now()
        oldest = now - timedelta(seconds=older_than_seconds)
        age = began if also_alive else last_heartbeat
        async with self._database.snapshot() as connection:
            stuck = [run for run in await repository.active_runs(connection) if age(run) <= oldest]
        what = "had been going for" if also_alive else "gave no sign of life for"
        message = f"The run {what} more than {older_than_seconds:.0f} s and was cleaned up. Sync again."
        return await self._take_away(stuck, RunStatus.FAILED, RunError(code=STUCK, message=message, at=now))

    async def cancel(self, run_id: str) -> Run:
        """Stop a run for good: its holder writes nothing more. Raises RunNotFound and RunNotActive."""
        for _ in range(_CLAIM_ATTEMPTS):
            async with self._database.transaction() as connection:
                run = await repository.get_run(connection, run_id)
                if run.status.is_finished:
                    raise RunNotActive(run_id, run.status)
                if await repository.take_away(connection, run, RunStatus.CANCELLED, now=self._clock.now()):
                    break
        async with self._database.snapshot() as connection:
            return await repository.get_run(connection, run_id)

    async def _take_away(self, runs: Sequence[Run], status: RunStatus, error: RunError | None) -> list[Run]:
        taken: list[Run] = []
        for run in runs:
            async with self._database.transaction() as connection:
                if await repository.take_away(connection, run, status, now=self._clock.now(), error=error):
                    taken.append(run)
        return taken

    async def _queue(
        self, accounts: Sequence[str], insert: Callable[[Any, str], Awaitable[Run]], *, skip_busy: bool
    ) -> Queued:
        for _ in range(_CLAIM_ATTEMPTS):
            try:
                async with self._database.transaction() as connection:
                    busy = {account: await self._holder_alive(connection, account) for account in accounts}
                    holders = {account: run.id for account, run in busy.items() if run is not None}
                    if holders and (not skip_busy or len(holders) == len(accounts)):
                        raise AccountBusy(*next(iter(holders.items())), holders)
                    runs = [await insert(connection, account) for account in accounts if account not in holders]
                    return Queued(tuple(runs), holders)
            except (ConstraintViolated, RunSuperseded):
                # Another process was faster; look again who holds the accounts now.
                continue
        raise AccountBusy(accounts[0], "unknown")

    async def _holder_alive(self, connection: Any, account: str) -> Run | None:
        """The run that holds the account. One that nobody carries any more gives way, and its pages are used."""
        holder = await repository.holder_of(connection, account)
        if holder is None or not (holder.status is RunStatus.INTERRUPTED or self._is_dead(holder)):
            return holder
        await self._give_up(connection, holder)
        return None

    async def _acquire(
        self, account: str, parameters: RunParameters, *, trigger: str, sync_id: str
    ) -> tuple[Run, RunLease]:
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
                        # As it was begun, but with the time that is allowed now.
                        run = holder.model_copy(update={"parameters": parameters})
                    return run, await self._claim(connection, run)
            except (ConstraintViolated, RunSuperseded):
                # Another process was faster; look again who holds the account now.
                continue
        async with self._database.snapshot() as connection:
            holder = await repository.holder_of(connection, account)
        raise AccountBusy(account, holder.id if holder else "unknown")

    def _may_go_on(self, run: Run, parameters: RunParameters) -> bool:
        """Whether resuming `run` gives what is asked for now."""
        asked = parameters.model_copy(update={"timeout_seconds": run.parameters.timeout_seconds})
        return asked == run.parameters and self._is_recent(run)

    def _is_recent(self, run: Run) -> bool:
        return self._clock.now() - last_heartbeat(run) <= timedelta(seconds=self._settings.sync.resume_within_seconds)

    async def _give_up(self, connection: Any, run: Run) -> None:
        now = self._clock.now()
        error = RunError(
            code=INTERRUPTED, message="The run was interrupted, and another one was started instead.", at=now
        )
        if not await repository.take_away(connection, run, RunStatus.FAILED, now=now, error=error):
            raise RunSuperseded(f"Run {run.id} was claimed by another process.")

    async def _insert(
        self, connection: Any, account: str, parameters: RunParameters, *, trigger: str, sync_id: str
    ) -> Run:
        before = await repository.newest_run(connection, account)
        resumed = before if before is not None and self._left_pages(before, parameters) else None
        run = new_run(account, parameters, trigger=trigger, sync_id=sync_id, now=self._clock.now(), resumed=resumed)
        run = run.model_copy(update={"worker": self._workers.name})
        await repository.insert_run(connection, run)
        if resumed is not None:
            await repository.inherit_ledger(connection, old=resumed.id, new=run.id)
            await dry_run_repository.inherit(connection, old=resumed.id, new=run.id)
        return run

    async def _insert_retry(self, connection: Any, before: Run, retry: Retry, *, trigger: str, sync_id: str) -> Run:
        resumed = before if retry.pages else None
        now = self._clock.now()
        run = new_run(before.account, retry.parameters, trigger=trigger, sync_id=sync_id, now=now, resumed=resumed)
        # Its rejected rows are read again.
        inherited = None if run.inherited is None else {**run.inherited, "failed": 0}
        changes = {"failed": 0, "inherited": inherited, "resumed_from": before.id, "worker": self._workers.name}
        run = run.model_copy(update=changes)
        await repository.insert_run(connection, run)
        await repository.write_ledger(connection, run.id, retry.pages)
        if retry.pages:
            await dry_run_repository.inherit(connection, old=before.id, new=run.id)
        return run

    def _left_pages(self, run: Run, parameters: RunParameters) -> bool:
        """Whether the run ended early, with pages stored that a new one with `parameters` need not read again."""
        early = run.status is RunStatus.FAILED and any(
            error.code in (TIMEOUT, PAGES_UNREAD, INTERRUPTED, "account_down") for error in run.errors
        )
        return early and self._may_go_on(run, parameters)

    async def _claim(self, connection: Any, run: Run) -> RunLease:
        progress = RunProgress.of(run, 0.0)
        keep = {"errors": repository.errors_text(progress.errors), "error_count": progress.error_count}
        return await repository.claim(connection, run, worker=self._workers.name, now=self._clock.now(), keep=keep)

    def _is_dead(self, run: Run) -> bool:
        """Whether nobody carries the run: its process is gone, or it has been silent for too long."""
        if run.status is RunStatus.INTERRUPTED:
            return False
        if run.status is RunStatus.QUEUED and self._settings.executor == "celery":
            # It waits for whichever worker comes first, however long, and not for the process that made it.
            return False
        if run.worker is not None and self._workers.is_alive(run.worker) is False:
            return True
        silence = self._clock.now() - last_heartbeat(run)
        return silence > timedelta(seconds=self._settings.sync.stale_after_seconds)

    async def _execute_with_resume(
        self, run: Run, lease: RunLease, on_progress: Callable[[Progress], None] | None, stop: asyncio.Event
    ) -> Run:
        """Carry the run, also beyond a restart of the database server, which interrupts it."""
        while True:
            ended, is_broken_off = await self._carry(run, lease, on_progress, stop)
            if not is_broken_off or ended.status is not RunStatus.INTERRUPTED or ended.attempt >= MAX_ATTEMPTS:
                return ended
            try:
                async with self._database.transaction() as connection:
                    run = await repository.get_run(connection, run.id)
                    lease = await self._claim(connection, run)
            except RunSuperseded:
                # Somebody else goes on with it already.
                return ended

    async def _carry(
        self, run: Run, lease: RunLease, on_progress: Callable[[Progress], None] | None, stop: asyncio.Event
    ) -> tuple[Run, bool]:
        """One attempt. Returns the run as it is then, and whether it was interrupted though nobody wanted that."""
        is_broken_off = False
        attempt = run.attempt + 1
        with (
            structlog.contextvars.bound_contextvars(run_id=run.id, account=run.account),
            span("run", account=run.account, run_id=run.id, mode=run.mode, attempt=attempt),
        ):
            log.info("run_started", mode=run.mode, attempt=attempt, resumed_from=run.resumed_from)
            progress = RunProgress.of(run, self._clock.monotonic())
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
                    on_progress=on_progress,
                    rules=rules_of(self._settings.edits, run.account, run.parameters.conflict_strategy),
                )
                try:
                    ending = await engine.execute()
                    is_interrupted = ending.status is RunStatus.INTERRUPTED and not stop.is_set()
                    is_broken_off = is_interrupted and not ending.awaits_budget
                except RunSuperseded:
                    log.info("run_superseded")
                    # What it stored is there to be found, whoever took the run away.
                    await search.catch_up(self._database)
            async with self._database.snapshot() as connection:
                ended = await repository.get_run(connection, run.id)
            log.info("run_ended", status=ended.status, processed=ended.processed, errors=ended.error_count)
            await brake_after(
                ended,
                database=self._database,
                registry=self._registry,
                settings=self._settings.edits,
                clock=self._clock,
            )
            return ended, is_broken_off
