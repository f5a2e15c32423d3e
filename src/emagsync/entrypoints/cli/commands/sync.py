"""`emagsync sync`: copying accounts, several at a time, and reporting how each ended."""

from __future__ import annotations

import asyncio
import sys
import uuid
from dataclasses import replace
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError, SettingsError
from emagsync.db.engine import Database
from emagsync.entrypoints.cli.errors import complain, report_crash, telling_how_it_ended
from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.outcome import RunOutcome
from emagsync.entrypoints.cli.output.progress import Display, PlainDisplay, SilentDisplay
from emagsync.entrypoints.cli.output.summary import print_summary, sync_document
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.cli.signals import StopOnSignals
from emagsync.entrypoints.services.accounts import open_accounts
from emagsync.entrypoints.services.execution import open_sync_service
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.sync import dry_run_repository
from emagsync.sync.schemas import RunParameters, Selection
from emagsync.sync.service import SyncService
from emagsync.telemetry.tracing import tracing

ModeName = Literal["full", "incremental", "selective"]


def sync(
    context: typer.Context,
    account: Annotated[
        list[str] | None, typer.Argument(metavar="ACCOUNT", help="Which accounts; none, or `all`, means every one.")
    ] = None,
    mode: Annotated[
        ModeName, typer.Option(help="full: every status, finds removed offers. selective: only what is named.")
    ] = "incremental",
    max_pages: Annotated[int | None, typer.Option(min=1, help="Read at most this many pages; ends as partial.")] = None,
    items_per_page: Annotated[int | None, typer.Option(min=1, max=100, help="Offers a page, 100 by default.")] = None,
    include_inactive: Annotated[
        bool, typer.Option("--include-inactive", help="Incremental: inactive offers too. Full always has them.")
    ] = False,
    timeout: Annotated[
        int | None, typer.Option(min=1, max=86_400, help="Seconds for the whole run, 600 by default.")
    ] = None,
    emag_id: Annotated[list[int] | None, typer.Option("--id", help="Selective: this offer id; repeatable.")] = None,
    part_number: Annotated[list[str] | None, typer.Option(help="Selective: this SKU; repeatable.")] = None,
    part_number_key: Annotated[list[str] | None, typer.Option(help="Selective: this PNK; repeatable.")] = None,
    validation_status: Annotated[int | None, typer.Option(min=0, help="Selective: offers with this value.")] = None,
    max_stock: Annotated[int | None, typer.Option(min=0, help="Selective: offers with at most this stock.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would change, offer by offer; change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Copy the offers of accounts from eMAG, side by side.

    The first Ctrl-C stops after the page in flight; the next sync goes on from there. Several accounts end with the
    gravest exit code, in this order: 130 interrupted, 2 when nothing could start, 1 failed, 4 busy, 3 partial, 0.
    """
    session = session_of(context)
    selection = Selection(
        ids=tuple(emag_id or ()),
        part_numbers=tuple(part_number or ()),
        part_number_keys=tuple(part_number_key or ()),
        validation_status=validation_status,
        max_stock=max_stock,
    )
    parameters = _parameters(
        mode=mode,
        items_per_page=items_per_page or session.settings.sync.items_per_page,
        max_pages=max_pages,
        include_inactive=include_inactive,
        timeout_seconds=timeout or session.settings.sync.timeout_seconds,
        selection=None if selection.is_empty else selection,
        dry_run=dry_run,
    )
    names = session.chosen_accounts(account)
    sync_id = str(uuid.uuid4())
    outcomes = asyncio.run(sync_accounts(session, names, parameters, sync_id, display_for(names, quiet=as_json)))
    code = gravest(outcome.exit_code for outcome in outcomes)
    with telling_how_it_ended(code):
        if as_json:
            print_json(sync_document(sync_id, outcomes, code))
        else:
            print_summary(outcomes)
    raise typer.Exit(code)


def display_for(names: tuple[str, ...], *, quiet: bool) -> Display:
    """The display for standard error: live on a terminal; elsewhere plain lines, or no progress when `quiet`."""
    if sys.stderr.isatty():
        # Rich takes a twentieth of the start, in which a scheduled sync would draw nothing.
        from emagsync.entrypoints.cli.output.live import LiveDisplay

        return LiveDisplay(names)
    return SilentDisplay() if quiet else PlainDisplay()


async def sync_accounts(
    session: Session,
    names: tuple[str, ...],
    parameters: RunParameters,
    sync_id: str,
    display: Display,
    *,
    clock: Clock | None = None,
) -> list[RunOutcome]:
    """Sync the accounts concurrently. Whatever happens to one of them does not affect the others.

    `clock`: None for the machine's.
    """
    if not any(name in session.accounts.usable for name in names):
        return [_misconfigured(session, name) for name in names]
    async with session.foundation(clock=clock) as base:
        outcomes = await _sync_all(session, base, names, parameters, sync_id, display)
        return [await _with_differences(base.database, outcome) for outcome in outcomes]


async def _sync_all(
    session: Session,
    base: Foundation,
    names: tuple[str, ...],
    parameters: RunParameters,
    sync_id: str,
    display: Display,
) -> list[RunOutcome]:
    async with open_accounts(base, session.environment) as emag:
        with (
            tracing(session.settings.tracing),
            open_sync_service(base, emag.registry) as service,
            display,
            StopOnSignals(display.say) as stop,
        ):
            return await asyncio.gather(
                *(_sync_one(session, service, name, parameters, sync_id, display, stop) for name in names)
            )


async def _with_differences(database: Database, outcome: RunOutcome) -> RunOutcome:
    if outcome.run is None or not outcome.is_dry_run:
        return outcome
    async with database.snapshot() as connection:
        kept = await dry_run_repository.read(connection, outcome.run.id, limit=dry_run_repository.KEPT_DIFFERENCES)
    return replace(outcome, differences=tuple(kept))


async def _sync_one(
    session: Session,
    service: SyncService,
    name: str,
    parameters: RunParameters,
    sync_id: str,
    display: Display,
    stop: StopOnSignals,
) -> RunOutcome:
    if name not in session.accounts.usable:
        return _misconfigured(session, name)
    display.started(name)
    task = asyncio.ensure_future(
        service.sync(
            name, parameters, trigger="cli", sync_id=sync_id, on_progress=display.progress, stop=stop.requested
        )
    )
    stop.cancels(task)
    # Waited for, not awaited: whatever it raises is this account's outcome, and the others go on.
    await asyncio.wait({task})
    if task.cancelled():
        outcome = RunOutcome(name, error=asyncio.CancelledError("stopped at once"))
    elif (error := task.exception()) is not None:
        outcome = RunOutcome(name, error=error)
        if not isinstance(error, EmagsyncError):
            report_crash(type(error), error, error.__traceback__)
    else:
        outcome = RunOutcome(name, run=task.result())
    display.ended(name, outcome.run)
    return outcome


def _misconfigured(session: Session, name: str) -> RunOutcome:
    try:
        session.accounts.get(name)
    except SettingsError as error:
        return RunOutcome(name, error=error)
    raise AssertionError(f"account {name!r} is usable")


def _parameters(**values: object) -> RunParameters:
    try:
        return RunParameters.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(detail["msg"].removeprefix("Value error, ").rstrip(",. ") for detail in error.errors())
        complain(f"{problems}. Try 'emagsync sync --help'.")
        raise typer.Exit(ExitCode.USAGE) from None
