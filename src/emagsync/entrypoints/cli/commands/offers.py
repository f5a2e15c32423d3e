"""`emagsync offers`: the local copy, listed, shown and exported."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.known import expect_account
from emagsync.entrypoints.cli.session import Session, session_of

if TYPE_CHECKING:
    from emagsync.db.engine import Database
    from emagsync.offers.export_formats import ExportFormat
    from emagsync.offers.schemas import OfferDetail, OfferList
    from emagsync.offers.selection import OfferFilter

app = typer.Typer(name="offers", help="The local copy of the offers.", no_args_is_help=True, rich_markup_mode=None)


class StatusName(StrEnum):
    """An offer's status as the command line spells it."""

    INACTIVE = "inactive"
    ACTIVE = "active"
    END_OF_LIFE = "end_of_life"


FormatName = Literal["csv", "xlsx", "jsonl"]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Account = Annotated[str | None, typer.Option(help="Only this account.")]
Search = Annotated[
    str | None, typer.Option(help="Part of a name, SKU, PNK, EAN or brand; any case, with or without diacritics.")
]
Status = Annotated[list[StatusName] | None, typer.Option(help="Only this status; repeatable.")]
Sellable = Annotated[bool | None, typer.Option("--sellable/--not-sellable", help="Only those that (do not) sell.")]
MaxStock = Annotated[int | None, typer.Option(min=0, help="Only offers with at most this stock.")]
Removed = Annotated[bool, typer.Option("--include-removed", help="Also offers that eMAG does not know any more.")]

STATUS_NUMBERS = {StatusName.INACTIVE: 0, StatusName.ACTIVE: 1, StatusName.END_OF_LIFE: 2}


@app.command("list")
def list_(
    context: typer.Context,
    account: Account = None,
    search: Search = None,
    status: Status = None,
    sellable: Sellable = None,
    max_stock: MaxStock = None,
    include_removed: Removed = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    skip: Annotated[int, typer.Option(min=0, help="Leave out the first so many.")] = 0,
    as_json: Json = False,
) -> None:
    """List offers of the local copy, by account and id."""
    from emagsync.entrypoints.cli.output.offers import print_offers
    from emagsync.entrypoints.cli.output.text import print_json

    wanted = _filter(account, search, status, sellable, max_stock, include_removed)
    found = asyncio.run(_list(session_of(context), wanted, limit, skip))
    if as_json:
        print_json({"total": found.total, "skip": skip, "limit": limit, "offers": found.offers})
    else:
        print_offers(found, skip)


@app.command("show")
def show(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account.")],
    emag_id: Annotated[int, typer.Argument(help="The offer's id (the seller's own).")],
    changes: Annotated[int, typer.Option(min=0, max=1000, help="At most so many changes.")] = 20,
    as_json: Json = False,
) -> None:
    """Show everything about one offer: why it does or does not sell, recent changes, the row as eMAG sent it."""
    from emagsync.entrypoints.cli.output.offers import detail_document, print_detail
    from emagsync.entrypoints.cli.output.text import print_json

    detail = asyncio.run(_show(session_of(context), account.lower(), emag_id, changes))
    if as_json:
        print_json(detail_document(detail))
    else:
        print_detail(detail)


@app.command("export")
def export(
    context: typer.Context,
    account: Account = None,
    export_format: Annotated[FormatName | None, typer.Option("--format", help="csv, unless FILE says else.")] = None,
    search: Search = None,
    status: Status = None,
    sellable: Sellable = None,
    max_stock: MaxStock = None,
    include_removed: Removed = False,
    output: Annotated[Path | None, typer.Option(help="The file; standard output for csv and jsonl if none.")] = None,
) -> None:
    """Export the whole selection. A file is complete or not touched; cells cannot run as formulas."""
    from emagsync.offers.export_formats import ExportFormat

    chosen = ExportFormat(export_format or _format_of(output))
    if output == Path("-"):
        output = None
    if output is None and chosen is ExportFormat.XLSX:
        complain("XLSX cannot be written to standard output: name a file with --output.")
        raise typer.Exit(ExitCode.USAGE)
    wanted = _filter(account, search, status, sellable, max_stock, include_removed)
    count = asyncio.run(_export(session_of(context), wanted, chosen, output))
    if output is not None:
        typer.echo(f"{count:,} offers exported to {output}.", err=True)


def _format_of(output: Path | None) -> str:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return suffix if suffix in ("xlsx", "jsonl") else "csv"


def _filter(
    account: str | None,
    search: str | None,
    status: list[StatusName] | None,
    sellable: bool | None,
    max_stock: int | None,
    include_removed: bool,
) -> OfferFilter:
    from emagsync.offers.selection import OfferFilter

    return OfferFilter(
        accounts=(account.lower(),) if account else (),
        search=search,
        statuses=tuple(STATUS_NUMBERS[name] for name in status or ()),
        sellable=sellable,
        max_stock=max_stock,
        include_removed=include_removed,
    )


async def _expect_accounts(session: Session, database: Database, wanted: OfferFilter) -> None:
    for name in wanted.accounts:
        await expect_account(session, database, name)


async def _list(session: Session, wanted: OfferFilter, limit: int, skip: int) -> OfferList:
    from emagsync.offers.queries import list_offers

    async with session.database() as database:
        await _expect_accounts(session, database, wanted)
        return await list_offers(database, wanted, limit=limit, skip=skip)


async def _show(session: Session, account: str, emag_id: int, changes: int) -> OfferDetail:
    from emagsync.offers.queries import find_offer

    async with session.database() as database:
        return await find_offer(database, account, emag_id, changes=changes)


async def _export(session: Session, wanted: OfferFilter, export_format: ExportFormat, output: Path | None) -> int:
    from emagsync.offers.export import export_offers, export_to_file
    from emagsync.offers.export_formats import open_writer

    async with session.database() as database:
        await _expect_accounts(session, database, wanted)
        if output is not None:
            return await export_to_file(database, wanted, export_format, output)
        writer = open_writer(export_format, sys.stdout.buffer)
        count = await export_offers(database, wanted, writer)
        writer.close()
        sys.stdout.buffer.flush()
        return count
