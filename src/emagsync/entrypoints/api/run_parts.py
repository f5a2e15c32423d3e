"""The parts that carry runs out, tell of them, begin them by the clock, and report their ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.concurrency import cancelled
from emagsync.rest.events import EventBroker
from emagsync.rest.state import AppState, Check
from emagsync.sync.announcing import Announcer
from emagsync.sync.control import RunControl
from emagsync.sync.executor import InlineExecutor
from emagsync.sync.live import LiveRuns, until_stopping
from emagsync.sync.schedule_actions import ScheduleActions
from emagsync.sync.scheduler import Scheduler
from emagsync.sync.service import SyncService
from emagsync.webhooks.delivery import Courier
from emagsync.webhooks.service import WebhookService
from emagsync.webhooks.signing import Signer, load_key

log = structlog.get_logger()


@asynccontextmanager
async def runs_part(state: AppState) -> AsyncIterator[None]:
    """The executor of this process, run control and live events. Goes on with interrupted runs at the start."""
    service = state.get(SyncService)
    live = LiveRuns(state.database, state.clock)
    executor = InlineExecutor(service, on_progress=live.progress, on_end=live.changed)
    control = RunControl(
        service=service,
        executor=executor,
        registry=state.get(AccountRegistry),
        database=state.database,
        clock=state.clock,
        on_change=live.changed,
    )
    state.provide(live.broker, kind=EventBroker)
    state.provide(control)

    async def executing() -> Check:
        return Check(True, f"inline, {len(executor.carried)} runs")

    state.add_check("executor", executing)
    async with beside("live", live.run()), beside("streams", until_stopping(state.stopping, live.broker)):
        await control.resume(all_interrupted=True)
        try:
            yield
        finally:
            live.broker.close()
            await executor.aclose()
            await control.aclose()


@asynccontextmanager
async def webhooks_part(state: AppState) -> AsyncIterator[None]:
    """Telling other programs how runs ended."""
    given = state.settings.webhooks
    secret = given.secret.get_secret_value() if given.secret else None
    signer = Signer(load_key(state.settings), secret)
    async with Courier(
        database=state.database, signer=signer, clock=state.clock, allow_private=given.allow_private
    ) as courier:
        service = WebhookService(
            database=state.database, signer=signer, courier=courier, settings=given, clock=state.clock
        )
        await service.take_over_settings()
        state.provide(service)
        announcer = Announcer(state.database, state.clock)
        async with beside("announcer", announcer.run()), beside("courier", courier.run()):
            yield


@asynccontextmanager
async def schedule_part(state: AppState) -> AsyncIterator[None]:
    """Doing things by the clock."""
    registry = state.get(AccountRegistry)
    actions = ScheduleActions(
        control=state.get(RunControl),
        registry=registry,
        database=state.database,
        settings=state.settings,
        clock=state.clock,
    )
    scheduler = Scheduler(
        database=state.database,
        settings=state.settings.schedule,
        accounts=lambda: registry.names,
        actions=actions.by_kind(),
        clock=state.clock,
    )
    state.provide(scheduler)

    async def scheduling() -> Check:
        if not state.settings.schedule.enabled:
            return Check(True, "off")
        return Check(scheduler.is_well, "on" if scheduler.is_well else "has not looked at its schedule for a while")

    state.add_check("scheduler", scheduling)
    async with beside("scheduler", scheduler.run()):
        yield


@asynccontextmanager
async def beside(name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do `work` beside the block and end it with the block. That it failed is logged, once."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    task.add_done_callback(_log_failure)
    try:
        yield
    finally:
        await cancelled(task)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("background_task_failed", task=task.get_name(), exc_info=error)
