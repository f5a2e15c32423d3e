"""The services of a worker process and of the beat, opened in the event loop that uses them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import structlog

from emagsync.accounts.live import LiveAccounts
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import Settings
from emagsync.db.errors import DatabaseError
from emagsync.edits.push.service import PushService
from emagsync.entrypoints.services.accounts import open_accounts
from emagsync.entrypoints.services.edits import build_edit_service
from emagsync.entrypoints.services.execution import open_sync_service
from emagsync.entrypoints.services.foundation import Foundation, open_foundation
from emagsync.entrypoints.services.push import build_push_service
from emagsync.entrypoints.services.runs import (
    build_run_control,
    build_schedule_actions,
    build_scheduler,
)
from emagsync.entrypoints.services.sources import build_sources
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.sync.dispatch.celery_executor import CeleryExecutor
from emagsync.sync.dispatch.sweeper import Sweeper
from emagsync.sync.errors import BrokerAway, RunNotFound, RunSuperseded
from emagsync.sync.live.redis_relay import RedisRelay
from emagsync.sync.live.relay import EventRelay
from emagsync.sync.schedule.scheduler import Scheduler
from emagsync.sync.schemas import Run, RunStatus
from emagsync.sync.service import SyncService
from emagsync.telemetry.tracing import tracing

log = structlog.get_logger()


@dataclass(frozen=True)
class WorkerServices:
    """The services of one process.

    Once `stop` is set, runs end after the pages in flight, for another worker to resume.
    """

    foundation: Foundation
    registry: AccountRegistry
    live: LiveAccounts
    sync: SyncService
    executor: CeleryExecutor
    sweeper: Sweeper
    scheduler: Scheduler
    push: PushService
    relay: EventRelay
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def execute_run(self, run_id: str) -> Run | None:
        """Execute a run and return its final state; None when it has ended already or another worker has it."""
        if self.stop.is_set():
            self._hand_over(run_id)
            return None
        try:
            run = await self.sync.execute(run_id, on_progress=self.relay.progress, stop=self.stop)
        except (RunSuperseded, RunNotFound):
            return None
        except DatabaseError as error:
            # The run's row says how far it got; the sweep has it resumed when the database is back.
            log.warning("run_left", run_id=run_id, code=error.code, error=str(error))
            return None
        except EmagsyncError as error:
            log.warning("run_not_carried_out", run_id=run_id, code=error.code, error=str(error))
            return await self.sync.fail(run_id, error)
        self.relay.changed(run)
        if run.status is RunStatus.INTERRUPTED:
            self._hand_over(run_id)
        return run

    def _hand_over(self, run_id: str) -> None:
        """Queue the run again, for a worker that is not stopping; logged as `run_passed_on`."""
        log.info("run_passed_on", run_id=run_id)
        self.executor.submit(run_id)


@asynccontextmanager
async def open_services(
    settings: Settings, environment: ConfiguredAccounts, queue: CeleryQueue, *, clock: Clock | None = None
) -> AsyncIterator[WorkerServices]:
    """Open the services, to be closed in reverse when the block ends. The database has this version's schema already.

    `settings` name a Redis. Raises an EmagsyncError whose one line says what keeps the process from starting.
    """
    url = settings.redis_url
    assert url is not None  # noqa: S101 - the settings ask for it
    async with AsyncExitStack() as stack:
        stack.enter_context(tracing(settings.tracing, "emagsync-worker"))
        base = await stack.enter_async_context(open_foundation(settings, clock=clock, upgraded=False))
        await base.settle_history()
        await base.database.mark(base.clock.now())
        emag = await stack.enter_async_context(open_accounts(base, environment))
        registry = emag.registry
        relay = await stack.enter_async_context(RedisRelay(url.get_secret_value(), clock=base.clock))
        service = stack.enter_context(open_sync_service(base, registry))
        executor = CeleryExecutor(service, queue, base.database, base.clock)
        control = build_run_control(base, registry, service, executor, on_change=relay.changed)
        stack.push_async_callback(executor.aclose)
        stack.push_async_callback(control.aclose)
        push = build_push_service(base, registry)
        sources = build_sources(base, registry, build_edit_service(base, registry), push_mode=push.mode)
        actions = build_schedule_actions(base, registry, control, read_sources=sources.readings.read_due)
        yield WorkerServices(
            foundation=base,
            registry=registry,
            live=emag.live,
            sync=service,
            executor=executor,
            sweeper=Sweeper(control, executor, base.clock, seconds=settings.worker.sweep_seconds),
            scheduler=build_scheduler(base, registry, actions),
            push=push,
            relay=relay,
        )


async def sweep_once(services: WorkerServices) -> None:
    """Look for orphaned runs, as a worker does when it starts: it may be the only process that looks."""
    try:
        await services.sweeper.sweep()
    except (DatabaseError, BrokerAway) as error:
        log.warning("runs_not_swept", error=str(error))
