"""What a worker process and the beat are made of, opened in the event loop that uses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import structlog

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.call_log.recorder import CallRecorder
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.edits.push.service import PushService
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.sync.control import RunControl
from emagsync.sync.dispatch.celery_executor import CeleryExecutor
from emagsync.sync.dispatch.sweeper import Sweeper
from emagsync.sync.errors import BrokerAway, RunNotFound, RunSuperseded
from emagsync.sync.live.redis_relay import RedisRelay
from emagsync.sync.live.relay import EventRelay
from emagsync.sync.process_lock import Workers
from emagsync.sync.schedule.actions import ScheduleActions
from emagsync.sync.schedule.jobs import JobKind
from emagsync.sync.schedule.scheduler import Do, Scheduler
from emagsync.sync.schemas import Run, RunStatus
from emagsync.sync.service import SyncService
from emagsync.telemetry.tracing import tracing

log = structlog.get_logger()


@dataclass
class WorkerState:
    """One process's services. `stop` set: runs end after the pages on their way, to be carried on by others."""

    database: Database
    registry: AccountRegistry
    service: SyncService
    queue: CeleryQueue
    executor: CeleryExecutor
    control: RunControl
    sweeper: Sweeper
    actions: Mapping[JobKind, Do]
    scheduler: Scheduler
    pushing: PushService
    relay: EventRelay
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def carry(self, run_id: str) -> Run | None:
        """Carry the run to its end, unless it has one or another worker carries it. Returns it as it is then."""
        if self.stop.is_set():
            await self._pass_on(run_id)
            return None
        try:
            run = await self.service.execute(run_id, on_progress=self.relay.progress, stop=self.stop)
        except (RunSuperseded, RunNotFound):
            return None
        except DatabaseError as error:
            # Its row says how far it came; the sweep has it carried on when the database is back.
            log.warning("run_left", run_id=run_id, code=error.code, error=str(error))
            return None
        except EmagsyncError as error:
            log.warning("run_not_carried_out", run_id=run_id, code=error.code, error=str(error))
            return await self.service.fail(run_id, error)
        self.relay.changed(run)
        if run.status is RunStatus.INTERRUPTED:
            await self._pass_on(run_id)
        return run

    async def _pass_on(self, run_id: str) -> None:
        log.info("run_passed_on", run_id=run_id)
        self.executor.submit(run_id)


@asynccontextmanager
async def open_state(
    settings: Settings, accounts: ConfiguredAccounts, queue: CeleryQueue, *, clock: Clock | None = None
) -> AsyncIterator[WorkerState]:
    """Open everything; the database has this version's schema already. All is closed when the block ends."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        stack.enter_context(tracing(settings.tracing, "emagsync-worker"))
        database = await stack.enter_async_context(Database(settings.effective_database_url))
        recorder = CallRecorder(settings.calls, clock)
        await stack.enter_async_context(recorder.writing_to(database))
        registry = AccountRegistry(accounts, settings, clock=clock, on_call=recorder.observe)
        stack.push_async_callback(registry.aclose)
        url = settings.redis_url
        assert url is not None  # noqa: S101 - the settings ask for it
        relay = await stack.enter_async_context(RedisRelay(url.get_secret_value(), clock=clock))
        workers = stack.enter_context(Workers(settings.data_dir, clock))
        service = SyncService(database=database, registry=registry, settings=settings, workers=workers, clock=clock)
        executor = CeleryExecutor(service, queue, database, clock)
        control = RunControl(
            service=service,
            executor=executor,
            registry=registry,
            database=database,
            clock=clock,
            on_change=relay.changed,
        )
        stack.push_async_callback(executor.aclose)
        stack.push_async_callback(control.aclose)
        sweeper = Sweeper(control, executor, clock, seconds=settings.worker.sweep_seconds)
        actions = ScheduleActions(
            control=control, registry=registry, database=database, settings=settings, clock=clock
        ).by_kind()
        scheduler = Scheduler(
            database=database,
            settings=settings.schedule,
            accounts=lambda: registry.names,
            actions=actions,
            clock=clock,
        )
        yield WorkerState(
            database=database,
            registry=registry,
            service=service,
            queue=queue,
            executor=executor,
            control=control,
            sweeper=sweeper,
            actions=actions,
            scheduler=scheduler,
            pushing=PushService(database=database, registry=registry, settings=settings, clock=clock),
            relay=relay,
        )


async def sweep_once(state: WorkerState) -> None:
    """Look for runs that nobody sees to, as a worker does when it starts: it may be the only one."""
    try:
        await state.sweeper.sweep()
    except (DatabaseError, BrokerAway) as error:
        log.warning("runs_not_swept", error=str(error))
