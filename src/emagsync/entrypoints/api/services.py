"""The services of the API: opened in order, handed to the endpoints, closed in reverse.

A new feature builds its service in `open_services`, adds it to `ApiServices` and to `provide_services`, and lists its
router in `routers.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI

from emagsync.accounts.dependencies import account_registry, account_service, live_accounts
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.service import AccountService
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.assistants.dependencies import assistants
from emagsync.assistants.over_http import Assistants
from emagsync.assistants.services import ToolServices
from emagsync.call_log.recorder import CallRecorder
from emagsync.core.clock import Clock
from emagsync.core.concurrency import InBackground, background_task
from emagsync.core.settings import Settings
from emagsync.db import integrity
from emagsync.edits import dependencies as edit_dependencies
from emagsync.edits.bulk.file_process import FileReader
from emagsync.edits.bulk_changes.dependencies import bulk_changes
from emagsync.edits.bulk_changes.service import BulkChanges
from emagsync.edits.bulk_changes.worker import BulkChangeWorker
from emagsync.edits.conflict_service import ConflictService
from emagsync.edits.push.auto_push import AutoPushWorker
from emagsync.edits.push.service import PushService
from emagsync.edits.push.undo import Undo
from emagsync.edits.repository import SOME_WAIT
from emagsync.edits.response_schemas import edits_of
from emagsync.edits.service import EditService
from emagsync.entrypoints.api import checks
from emagsync.entrypoints.api.metrics import MetricsPage, metrics_page
from emagsync.entrypoints.services.account_changes import build_account_service
from emagsync.entrypoints.services.accounts import AccountServices, open_accounts
from emagsync.entrypoints.services.edits import (
    build_conflict_service,
    build_edit_service,
    build_undo,
)
from emagsync.entrypoints.services.execution import open_sync_service
from emagsync.entrypoints.services.foundation import Foundation, open_foundation
from emagsync.entrypoints.services.identity import build_authenticator, build_token_service, build_user_service
from emagsync.entrypoints.services.notifications import telling_people
from emagsync.entrypoints.services.objections import objections_of
from emagsync.entrypoints.services.push import build_push_service
from emagsync.entrypoints.services.runs import (
    build_freshness_service,
    build_run_control,
    build_schedule_actions,
    build_scheduler,
)
from emagsync.entrypoints.services.sources import SourceServices, build_sources
from emagsync.entrypoints.services.webhooks import open_webhooks
from emagsync.home.dependencies import home_service
from emagsync.home.service import HomeService
from emagsync.identity.dependencies import first_run, token_service, user_service
from emagsync.identity.first_run import FirstRun
from emagsync.identity.secrets import PasswordHasher
from emagsync.identity.service import UserService
from emagsync.identity.tokens import TokenService
from emagsync.notifications.dependencies import notification_service
from emagsync.notifications.service import NotificationService
from emagsync.offers import dependencies as offer_dependencies
from emagsync.offers.export_presets import ExportPresets
from emagsync.offers.export_stream import Exports
from emagsync.offers.facets import Facets
from emagsync.offers.product_parameters import selection_filter
from emagsync.offers.product_queries import EditsReader, ObjectionReader
from emagsync.offers.reference_data import ReferenceReader
from emagsync.offers.total_cache import TotalCache
from emagsync.reference.keeper import ReferenceKeeper
from emagsync.reference.names import ReferenceNames
from emagsync.rest.events import EventBroker, event_broker
from emagsync.rest.state import AppState
from emagsync.sources.dependencies import source_readings, source_service
from emagsync.sync import repository as sync_repository
from emagsync.sync.certificate.service import Certificates
from emagsync.sync.control import RunControl
from emagsync.sync.dependencies import certificates, freshness_service, run_control, scheduler
from emagsync.sync.dispatch.celery_executor import CeleryExecutor
from emagsync.sync.dispatch.inline_executor import InlineExecutor
from emagsync.sync.dispatch.sweeper import Sweeper
from emagsync.sync.freshness.service import FreshnessService
from emagsync.sync.live.events import LiveRuns, until_stopping
from emagsync.sync.schedule.scheduler import Scheduler
from emagsync.sync.service import SyncService
from emagsync.sync.webhook_publisher import RunWebhookPublisher
from emagsync.telemetry.tracing import tracing
from emagsync.views.dependencies import views
from emagsync.views.service import Views
from emagsync.webhooks.change_publisher import ChangePublisher
from emagsync.webhooks.dependencies import webhook_service
from emagsync.webhooks.service import WebhookService


@dataclass(frozen=True)
class ApiServices:
    """Everything that a running API consists of; `state` is what the application itself needs."""

    state: AppState
    emag: AccountServices
    recorder: CallRecorder
    accounts: AccountService
    users: UserService
    first_run: FirstRun
    tokens: TokenService
    totals: TotalCache
    exports: Exports
    export_presets: ExportPresets
    facets: Facets
    references: ReferenceReader
    objections: ObjectionReader
    edits_of_offers: EditsReader
    sync: SyncService
    runs: RunControl
    certificates: Certificates
    events: EventBroker
    webhooks: WebhookService
    notifications: NotificationService
    push: PushService
    auto_push: AutoPushWorker
    edits: EditService
    conflicts: ConflictService
    undo: Undo
    bulk_changes: BulkChanges
    bulk_worker: BulkChangeWorker
    files: FileReader
    sources: SourceServices
    scheduler: Scheduler
    freshness: FreshnessService
    home: HomeService
    views: Views
    metrics: MetricsPage
    assistants: Assistants


@asynccontextmanager
async def open_services(
    settings: Settings,
    environment: ConfiguredAccounts,
    *,
    clock: Clock | None = None,
    hasher: PasswordHasher | None = None,
    unasked: InBackground = background_task,
) -> AsyncIterator[ApiServices]:
    """Open the database, upgraded, and start everything that runs in the background; all ends with the block.

    `environment` has the accounts of the environment; those of the database are added. `hasher` sets what a password's
    hash costs; `unasked` runs what a server looks for by itself, again and again. Raises an EmagsyncError whose one
    line says what keeps the application from starting.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(tracing(settings.tracing))
        base = await stack.enter_async_context(open_foundation(settings, clock=clock))
        await base.database.mark(base.clock.now())
        await stack.enter_async_context(unasked("database check", integrity.watch(base.database)))
        emag = await stack.enter_async_context(open_accounts(base, environment))
        state = _new_state(base, emag.registry)
        sync = stack.enter_context(open_sync_service(base, emag.registry))
        runs = await stack.enter_async_context(_run_control(base, state, emag.registry, sync))
        webhooks = await stack.enter_async_context(_webhooks(base, unasked))
        push = build_push_service(base, emag.registry)
        auto_push = AutoPushWorker(push, settings.edits, base.clock)
        await stack.enter_async_context(background_task("auto push", auto_push.run()))
        edits = build_edit_service(base, emag.registry, on_edit=lambda _: auto_push.wake())
        bulk_worker = BulkChangeWorker(
            database=base.database,
            edits=edits,
            settings=settings.edits,
            clock=base.clock,
            on_applied=lambda _: auto_push.wake(),
        )
        await stack.enter_async_context(unasked("bulk changes", bulk_worker.run()))
        sources = build_sources(base, emag.registry, edits, push_mode=push.mode, stopping=state.stopping)
        schedule = await stack.enter_async_context(
            _scheduler(base, state, emag.registry, runs.control, sources.readings.read_due, unasked)
        )
        freshness = build_freshness_service(base, emag.registry)
        notifications = await stack.enter_async_context(telling_people(base, freshness, unasked))
        references = await stack.enter_async_context(_reference(base, emag.registry, unasked))
        metrics = MetricsPage(state, emag.registry, emag.recorder, freshness)
        stack.push_async_callback(metrics.aclose)
        certificates_of_runs = Certificates(base.database)
        users = build_user_service(base, hasher=hasher)
        accounts = build_account_service(
            base, emag, on_end=runs.control.stop_account, any_address=settings.accounts.other_addresses
        )
        await stack.enter_async_context(unasked("erasures", accounts.erasures.run()))
        totals = TotalCache()
        objections = ObjectionReader(objections_of)
        edits_of_offers = EditsReader(edits_of, SOME_WAIT)
        home = HomeService(base.database, certificates_of_runs, base.clock)
        assistant_servers = Assistants(
            ToolServices(
                settings=base.settings,
                database=base.database,
                clock=base.clock,
                accounts=emag.registry,
                totals=totals,
                references=references,
                objections=objections,
                edits_of_offers=edits_of_offers,
                home=home,
                certificates=certificates_of_runs,
                freshness=freshness,
                runs=runs.control,
                edits=edits,
                push=push,
                page="",  # each request says it
            )
        )
        await stack.enter_async_context(assistant_servers.running())
        yield ApiServices(
            state=state,
            emag=emag,
            recorder=emag.recorder,
            accounts=accounts,
            users=users,
            first_run=FirstRun(users),
            tokens=build_token_service(base),
            totals=totals,
            exports=Exports(base.database, settings.data_dir),
            export_presets=ExportPresets(base.database, base.clock),
            facets=Facets(base.database, base.clock),
            references=references,
            objections=objections,
            edits_of_offers=edits_of_offers,
            sync=sync,
            runs=runs.control,
            certificates=certificates_of_runs,
            events=runs.events,
            webhooks=webhooks,
            notifications=notifications,
            push=push,
            auto_push=auto_push,
            edits=edits,
            conflicts=build_conflict_service(base, on_edit=lambda _: auto_push.wake()),
            undo=build_undo(base, edits),
            bulk_changes=BulkChanges(
                database=base.database,
                settings=settings.edits,
                clock=base.clock,
                mode=push.mode,
                on_change=bulk_worker.wake,
            ),
            bulk_worker=bulk_worker,
            files=FileReader(state.stopping),
            sources=sources,
            scheduler=schedule,
            freshness=freshness,
            home=home,
            views=Views(base.database, base.clock),
            metrics=metrics,
            assistants=assistant_servers,
        )


def provide_services(app: FastAPI, services: ApiServices) -> None:
    """Hand the services to the endpoints of `app`."""
    account_registry.provide(app, services.emag.registry)
    live_accounts.provide(app, services.emag.live)
    account_service.provide(app, services.accounts)
    user_service.provide(app, services.users)
    first_run.provide(app, services.first_run)
    token_service.provide(app, services.tokens)
    offer_dependencies.totals.provide(app, services.totals)
    offer_dependencies.exports.provide(app, services.exports)
    offer_dependencies.export_presets.provide(app, services.export_presets)
    offer_dependencies.facets.provide(app, services.facets)
    offer_dependencies.objection_reader.provide(app, services.objections)
    offer_dependencies.edits_reader.provide(app, services.edits_of_offers)
    offer_dependencies.reference_reader.provide(app, services.references)
    run_control.provide(app, services.runs)
    certificates.provide(app, services.certificates)
    event_broker.provide(app, services.events)
    webhook_service.provide(app, services.webhooks)
    notification_service.provide(app, services.notifications)
    edit_dependencies.push_service.provide(app, services.push)
    edit_dependencies.auto_push_worker.provide(app, services.auto_push)
    edit_dependencies.edit_service.provide(app, services.edits)
    edit_dependencies.conflict_service.provide(app, services.conflicts)
    edit_dependencies.undo_service.provide(app, services.undo)
    bulk_changes.provide(app, services.bulk_changes)
    edit_dependencies.file_reader.provide(app, services.files)
    source_service.provide(app, services.sources.service)
    source_readings.provide(app, services.sources.readings)
    scheduler.provide(app, services.scheduler)
    freshness_service.provide(app, services.freshness)
    home_service.provide(app, services.home)
    views.provide(app, services.views)
    metrics_page.provide(app, services.metrics)
    assistants.provide(app, services.assistants)


def _new_state(base: Foundation, registry: AccountRegistry) -> AppState:
    state = AppState(
        settings=base.settings, database=base.database, clock=base.clock, authenticator=build_authenticator(base)
    )
    state.add_check("database", partial(checks.check_database, base.database))
    state.add_check("migrations", partial(checks.check_schema, base.database))
    if base.settings.redis_url is not None:
        state.add_check("redis", partial(checks.check_redis, registry))
    return state


@dataclass(frozen=True)
class _Runs:
    control: RunControl
    events: EventBroker


@asynccontextmanager
async def _run_control(
    base: Foundation, state: AppState, registry: AccountRegistry, service: SyncService
) -> AsyncIterator[_Runs]:
    """Run control with this process's executor, and live events of all runs. Resumes interrupted runs first."""
    async with AsyncExitStack() as stack:
        relay = None
        if base.settings.redis_url is not None:
            # Here for the reason that `AccountRegistry.redis` has.
            from emagsync.sync.live.redis_relay import RedisRelay

            url = base.settings.redis_url.get_secret_value()
            relay = await stack.enter_async_context(RedisRelay(url, clock=base.clock))
        live = LiveRuns(base.database, base.clock, relay)
        executor = _new_executor(base, service, live)
        control = build_run_control(base, registry, service, executor, on_change=live.changed)
        state.add_check("executor", partial(checks.check_executor, executor))
        await stack.enter_async_context(background_task("live runs", live.run()))
        if relay is not None:
            await stack.enter_async_context(background_task("event relay", relay.listen(live.receive)))
        await stack.enter_async_context(background_task("streams", until_stopping(state.stopping, live.broker)))
        stack.push_async_callback(control.aclose)
        stack.push_async_callback(executor.aclose)
        stack.callback(live.broker.close)
        if isinstance(executor, CeleryExecutor):
            sweeper = Sweeper(control, executor, base.clock, seconds=base.settings.worker.sweep_seconds)
            await stack.enter_async_context(background_task("sweeper", sweeper.run()))
        else:
            await control.resume(all_interrupted=True)
        yield _Runs(control, live.broker)


def _new_executor(base: Foundation, service: SyncService, live: LiveRuns) -> InlineExecutor | CeleryExecutor:
    if base.settings.executor == "celery":
        # Celery and what it imports take an eighth of the server's start.
        from emagsync.entrypoints.worker.app import make_app
        from emagsync.entrypoints.worker.queue import CeleryQueue

        return CeleryExecutor(service, CeleryQueue(make_app(base.settings)), base.database, base.clock)
    return InlineExecutor(service, on_progress=live.progress, on_end=live.changed)


@asynccontextmanager
async def _reference(
    base: Foundation, registry: AccountRegistry, unasked: InBackground
) -> AsyncIterator[ReferenceReader]:
    """Reference data of all accounts, kept fresh while the block runs, unless nothing is done by itself."""
    names = ReferenceNames(base.database, base.clock)
    if not (base.settings.schedule.enabled and base.settings.schedule.reference):
        yield ReferenceReader(names.known)
        return

    async def is_busy(account: str) -> bool:
        async with base.database.snapshot() as connection:
            return await sync_repository.holder_of(connection, account) is not None

    keeper = ReferenceKeeper(
        database=base.database, registry=registry, clock=base.clock, is_busy=is_busy, on_change=names.forget
    )
    async with unasked("reference data", keeper.run()):
        yield ReferenceReader(names.known)


@asynccontextmanager
async def _webhooks(base: Foundation, unasked: InBackground) -> AsyncIterator[WebhookService]:
    """The webhooks, with the background tasks that queue and send their messages."""
    filter_of = partial(selection_filter, place="changes.selection")
    async with open_webhooks(base, filter_of) as (service, dispatcher):
        await service.apply_settings()
        publisher = RunWebhookPublisher(base.database, base.clock)
        async with (
            unasked("webhook publisher", publisher.run()),
            unasked("change publisher", ChangePublisher(base.database, base.clock, filter_of).run()),
            unasked("webhook dispatcher", dispatcher.run()),
        ):
            yield service


@asynccontextmanager
async def _scheduler(
    base: Foundation,
    state: AppState,
    registry: AccountRegistry,
    control: RunControl,
    read_sources: Callable[[], Awaitable[str]],
    unasked: InBackground,
) -> AsyncIterator[Scheduler]:
    """The scheduler, at work while the block runs unless `emagsync beat` schedules for the workers."""
    actions = build_schedule_actions(base, registry, control, read_sources=read_sources)
    service = build_scheduler(base, registry, actions)
    if base.settings.executor == "celery" and not base.settings.worker.server_schedules:
        state.add_check("scheduler", checks.check_external_scheduler)
        yield service
        return
    state.add_check("scheduler", partial(checks.check_scheduler, service, base.settings.schedule))
    async with unasked("scheduler", service.run()):
        yield service
