"""`emagsync offers export`: the local copy as a file."""

from __future__ import annotations

import asyncio
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, NoReturn
from zoneinfo import ZoneInfo

import typer

from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.offer_selection import (
    Account,
    Currency,
    MaxStock,
    Removed,
    Search,
    Sellable,
    Status,
    expect_accounts,
    offer_filter,
)
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.offers.export import export_offers, export_to_file
from emagsync.offers.export_columns import EXPORT_FIELDS, HeadingLanguage
from emagsync.offers.export_formats import ExportFormat, open_writer
from emagsync.offers.export_layout import ExportLayout
from emagsync.offers.selection import OfferFilter
from emagsync.reference.names import read_references
from emagsync.rest.time_zones import known_zone

FormatName = Literal["csv", "xlsx", "jsonl", "parquet"]


def export(
    context: typer.Context,
    account: Account = None,
    export_format: Annotated[FormatName | None, typer.Option("--format", help="csv, unless FILE says else.")] = None,
    search: Search = None,
    status: Status = None,
    sellable: Sellable = None,
    max_stock: MaxStock = None,
    currency: Currency = None,
    include_removed: Removed = False,
    language: Annotated[
        HeadingLanguage | None, typer.Option(help="For people: headings and words of this language.")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="Of the times, such as Europe/Bucharest; else UTC.")] = None,
    columns: Annotated[
        str | None, typer.Option(help="Only these columns, in this order, with commas between: emag_id,stock.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The file; standard output for csv and jsonl if none.")] = None,
) -> None:
    """Export the whole selection. A file is complete or not touched; cells cannot run as formulas."""
    chosen = ExportFormat(export_format or _format_of(output))
    if output == Path("-"):
        output = None
    if output is None and chosen in (ExportFormat.XLSX, ExportFormat.PARQUET):
        _refuse(f"{chosen.upper()} cannot be written to standard output: name a file with --output.")
    wanted = offer_filter(account, search, status, sellable, max_stock, include_removed, currency)
    layout = ExportLayout(_columns_in(columns), language, _zone_of(time_zone))
    count = asyncio.run(_export(session_of(context), wanted, chosen, output, layout))
    if output is not None:
        typer.echo(f"{count:,} offers exported to {output}.", err=True)


def _format_of(output: Path | None) -> str:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return suffix if suffix in ("xlsx", "jsonl", "parquet") else "csv"


def _columns_in(text: str | None) -> tuple[str, ...]:
    """The columns that are named. Ends the command, with the nearest known name, where one is not known."""
    if text is None:
        return EXPORT_FIELDS
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in EXPORT_FIELDS:
            near = ", ".join(get_close_matches(name, EXPORT_FIELDS, n=1)) or ", ".join(EXPORT_FIELDS)
            _refuse(f"There is no column {name!r}: did you mean {near}?")
        if names.count(name) > 1:
            _refuse(f"Give the column {name!r} once.")
    return names


def _zone_of(name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else ZoneInfo(known_zone(name))
    except ValueError as error:
        _refuse(str(error))


def _refuse(message: str) -> NoReturn:
    complain(message)
    raise typer.Exit(ExitCode.USAGE)


async def _export(
    session: Session, wanted: OfferFilter, export_format: ExportFormat, output: Path | None, layout: ExportLayout
) -> int:
    async with session.database() as database:
        await expect_accounts(session, database, wanted)
        async with database.snapshot() as connection:
            known = await read_references(connection)
        if output is not None:
            return await export_to_file(database, wanted, export_format, output, layout=layout, known=known)
        writer = open_writer(export_format, sys.stdout.buffer, layout)
        count = await export_offers(database, wanted, writer, known)
        writer.close()
        sys.stdout.buffer.flush()
        return count
