"""The parts that carry runs out, tell of them, begin them by the clock, and report their ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.concurrency import cancelled
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.rest.events import EventBroker
from emagsync.rest.state import AppState, Check
from emagsync.sync.control import RunControl
from emagsync.sync.dispatch.celery_executor import CeleryExecutor
from emagsync.sync.dispatch.inline_executor import InlineExecutor
from emagsync.sync.dispatch.sweeper import Sweeper
from emagsync.sync.errors import BrokerAway
from emagsync.sync.live.events import LiveRuns, until_stopping
from emagsync.sync.live.redis_relay import RedisRelay
from emagsync.sync.schedule.actions import ScheduleActions
from emagsync.sync.schedule.scheduler import Scheduler
from emagsync.sync.service import SyncService
from emagsync.sync.webhook_publisher import RunWebhookPublisher
from emagsync.webhooks.delivery import WebhookDispatcher
from emagsync.webhooks.service import WebhookService
from emagsync.webhooks.signing import Signer, load_key

log = structlog.get_logger()


@asynccontextmanager
async def runs_part(state: AppState) -> AsyncIterator[None]:
    """The executor of this process, run control and live events. Goes on with interrupted runs at the start."""
    service = state.get(SyncService)
    relay = state.get(RedisRelay) if state.settings.redis_url else None
    live = LiveRuns(state.database, state.clock, relay)
    executor: InlineExecutor | CeleryExecutor
    if state.settings.executor == "celery":
        executor = CeleryExecutor(service, CeleryQueue(make_app(state.settings)), state.database, state.clock)
    else:
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

    state.add_check("executor", lambda: _executing(executor))
    async with (
        beside("live", live.run()),
        beside("relay", relay.listen(live.hear) if relay else _nothing()),
        beside("streams", until_stopping(state.stopping, live.broker)),
    ):
        if isinstance(executor, CeleryExecutor):
            seconds = state.settings.worker.sweep_seconds
            sweeping = Sweeper(control, executor, state.clock, seconds=seconds).run()
        else:
            await control.resume(all_interrupted=True)
            sweeping = _nothing()
        try:
            async with beside("sweeper", sweeping):
                yield
        finally:
            live.broker.close()
            await executor.aclose()
            await control.aclose()


async def _executing(executor: InlineExecutor | CeleryExecutor) -> Check:
    if isinstance(executor, InlineExecutor):
        return Check(True, f"inline, {len(executor.carried)} runs")
    try:
        return Check(True, f"celery, {await executor.length()} runs wait for a worker")
    except BrokerAway as error:
        return Check(False, str(error))


async def _nothing() -> None:
    pass


@asynccontextmanager
async def webhooks_part(state: AppState) -> AsyncIterator[None]:
    """Telling other programs how runs ended."""
    given = state.settings.webhooks
    secret = given.secret.get_secret_value() if given.secret else None
    signer = Signer(load_key(state.settings), secret)
    async with WebhookDispatcher(
        database=state.database, signer=signer, clock=state.clock, allow_private=given.allow_private
    ) as courier:
        service = WebhookService(
            database=state.database, signer=signer, courier=courier, settings=given, clock=state.clock
        )
        await service.take_over_settings()
        state.provide(service)
        announcer = RunWebhookPublisher(state.database, state.clock)
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

    if state.settings.executor == "celery" and not state.settings.worker.server_schedules:
        state.add_check("scheduler", _scheduled_elsewhere)
        yield
        return

    async def scheduling() -> Check:
        if not state.settings.schedule.enabled:
            return Check(True, "off")
        return Check(scheduler.is_well, "on" if scheduler.is_well else "has not looked at its schedule for a while")

    state.add_check("scheduler", scheduling)
    async with beside("scheduler", scheduler.run()):
        yield


async def _scheduled_elsewhere() -> Check:
    return Check(True, "left to `emagsync beat`")


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
