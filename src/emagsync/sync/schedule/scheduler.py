"""Runs recurring jobs when they are due. Any number of schedulers may run: a job is claimed by moving its due time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import structlog

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import ScheduleSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.sync.errors import AccountBusy, BrokerAway, SyncError
from emagsync.sync.schedule import repository
from emagsync.sync.schedule.jobs import BUSY_SECONDS, SHORTEST_SECONDS, Job, JobKind, next_time, planned_jobs
from emagsync.sync.schedule.repository import Due

log = structlog.get_logger()

# At most this long until a changed schedule is noticed.
LOOK_SECONDS: Final = 5.0
# The loop is not well when it has not looked for this long.
SICK_AFTER_SECONDS: Final = 60.0
_LONGEST_MESSAGE = 500


class Done(NamedTuple):
    """What came of a job, and when it is to be done next if that is before its interval is over."""

    message: str
    next_run_at: datetime | None = None


# Does a job for an account and returns a line about it; None: somebody else does it, and will note the result.
Action = Callable[[str | None], Awaitable[str | Done | None]]


class ScheduleNotFound(SyncError):
    """There is no such job."""

    code = "schedule_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no schedule {name!r}.")


class Scheduled(NamedTuple):
    """A job with its row: the settings in force, and the last result."""

    job: Job
    row: Due

    @property
    def enabled(self) -> bool:
        """As a person changed it, else as the settings say."""
        return self.job.enabled if self.row.enabled is None else self.row.enabled

    @property
    def interval_seconds(self) -> int:
        """As a person changed it, else as the settings say."""
        return self.row.interval_seconds or self.job.interval_seconds


class Scheduler:
    """The jobs of one application. `actions` do them: each gets the account and returns one line about it."""

    def __init__(
        self,
        *,
        database: Database,
        settings: ScheduleSettings,
        accounts: Callable[[], tuple[str, ...]],
        actions: Mapping[JobKind, Action],
        clock: Clock,
        rng: random.Random | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._accounts = accounts
        self._actions = actions
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - spreads load, hides nothing
        self._looked_at: float | None = None
        self._doing: set[asyncio.Task[None]] = set()

    @property
    def is_well(self) -> bool:
        """Whether its loop has looked at the rows lately."""
        return self._looked_at is not None and self._clock.monotonic() - self._looked_at < SICK_AFTER_SECONDS

    async def run(self) -> None:
        """Run due jobs for as long as the application runs. A slow job does not delay the others."""
        try:
            while True:
                try:
                    for scheduled in await self.claim_due():
                        self._spawn(scheduled)
                    self._looked_at = self._clock.monotonic()
                except DatabaseError as error:
                    log.warning("schedule_not_read", error=str(error))
                await self._clock.sleep(LOOK_SECONDS)
        finally:
            await cancelled(*self._doing)

    async def do_due(self) -> list[str]:
        """Run the jobs that are due now and wait for their end. Returns their names."""
        claimed = await self.claim_due()
        await asyncio.gather(*(self._do(scheduled) for scheduled in claimed))
        return [scheduled.job.name for scheduled in claimed]

    async def do(self, name: str) -> None:
        """Run that job now, due or not, and note its result. Raises ScheduleNotFound."""
        await self._do(await self.find(name))

    async def claim_due(self) -> list[Scheduled]:
        """The jobs that are due now and that no other scheduler has taken. A missed one is due once, however late."""
        if not self._settings.enabled:
            return []
        now = self._clock.now()
        due = [one for one in await self.all() if one.enabled and one.row.next_run_at <= now]
        return [one for one in due if await self._claim(one)]

    async def all(self) -> list[Scheduled]:
        """Every job; the rows that are missing are made, first due after one interval."""
        jobs = planned_jobs(self._settings, self._accounts())
        names = [job.name for job in jobs]
        async with self._database.snapshot() as connection:
            rows = await repository.rows(connection, names)
        missing = [job for job in jobs if job.name not in rows]
        if missing:
            async with self._database.transaction() as connection:
                await repository.ensure(connection, [(job, self._next(job.interval_seconds)) for job in missing])
                rows = await repository.rows(connection, names)
        return [Scheduled(job, rows[job.name]) for job in jobs]

    async def find(self, name: str) -> Scheduled:
        """That job. Raises ScheduleNotFound."""
        for scheduled in await self.all():
            if scheduled.job.name == name:
                return scheduled
        raise ScheduleNotFound(name)

    async def change(self, name: str, values: Mapping[str, Any]) -> Scheduled:
        """Set `enabled` or `interval_seconds`, None for what the settings say. Raises ScheduleNotFound."""
        scheduled = await self.find(name)
        row = scheduled.row._replace(**values)
        changed = Scheduled(scheduled.job, row)
        if changed.interval_seconds != scheduled.interval_seconds or changed.enabled != scheduled.enabled:
            row = row._replace(next_run_at=self._next(changed.interval_seconds))
        async with self._database.transaction() as connection:
            await repository.change(connection, name, {**values, "next_run_at": row.next_run_at})
        return Scheduled(scheduled.job, row)

    def _next(self, seconds: float) -> datetime:
        return next_time(self._clock.now(), seconds, self._rng)

    async def _claim(self, scheduled: Scheduled) -> bool:
        async with self._database.transaction() as connection:
            return await repository.claim(
                connection,
                scheduled.row,
                now=self._clock.now(),
                next_run_at=self._next(scheduled.interval_seconds),
            )

    def _spawn(self, scheduled: Scheduled) -> None:
        task = asyncio.get_running_loop().create_task(self._do(scheduled), name=scheduled.job.name)
        self._doing.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._doing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job_failed", job=task.get_name(), exc_info=error)

    async def _do(self, scheduled: Scheduled) -> None:
        job = scheduled.job
        again: datetime | None = None
        message: str | None
        try:
            done = await self._actions[job.kind](job.account)
            if isinstance(done, Done):
                done, again = done
            result, message = "ok", done
        except AccountBusy as error:
            result, message = "busy", str(error)
            again = self._clock.now() + timedelta(seconds=min(BUSY_SECONDS, scheduled.interval_seconds))
        except BrokerAway as error:
            result, message = "failed", str(error)
            again = self._clock.now() + timedelta(seconds=SHORTEST_SECONDS)
        except EmagsyncError as error:
            result, message = "failed", str(error)
        if message is None:
            return
        log.info("job_done", job=job.name, result=result, message=message)
        values = {"last_result": result, "last_message": message[:_LONGEST_MESSAGE]}
        async with self._database.transaction() as connection:
            await repository.change(connection, job.name, values)
            if again is not None:
                await repository.bring_forward(connection, job.name, again)
