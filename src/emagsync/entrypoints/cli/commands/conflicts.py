"""`emagsync conflicts`: what was edited here and changed on eMAG, and a person's decisions about it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Literal

import typer

from emagsync.audit.service import audit_command
from emagsync.edits import conflict_repository
from emagsync.edits.model import Conflict, ConflictFilter
from emagsync.edits.offer_codes import OfferCodes
from emagsync.edits.response_schemas import conflict_view
from emagsync.edits.states import ConflictState, EditSource, Resolution
from emagsync.entrypoints.cli.editing import author_of
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.offer_key import OfEan, OfPartNumber, OfPartNumberKey
from emagsync.entrypoints.cli.options import AtMost, Json
from emagsync.entrypoints.cli.output.edits import field_text
from emagsync.entrypoints.cli.output.json_output import print_done, print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.edits import build_conflict_service


def list_conflicts(
    context: typer.Context,
    account: Annotated[str | None, typer.Option("--account", help="Only this account.", show_default=False)] = None,
    offer: Annotated[int | None, typer.Option("--offer", help="Only the offer with this id of eMAG's.")] = None,
    part_number: OfPartNumber = None,
    part_number_key: OfPartNumberKey = None,
    ean: OfEan = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="Those that were decided.")] = False,
    limit: AtMost = 50,
    as_json: Json = False,
) -> None:
    """List what waits for a person's decision, newest first."""
    state = ConflictState.RESOLVED if resolved else ConflictState.OPEN
    wanted = ConflictFilter(account.lower() if account else None, offer, None, state)
    codes = OfferCodes(part_number=part_number, part_number_key=part_number_key, ean=ean)
    found = asyncio.run(_list(session_of(context), wanted, codes, limit))
    if as_json:
        print_json({"conflicts": [conflict_view(conflict) for conflict in found]})
        return
    rows = [
        (
            str(one.id),
            one.account,
            str(one.emag_id),
            field_text(one.field, one.warehouse_id),
            one.base or "-",
            one.local,
            one.emag or "-",
            moment(one.opened_at),
            one.resolution.value if one.resolution else "",
        )
        for one in found
    ]
    columns = ("id", "account", "offer", "field", "before", "ours", "eMAG's", "since", "decided")
    print_table(columns, rows, numeric=("id", "offer"), optional=("since", "before", "decided"), empty="No conflicts.")


async def _list(session: Session, wanted: ConflictFilter, codes: OfferCodes, limit: int) -> list[Conflict]:
    async with session.database() as database, database.snapshot() as connection:
        wanted = replace(wanted, offers=await codes.offers(connection))
        return await conflict_repository.list_conflicts(connection, wanted, limit=limit)


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
    as_json: Json = False,
) -> None:
    """Decide conflicts: take eMAG's values, ours, or another one."""
    if bool(ids) == bool(account) or (take is None) == (value is None):
        complain("Name conflicts by id, or all of an --account; and give either --take emag, --take local or --value.")
        raise typer.Exit(ExitCode.USAGE)
    if value is not None and (account or len(ids or ()) != 1):
        complain("--value is for one conflict at a time.")
        raise typer.Exit(ExitCode.USAGE)
    count = asyncio.run(_resolve(session_of(context), ids or [], account, take, value))
    print_done({"resolved": count}, f"{count} resolved.", as_json=as_json)


async def _resolve(session: Session, ids: list[int], account: str | None, take: str | None, value: str | None) -> int:
    author = author_of(EditSource.CLI)
    async with session.foundation() as base:
        service, resolution = build_conflict_service(base), Resolution(take or "other")
        resolved, more = 0, True
        while more:
            if account is None:
                found, more = await service.resolve(ids, resolution, author, value=value), False
            else:
                found, more = await service.resolve_all(ConflictFilter(account.lower()), resolution, author)
            resolved += len(found)
        detail = {"ids": ids, "resolution": resolution.value, "resolved": resolved}
        await audit_command(base.database, base.clock, "conflict.resolve", account or "", detail)
        return resolved
