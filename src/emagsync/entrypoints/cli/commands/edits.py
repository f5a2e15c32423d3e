"""`emagsync offers set`, `edits` and `conflicts`: changing values here, what waits, and what a person must decide."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from emagsync.edits.states import WAITING, EditState
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.session import Session, session_of

if TYPE_CHECKING:
    from emagsync.core.clock import Clock
    from emagsync.db.engine import Database
    from emagsync.edits.answers import BulkAnswer, ChangeView
    from emagsync.edits.service import Author, EditService

edits_app = typer.Typer(
    name="edits", help="Local edits: what waits, and what became of it.", no_args_is_help=True, rich_markup_mode=None
)
conflicts_app = typer.Typer(
    name="conflicts", help="What was edited here and changed on eMAG.", no_args_is_help=True, rich_markup_mode=None
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OneAccount = Annotated[str | None, typer.Option("--account", help="Only this account.", show_default=False)]
Offer = Annotated[int | None, typer.Option("--offer", help="Only the offer with this id of eMAG's.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")]
Confirm = Annotated[bool, typer.Option("--confirm", help="It is meant although it looks like a slip.")]
Price = Annotated[str | None, typer.Option(metavar="AMOUNT", help="Without VAT.", show_default=False)]

T = TypeVar("T")


def set_(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account.", show_default=False)],
    emag_id: Annotated[int, typer.Argument(help="The offer's id (the seller's own).", show_default=False)],
    sale_price: Price = None,
    recommended_price: Price = None,
    min_sale_price: Price = None,
    max_sale_price: Price = None,
    stock: Annotated[int | None, typer.Option(help="Pieces.", show_default=False)] = None,
    stock_change: Annotated[
        int | None, typer.Option(help="Pieces to add to what eMAG has, or to take from it.", show_default=False)
    ] = None,
    handling_time: Annotated[int | None, typer.Option(help="Days until dispatch.", show_default=False)] = None,
    vat_id: Annotated[int | None, typer.Option(help="eMAG's number of the VAT rate.", show_default=False)] = None,
    status: Annotated[Literal["active", "inactive", "end_of_life"] | None, typer.Option(show_default=False)] = None,
    warehouse: Annotated[
        int | None, typer.Option(help="Of stock and handling time, where the offer has several.", show_default=False)
    ] = None,
    confirm: Confirm = False,
    as_json: Json = False,
) -> None:
    """Change values of one offer. They are kept here, and sent to eMAG where the account's push is on."""
    from emagsync.edits.answers import changes_of
    from emagsync.edits.change_request import ChangeRequest
    from emagsync.entrypoints.cli.output.text import print_json

    asked = {
        "sale_price": sale_price,
        "recommended_price": recommended_price,
        "min_sale_price": min_sale_price,
        "max_sale_price": max_sale_price,
        "stock": stock,
        "stock_change": stock_change,
        "handling_time": handling_time,
        "vat_id": vat_id,
        "status": status,
    }
    given = {name: str(value) for name, value in asked.items() if value is not None}
    if not given:
        complain("Nothing to change: give one of the options, such as --stock 5. `emagsync offers set --help` has all.")
        raise typer.Exit(ExitCode.USAGE)
    wish = ChangeRequest(given, warehouse_id=warehouse, confirm=confirm)

    async def edit(service: EditService, author: Author) -> list[ChangeView]:
        return changes_of(await service.edit_offer(account.lower(), emag_id, wish, author))

    changes = _edit(session_of(context), edit, "offer.edit", f"{account.lower()}:{emag_id}", given)
    if as_json:
        print_json({"account": account.lower(), "emag_id": emag_id, "changes": changes})
    elif not changes:
        typer.echo(f"{account.lower()} {emag_id}: eMAG, or an edit that waits, has these values already.")
    else:
        typer.echo(f"{account.lower()} {emag_id}: {_told(changes)}")


@edits_app.command("load")
def load(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file; its first row names the columns.")],
    account: Annotated[str | None, typer.Option(help="Of the rows that name none.", show_default=False)] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Keep the edits; without, only show what they come to.")
    ] = False,
    confirm: Confirm = False,
    skip_invalid: Annotated[bool, typer.Option("--skip-invalid", help="Keep what can be kept.")] = False,
    as_json: Json = False,
) -> None:
    """Edit many offers by a file: what every row comes to, and with --apply all of it or nothing."""
    from emagsync.edits.answers import bulk_answer
    from emagsync.edits.bulk.file_import import read_file
    from emagsync.entrypoints.cli.output.text import print_json

    try:
        content = file.read_bytes()
    except OSError as error:
        complain(f"{file} cannot be read: {error.strerror or error}.")
        raise typer.Exit(ExitCode.USAGE) from error
    lines = read_file(content, default_account=account, confirm=confirm)

    async def edit(service: EditService, author: Author) -> BulkAnswer:
        if not apply:
            return bulk_answer(await service.preview(lines))
        return bulk_answer(await service.apply(lines, author, skip_invalid=skip_invalid))

    detail = {"rows": len(lines), "apply": apply}
    answer = _edit(session_of(context), edit, "offer.bulk_edit" if apply else None, file.name, detail, bulk=True)
    if as_json:
        print_json(answer.data)
    else:
        _print_bulk(answer)
    if apply and not answer.data.applied:
        raise typer.Exit(ExitCode.FAILED)


@edits_app.command("list")
def list_edits(
    context: typer.Context,
    account: OneAccount = None,
    offer: Offer = None,
    state: Annotated[list[EditState] | None, typer.Option(help="Repeatable; without, those that wait.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List local edits, newest first."""
    from emagsync.edits import repository
    from emagsync.edits.reasons import reason_text
    from emagsync.edits.response_schemas import edit_view
    from emagsync.entrypoints.cli.output.tables import print_table
    from emagsync.entrypoints.cli.output.text import moment, print_json

    states = tuple(state or WAITING)
    wanted = repository.EditFilter(account.lower() if account else None, offer, states)

    async def read(database: Database) -> list[repository.Edit]:
        async with database.snapshot() as connection:
            return await repository.listed(connection, wanted, limit=limit)

    found = asyncio.run(_with_database(session_of(context), read))
    if as_json:
        print_json({"edits": [edit_view(edit) for edit in found]})
        return
    rows = [
        (
            str(edit.id),
            edit.account,
            str(edit.emag_id),
            _field(edit.field, edit.warehouse_id),
            edit.base or "-",
            edit.value,
            edit.state.value,
            edit.made_by,
            moment(edit.made_at),
            reason_text(edit.reason) or "",
        )
        for edit in found
    ]
    columns = ("id", "account", "offer", "field", "eMAG had", "wanted", "state", "by", "made", "reason")
    print_table(columns, rows, numeric=("id", "offer"))


async def _withdrawn(edit_id: int, service: EditService, author: Author) -> None:
    await service.withdraw(edit_id, author.name)


@edits_app.command("withdraw")
def withdraw(
    context: typer.Context, ids: Annotated[list[int], typer.Argument(help="Ids of edits.", show_default=False)]
) -> None:
    """Take back edits that wait: eMAG's values stay."""

    for edit_id in ids:
        # One by one, so that those before an unknown one are in the audit log.
        _edit(session_of(context), partial(_withdrawn, edit_id), "edit.withdraw", str(edit_id), {"id": edit_id})
    typer.echo(f"{len(ids)} withdrawn.")


@conflicts_app.command("list")
def list_conflicts(
    context: typer.Context,
    account: OneAccount = None,
    offer: Offer = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="Those that were decided.")] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List what waits for a person's decision, newest first."""
    from emagsync.edits import conflict_repository
    from emagsync.edits.response_schemas import conflict_view
    from emagsync.edits.states import ConflictState
    from emagsync.entrypoints.cli.output.tables import print_table
    from emagsync.entrypoints.cli.output.text import moment, print_json

    state = ConflictState.RESOLVED if resolved else ConflictState.OPEN
    wanted = conflict_repository.ConflictFilter(account.lower() if account else None, offer, None, state)

    async def read(database: Database) -> list[conflict_repository.Conflict]:
        async with database.snapshot() as connection:
            return await conflict_repository.listed(connection, wanted, limit=limit)

    found = asyncio.run(_with_database(session_of(context), read))
    if as_json:
        print_json({"conflicts": [conflict_view(conflict) for conflict in found]})
        return
    rows = [
        (
            str(one.id),
            one.account,
            str(one.emag_id),
            _field(one.field, one.warehouse_id),
            one.base or "-",
            one.local,
            one.emag or "-",
            moment(one.opened_at),
            one.resolution.value if one.resolution else "",
        )
        for one in found
    ]
    columns = ("id", "account", "offer", "field", "before", "ours", "eMAG's", "since", "decided")
    print_table(columns, rows, numeric=("id", "offer"))


@conflicts_app.command("resolve")
def resolve(
    context: typer.Context,
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of conflicts.", show_default=False)] = None,
    take: Annotated[
        Literal["emag", "local"] | None, typer.Option(help="Whose value: eMAG's, or ours.", show_default=False)
    ] = None,
    value: Annotated[str | None, typer.Option(help="Another value, for one conflict.", show_default=False)] = None,
    account: Annotated[
        str | None, typer.Option("--account", help="All open ones of this account.", show_default=False)
    ] = None,
) -> None:
    """Decide conflicts: take eMAG's values, keep ours, or give another one."""
    if bool(ids) == bool(account) or (take is None) == (value is None):
        complain("Name conflicts by id, or all of an --account; and give either --take emag, --take local or --value.")
        raise typer.Exit(ExitCode.USAGE)
    if value is not None and (account or len(ids or ()) != 1):
        complain("--value is for one conflict at a time.")
        raise typer.Exit(ExitCode.USAGE)
    count = asyncio.run(_resolve(session_of(context), ids or [], account, take, value))
    typer.echo(f"{count} resolved.")


async def _resolve(session: Session, ids: list[int], account: str | None, take: str | None, value: str | None) -> int:
    from emagsync.audit.service import audit_command
    from emagsync.core.clock import SystemClock
    from emagsync.edits.conflict_repository import ConflictFilter
    from emagsync.edits.conflict_service import ConflictService
    from emagsync.edits.states import Resolution

    async with session.database() as database:
        clock = SystemClock()
        service, resolution = ConflictService(database=database, clock=clock), Resolution(take or "other")
        resolved, more = 0, True
        while more:
            if account is None:
                found, more = await service.resolve(ids, resolution, _author(), value=value), False
            else:
                found, more = await service.resolve_all(ConflictFilter(account.lower()), resolution, _author())
            resolved += len(found)
        detail = {"ids": ids, "resolution": resolution.value, "resolved": resolved}
        await audit_command(database, clock, "conflict.resolve", account or "", detail)
        return resolved


def _edit(
    session: Session,
    edit: Callable[[EditService, Author], Awaitable[T]],
    action: str | None,
    target: str,
    detail: dict[str, Any],
    *,
    bulk: bool = False,
) -> T:
    from emagsync.audit.service import audit_command
    from emagsync.core.clock import SystemClock
    from emagsync.edits.service import EditService

    clock: Clock = SystemClock()

    async def run(database: Database) -> T:
        service = EditService(database=database, settings=session.settings.edits, clock=clock)
        done = await edit(service, _author(bulk=bulk))
        if action is not None:
            await audit_command(database, clock, action, target, detail)
        return done

    return asyncio.run(_with_database(session, run))


async def _with_database(session: Session, do: Callable[[Database], Awaitable[T]]) -> T:
    async with session.database() as database:
        return await do(database)


def _author(*, bulk: bool = False) -> Author:
    from emagsync.audit.service import machine_user
    from emagsync.edits.service import Author
    from emagsync.edits.states import EditSource

    return Author(machine_user(), EditSource.BULK if bulk else EditSource.CLI)


def _print_bulk(answer: BulkAnswer) -> None:
    from emagsync.entrypoints.cli.output.tables import print_table

    rows = [
        (
            str(row.row),
            row.account_type,
            str(row.emag_id or ""),
            row.effect.value,
            _told(row.changes),
            "; ".join(f"{one.field}: {one.message}" for one in (*row.errors, *row.doubts)),
        )
        for row in answer.data.rows
    ]
    print_table(("row", "account", "offer", "effect", "changes", "remarks"), rows, numeric=("row", "offer"))
    told = ", ".join(f"{count} {effect.value}" for effect, count in answer.data.counts.items() if count)
    if answer.data.applied:
        typer.echo(f"{told}. {answer.data.kept} kept.")
    else:
        typer.echo(f"{told}. Nothing was kept.")


def _told(changes: list[ChangeView]) -> str:
    return ", ".join(f"{_field(one.field, one.warehouse_id or 0)} {one.old or '-'} -> {one.new}" for one in changes)


def _field(name: str, warehouse_id: int) -> str:
    return f"{name} ({warehouse_id})" if warehouse_id else name
