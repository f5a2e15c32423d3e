"""`emagsync offers export`: the local copy as a file."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Literal

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
from emagsync.offers.export_formats import ExportFormat, open_writer
from emagsync.offers.selection import OfferFilter

FormatName = Literal["csv", "xlsx", "jsonl"]


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
    output: Annotated[Path | None, typer.Option(help="The file; standard output for csv and jsonl if none.")] = None,
) -> None:
    """Export the whole selection. A file is complete or not touched; cells cannot run as formulas."""
    chosen = ExportFormat(export_format or _format_of(output))
    if output == Path("-"):
        output = None
    if output is None and chosen is ExportFormat.XLSX:
        complain("XLSX cannot be written to standard output: name a file with --output.")
        raise typer.Exit(ExitCode.USAGE)
    wanted = offer_filter(account, search, status, sellable, max_stock, include_removed, currency)
    count = asyncio.run(_export(session_of(context), wanted, chosen, output))
    if output is not None:
        typer.echo(f"{count:,} offers exported to {output}.", err=True)


def _format_of(output: Path | None) -> str:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return suffix if suffix in ("xlsx", "jsonl") else "csv"


async def _export(session: Session, wanted: OfferFilter, export_format: ExportFormat, output: Path | None) -> int:
    async with session.database() as database:
        await expect_accounts(session, database, wanted)
        if output is not None:
            return await export_to_file(database, wanted, export_format, output)
        writer = open_writer(export_format, sys.stdout.buffer)
        count = await export_offers(database, wanted, writer)
        writer.close()
        sys.stdout.buffer.flush()
        return count
