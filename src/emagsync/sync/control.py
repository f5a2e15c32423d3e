"""Starts, stops, retries and cleans up runs for people and schedules, whichever executor executes them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog

from emagsync.accounts.errors import NoAccounts
from emagsync.accounts.registry import AccountRegistry
from emagsync.core.clock import Clock
from emagsync.core.errors import SettingsError
from emagsync.db.engine import Database
from emagsync.sync import repository
from emagsync.sync.dispatch.inline_executor import Executor
from emagsync.sync.errors import RunNotActive, RunNotFound
from emagsync.sync.schemas import Run, RunParameters
from emagsync.sync.service import Queued, SyncService

log = structlog.get_logger()

T = TypeVar("T")

BOTH: Final = ("main", "fbe")
_LOOK_SECONDS: Final = 0.15
# An account has one active run: it is among its newest.
_LATEST: Final = 20


@dataclass(frozen=True)
class Started:
    """The runs that were made; `unusable` are accounts without proper credentials, `busy` those with an active run."""

    sync_id: str
    runs: tuple[Run, ...]
    busy: dict[str, str]
    unusable: dict[str, str]


class RunControl:
    """Starts and stops runs. What it has begun is finished even if its caller is cancelled."""

    def __init__(
        self,
        *,
        service: SyncService,
        executor: Executor,
        registry: AccountRegistry,
        database: Database,
        clock: Clock,
        on_change: Callable[[Run], None] = lambda run: None,
    ) -> None:
        self._service = service
        self._executor = executor
        self._registry = registry
        self._database = database
        self._clock = clock
        self._on_change = on_change
        self._work: set[asyncio.Task[Any]] = set()

    def accounts_of(self, account: str) -> tuple[str, ...]:
        """`both` are main and fbe, `all` every configured account. Raises SettingsError when there is none."""
        if account == "both":
            return BOTH
        if account != "all":
            return (account,)
        if not self._registry.names:
            raise NoAccounts
        return self._registry.names

    async def start(self, account: str, parameters: RunParameters, *, trigger: str, skip_busy: bool = False) -> Started:
        """Make a run for each account and have them executed.

        An account without proper credentials does not keep the others from being synced; it is in `unusable`. Raises
        SettingsError when no account is usable, and AccountBusy.
        """
        names = self.accounts_of(account)
        unusable = self._unusable(names)
        usable = [name for name in names if name not in unusable]
        if not usable:
            raise SettingsError(" ".join(unusable.values()))
        sync_id = str(uuid.uuid4())
        queued = await self._uninterrupted(
            self._submit(self._service.queue(usable, parameters, trigger=trigger, sync_id=sync_id, skip_busy=skip_busy))
        )
        return Started(sync_id, queued.runs, dict(queued.busy), unusable)

    async def retry(self, any_id: str, *, trigger: str) -> Started:
        """Read again only what failed of a run or of all runs of a sync.

        Raises RunNotFound, RunStillActive, NothingToRetry, AlreadyRetried and AccountBusy.
        """
        runs = await self.find(any_id)
        sync_id = str(uuid.uuid4())
        ids = [run.id for run in runs]
        queued = await self._uninterrupted(
            self._submit(self._service.queue_retry(ids, trigger=trigger, sync_id=sync_id))
        )
        return Started(sync_id, queued.runs, {}, {})

    async def stop(self, any_id: str) -> list[Run]:
        """Stop a run, or all runs of a sync, for good. Raises RunNotFound, and RunNotActive when all have ended."""
        runs = await self.find(any_id)
        active = [run for run in runs if not run.status.is_finished]
        if not active:
            raise RunNotActive(any_id, runs[0].status)
        return await self._uninterrupted(self._stop_all([run.id for run in active], any_id))

    async def stop_account(self, account: str) -> None:
        """Stop the run of an account, if there is one, for good."""
        async with self._database.snapshot() as connection:
            runs = await repository.runs(connection, account=account, limit=_LATEST)
        active = [run.id for run in runs if not run.status.is_finished]
        if active:
            with suppress(RunNotActive):  # it has ended meanwhile
                await self._uninterrupted(self._stop_all(active, active[0]))

    async def clean_up(self, *, older_than_seconds: float) -> list[Run]:
        """Fail the runs that were started longer ago than that, alive or not, and stop them."""
        return await self._uninterrupted(self._clean_up(older_than_seconds))

    async def resume(self, *, all_interrupted: bool) -> list[str]:
        """Resume orphaned runs, and at start-up every interrupted one. Returns the ids."""
        dead = {run.id for run in await self._service.recover()}
        ids = await self._service.resumable(None if all_interrupted else dead)
        for run_id in ids:
            log.info("run_resumed", run_id=run_id)
            self._executor.submit(run_id)
        return ids

    async def find(self, any_id: str) -> list[Run]:
        """The run of that id, or the runs of the sync of that id, oldest first. Raises RunNotFound."""
        async with self._database.snapshot() as connection:
            runs = await repository.runs_by_id(connection, [any_id])
            if not runs:
                runs = (await repository.runs(connection, sync_id=any_id, limit=100))[::-1]
        if not runs:
            raise RunNotFound(any_id)
        return runs

    async def ended(self, run_ids: Sequence[str], *, stopping: asyncio.Event) -> list[Run]:
        """Wait until the runs have ended, whoever executes them; or until `stopping`, with some still active."""
        while True:
            async with self._database.snapshot() as connection:
                runs = await repository.runs_by_id(connection, run_ids)
            if stopping.is_set() or all(run.status.is_finished for run in runs):
                return runs
            await self._clock.sleep(_LOOK_SECONDS)

    async def aclose(self) -> None:
        """Wait until what was begun is finished."""
        while self._work:
            await asyncio.gather(*self._work, return_exceptions=True)

    def _unusable(self, names: Sequence[str]) -> dict[str, str]:
        unusable: dict[str, str] = {}
        for name in names:
            try:
                self._registry.get(name)
            except SettingsError as error:
                unusable[name] = str(error)
        return unusable

    async def _submit(self, queueing: Coroutine[Any, Any, Queued]) -> Queued:
        queued = await queueing
        await self._announce_ended([run.id for run in queued.displaced])
        for run in queued.runs:
            self._on_change(run)
            self._executor.submit(run.id)
        return queued

    async def _stop_all(self, run_ids: Sequence[str], any_id: str) -> list[Run]:
        stopped: list[Run] = []
        refused: RunNotActive | None = None
        for run_id in run_ids:
            try:
                run = await self._service.cancel(run_id)
            except RunNotActive as error:
                # It ended just now.
                refused = error
                continue
            stopped.append(run)
            self._announce_and_stop(run)
        if not stopped and refused is not None:
            raise refused
        return stopped

    async def _clean_up(self, older_than_seconds: float) -> list[Run]:
        cleaned = await self._service.cleanup(older_than_seconds=older_than_seconds)
        return await self._announce_ended([run.id for run in cleaned])

    async def _announce_ended(self, run_ids: Sequence[str]) -> list[Run]:
        """Runs whose lease was revoked, as they are now: say so, and stop them where this process executes them."""
        if not run_ids:
            return []
        async with self._database.snapshot() as connection:
            runs = await repository.runs_by_id(connection, run_ids)
        for run in runs:
            self._announce_and_stop(run)
        return runs

    def _announce_and_stop(self, run: Run) -> None:
        self._on_change(run)
        self._executor.stop(run.id)

    async def _uninterrupted(self, work: Coroutine[Any, Any, T]) -> T:
        """Do all of `work`, even if the caller is cancelled half-way, as one whose client has gone may be."""
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return await asyncio.shield(task)
