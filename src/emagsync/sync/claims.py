"""Decides whose an account is, and makes and claims its runs.

An account has at most one active run: queued, running or interrupted. A partial unique index says so, not this code,
and a claim is a compare-and-set on the run's fence. So of several processes that want an account at the same moment one
succeeds; the others meet ConstraintViolated or RunSuperseded, and look again.

An active run gives its account away in two cases: it is interrupted, or its holder is dead. It is then either resumed
or abandoned for a new run, which inherits its pages where it would read the same ones. A run that only keeps offers
fresh gives way to any other (`displace`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.sync import dry_run_repository, lease_repository, ledger_repository, repository
from emagsync.sync.errors import AccountBusy, RunSuperseded
from emagsync.sync.lease_repository import RunLease
from emagsync.sync.process_lock import Workers
from emagsync.sync.retry_plan import Retry
from emagsync.sync.run import evidence_repository
from emagsync.sync.run.progress import RunProgress
from emagsync.sync.run_factory import FRESHNESS, Origin, last_heartbeat, new_run
from emagsync.sync.schemas import Run, RunError, RunErrorCode, RunParameters, RunStatus

T = TypeVar("T")

_ATTEMPTS: Final = 5
_GAVE_WAY: Final = "The run, which kept offers fresh, gave way to another one that was asked for."
_ABANDONED: Final = "The run was interrupted, and another one was started instead."
# A run that failed by one of these left pages that need not be read again.
_ENDED_EARLY: Final = frozenset(
    {RunErrorCode.TIMEOUT, RunErrorCode.PAGES_UNREAD, RunErrorCode.INTERRUPTED, RunErrorCode.ACCOUNT_DOWN}
)


class AccountClaims:
    """Takes accounts and claims runs for one process, in transactions of its callers."""

    def __init__(self, database: Database, settings: Settings, workers: Workers, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._workers = workers
        self._clock = clock

    async def attempt(self, account: str, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Do `work` in one transaction, and again when another process was faster. Raises what `work` raises, and
        AccountBusy, with the run that holds `account`, when others were faster every time."""
        for _ in range(_ATTEMPTS):
            try:
                async with self._database.transaction() as connection:
                    return await work(connection)
            except (ConstraintViolated, RunSuperseded):
                continue
        async with self._database.snapshot() as connection:
            holder = await repository.holder_of(connection, account)
        raise AccountBusy(account, holder.id if holder else "unknown")

    async def displace(self, connection: AsyncConnection, account: str, *, trigger: str) -> Run | None:
        """End the account's active run if it only keeps offers fresh and somebody else wants the account.

        Returns that run, as it was; None where there is none that gives way. Raises RunSuperseded when another process
        was faster.
        """
        holder = await repository.holder_of(connection, account)
        if holder is None or holder.trigger != FRESHNESS or trigger == FRESHNESS:
            return None
        now = self._clock.now()
        error = RunError(code=RunErrorCode.INTERRUPTED, message=_GAVE_WAY, at=now)
        if not await lease_repository.revoke(connection, holder, RunStatus.CANCELLED, now=now, error=error):
            raise RunSuperseded(f"Run {holder.id} was claimed by another process.")
        return holder

    async def take_account(
        self, connection: AsyncConnection, account: str, *, resume: RunParameters | None = None
    ) -> Run | None:
        """Take the account from a run that gives it away.

        Returns that run if it is to be resumed: it read what `resume` asks for, not long ago. Else it is abandoned, and
        None says that the account is free for a new run. Raises AccountBusy when a live run holds the account, and
        RunSuperseded when another process was faster.
        """
        holder = await repository.holder_of(connection, account)
        if holder is None:
            return None
        if holder.status is not RunStatus.INTERRUPTED and not self.is_dead(holder):
            raise AccountBusy(account, holder.id)
        if resume is not None and self._reads_the_same(holder, resume):
            # As it was begun, but with the time that is allowed now.
            return holder.model_copy(update={"parameters": resume})
        await self._abandon(connection, holder)
        return None

    async def insert(self, connection: AsyncConnection, account: str, parameters: RunParameters, origin: Origin) -> Run:
        """Make a queued run, with the pages of the account's newest run where that one left off early. Raises
        ConstraintViolated when the account has an active run."""
        newest = await repository.newest_run(connection, account)
        resumed = newest if newest is not None and self._left_pages(newest, parameters) else None
        run = new_run(account, parameters, origin, now=self._clock.now(), resumed=resumed)
        run = run.model_copy(update={"worker": self._workers.name})
        await repository.insert_run(connection, run)
        if resumed is not None:
            await ledger_repository.inherit_ledger(connection, old=resumed.id, new=run.id)
            await dry_run_repository.inherit(connection, old=resumed.id, new=run.id)
            await evidence_repository.inherit(connection, old=resumed.id, new=run.id)
        return run

    async def insert_retry(self, connection: AsyncConnection, before: Run, retry: Retry, origin: Origin) -> Run:
        """Make a queued run that reads again what failed of the run `before`. It counts what it reads itself."""
        run = new_run(before.account, retry.parameters, origin, now=self._clock.now(), resumed=None)
        # The pages that it starts from are of a certain reading of the list, which it goes on with.
        passes = before.passes if retry.pages else 0
        changes = {"passes": passes, "resumed_from": before.id, "worker": self._workers.name}
        run = run.model_copy(update=changes)
        await repository.insert_run(connection, run)
        await ledger_repository.write_ledger(connection, run.id, retry.pages)
        if retry.pages:
            await dry_run_repository.inherit(connection, old=before.id, new=run.id)
            await evidence_repository.inherit(connection, old=before.id, new=run.id)
        return run

    async def claim(self, connection: AsyncConnection, run: Run) -> RunLease:
        """Claim a run as it was seen. Raises RunSuperseded when another process was faster."""
        progress = RunProgress.of(run, 0.0)
        keep = progress.error_columns()
        return await lease_repository.claim(
            connection, run, worker=self._workers.name, now=self._clock.now(), keep=keep
        )

    def is_dead(self, run: Run) -> bool:
        """Whether nobody executes an active run any more: its process is gone, or it has been silent for too long."""
        if run.status is RunStatus.INTERRUPTED:
            return False
        if run.status is RunStatus.QUEUED and self._settings.executor == "celery":
            # It waits for whichever worker comes first, however long, and not for the process that made it.
            return False
        if run.worker is not None and self._workers.is_alive(run.worker) is False:
            return True
        silence = self._clock.now() - last_heartbeat(run)
        return silence > timedelta(seconds=self._settings.sync.stale_after_seconds)

    def is_recent(self, run: Run) -> bool:
        """Whether the pages that the run stored are young enough to be believed."""
        return self._clock.now() - last_heartbeat(run) <= timedelta(seconds=self._settings.sync.resume_within_seconds)

    async def _abandon(self, connection: AsyncConnection, run: Run) -> None:
        now = self._clock.now()
        error = RunError(code=RunErrorCode.INTERRUPTED, message=_ABANDONED, at=now)
        if not await lease_repository.revoke(connection, run, RunStatus.FAILED, now=now, error=error):
            raise RunSuperseded(f"Run {run.id} was claimed by another process.")

    def _reads_the_same(self, run: Run, parameters: RunParameters) -> bool:
        """Whether going on from the run's pages gives what `parameters` ask for."""
        asked = parameters.model_copy(update={"timeout_seconds": run.parameters.timeout_seconds})
        return asked == run.parameters and self.is_recent(run)

    def _left_pages(self, run: Run, parameters: RunParameters) -> bool:
        """Whether the run ended early, with pages stored that a new one with `parameters` need not read again."""
        ended_early = run.status is RunStatus.FAILED and any(error.code in _ENDED_EARLY for error in run.errors)
        return ended_early and self._reads_the_same(run, parameters)
