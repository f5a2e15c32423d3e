"""Sync runs: starting them for whoever asks, and on schedule. What executes them: `execution`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from emagsync.accounts.registry import AccountRegistry
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.sync.control import RunControl
from emagsync.sync.dispatch.inline_executor import Executor
from emagsync.sync.freshness.keeper import FreshnessKeeper
from emagsync.sync.freshness.service import FreshnessService
from emagsync.sync.schedule.actions import ScheduleActions
from emagsync.sync.schedule.jobs import JobKind
from emagsync.sync.schedule.scheduler import Action, Scheduler
from emagsync.sync.schemas import Run
from emagsync.sync.service import SyncService


def _nobody(run: Run) -> None:
    pass


def build_run_control(
    base: Foundation,
    registry: AccountRegistry,
    service: SyncService,
    executor: Executor,
    *,
    on_change: Callable[[Run], None] = _nobody,
) -> RunControl:
    """Starts, stops, retries and cleans up runs. `on_change` is called with each run whose state it changed."""
    return RunControl(
        service=service,
        executor=executor,
        registry=registry,
        database=base.database,
        clock=base.clock,
        on_change=on_change,
    )


def build_freshness_service(base: Foundation, registry: AccountRegistry) -> FreshnessService:
    """How fresh the accounts' offers are, and the targets for that."""
    return FreshnessService(database=base.database, accounts=registry, settings=base.settings, clock=base.clock)


def build_schedule_actions(
    base: Foundation,
    registry: AccountRegistry,
    control: RunControl,
    *,
    read_sources: Callable[[], Awaitable[str]],
) -> Mapping[JobKind, Action]:
    """What this process does itself for each kind of recurring job. `read_sources` reads the sources that are due."""
    keeper = FreshnessKeeper(
        service=build_freshness_service(base, registry),
        control=control,
        database=base.database,
        settings=base.settings.sync,
        clock=base.clock,
    )
    actions = ScheduleActions(
        control=control,
        registry=registry,
        database=base.database,
        settings=base.settings,
        keeper=keeper,
        clock=base.clock,
    ).by_kind()
    return {**actions, JobKind.SOURCES: lambda _: read_sources()}


def build_scheduler(base: Foundation, registry: AccountRegistry, actions: Mapping[JobKind, Action]) -> Scheduler:
    """The recurring jobs of all accounts; `actions` says what is done for each kind of job."""
    return Scheduler(
        database=base.database,
        settings=base.settings.schedule,
        accounts=lambda: registry.names,
        actions=actions,
        clock=base.clock,
    )
