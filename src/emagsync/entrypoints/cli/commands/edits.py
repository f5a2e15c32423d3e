"""`emagsync edits`: loading many edits from a file, listing them, taking them back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from emagsync.core.decimal_marks import DecimalMark
from emagsync.edits import repository
from emagsync.edits.bulk.file_limits import MOST_FILE_BYTES
from emagsync.edits.bulk.file_process import FileReader
from emagsync.edits.bulk.file_reading import FileOptions
from emagsync.edits.model import Edit, EditFilter
from emagsync.edits.offer_codes import OfferCodes
from emagsync.edits.reasons import reason_text
from emagsync.edits.response_schemas import BulkAnswer, bulk_answer, edit_view
from emagsync.edits.service import EditService
from emagsync.edits.states import WAITING, EditSource, EditState
from emagsync.entrypoints.cli.editing import author_of, run_edit
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.offer_key import OfEan, OfPartNumber, OfPartNumberKey
from emagsync.entrypoints.cli.options import AtMost, Json
from emagsync.entrypoints.cli.output.edits import field_text, print_bulk, value_text
from emagsync.entrypoints.cli.output.json_output import print_done, print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.edits import build_edit_service
from emagsync.offers.reference_data import References
from emagsync.reference.names import read_references


def load(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file; its first row names the columns.")],
    account: Annotated[str | None, typer.Option(help="Of the rows that name none.", show_default=False)] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Keep the edits; without, only show what they come to.")
    ] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Accept values that look like a mistake.")] = False,
    include_hidden: Annotated[
        bool, typer.Option("--include-hidden", help="Accept rows and columns that are hidden in an XLSX file.")
    ] = False,
    skip_invalid: Annotated[bool, typer.Option("--skip-invalid", help="Keep what can be kept.")] = False,
    decimal: Annotated[
        DecimalMark | None, typer.Option(help="How the file writes decimals, where it does not show it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Edit many offers by a CSV or XLSX file. Shows what every row comes to; with --apply keeps all, or nothing."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        complain(f"{file} cannot be read: {error.strerror or error}.")
        raise typer.Exit(ExitCode.USAGE) from error
    read = asyncio.run(FileReader().read(content, FileOptions(account, confirm, include_hidden, decimal)))
    lines = read.requests

    async def keep(service: EditService) -> BulkAnswer:
        done = await service.apply(lines, author_of(EditSource.BULK), skip_invalid=skip_invalid)
        return bulk_answer(done, file=read.note)

    async def preview(session: Session) -> BulkAnswer:
        async with session.foundation() as base:
            result = await build_edit_service(base, session.accounts).preview(lines)
            return bulk_answer(result, file=read.note)

    session = session_of(context)
    if apply:
        answer = run_edit(session, keep, "offer.bulk_edit", file.name, {"rows": len(lines), "apply": True})
    else:
        answer = asyncio.run(preview(session))
    if as_json:
        print_json(answer.data)
    else:
        print_bulk(answer)
    if apply and not answer.data.applied:
        raise typer.Exit(ExitCode.FAILED)


def list_edits(
    context: typer.Context,
    account: Annotated[str | None, typer.Option("--account", help="Only this account.", show_default=False)] = None,
    offer: Annotated[int | None, typer.Option("--offer", help="Only the offer with this id of eMAG's.")] = None,
    part_number: OfPartNumber = None,
    part_number_key: OfPartNumberKey = None,
    ean: OfEan = None,
    state: Annotated[list[EditState] | None, typer.Option(help="Repeatable; without, those that wait.")] = None,
    limit: AtMost = 50,
    as_json: Json = False,
) -> None:
    """List local edits, newest first."""
    wanted = EditFilter(account.lower() if account else None, offer, tuple(state or WAITING))
    codes = OfferCodes(part_number=part_number, part_number_key=part_number_key, ean=ean)
    found, known = asyncio.run(_list(session_of(context), wanted, codes, limit))
    if as_json:
        print_json({"edits": [edit_view(edit) for edit in found]})
        return
    rows = [
        (
            str(edit.id),
            edit.account,
            str(edit.emag_id),
            field_text(edit.field, edit.warehouse_id),
            value_text(edit.account, edit.field, edit.base, known),
            value_text(edit.account, edit.field, edit.value, known),
            edit.currency or "",
            edit.state.value,
            edit.made_by,
            moment(edit.made_at),
            "; ".join(text for text in (reason_text(edit.reason), _remarks_text(edit)) if text),
        )
        for edit in found
    ]
    columns = ("id", "account", "offer", "field", "eMAG had", "wanted", "currency", "state", "by", "made", "reason")
    print_table(
        columns,
        rows,
        numeric=("id", "offer"),
        optional=("reason", "made", "by", "eMAG had", "currency"),
        empty="No edits.",
    )


def _remarks_text(edit: Edit) -> str | None:
    return None if edit.remarks is None else f"eMAG remarks: {edit.remarks}"


async def _list(session: Session, wanted: EditFilter, codes: OfferCodes, limit: int) -> tuple[list[Edit], References]:
    async with session.database() as database, database.snapshot() as connection:
        wanted = replace(wanted, offers=await codes.offers(connection))
        found = await repository.list_edits(connection, wanted, limit=limit)
        return found, await read_references(connection)


def withdraw(
    context: typer.Context,
    ids: Annotated[list[int], typer.Argument(help="Ids of edits.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Withdraw edits that wait: eMAG's values stay."""
    session = session_of(context)
    for edit_id in ids:
        # One by one, so that those before an unknown one are in the audit log.
        _withdraw(session, edit_id)
    print_done({"withdrawn": ids}, f"{len(ids)} withdrawn.", as_json=as_json)


def _withdraw(session: Session, edit_id: int) -> None:
    async def edit(service: EditService) -> None:
        await service.withdraw(edit_id, author_of(EditSource.CLI).name)

    run_edit(session, edit, "edit.withdraw", str(edit_id), {"id": edit_id})
