"""`emagsync outbox`: the edits on their way to eMAG, and a person's decisions about them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from emagsync.edits.offer_codes import OfferCodes
from emagsync.edits.push import outbox_repository
from emagsync.edits.push.endpoints import entry_view
from emagsync.edits.push.items import Item
from emagsync.edits.push.outbox import Lines, OutboxEntry
from emagsync.edits.reasons import reason_text
from emagsync.edits.states import OutboxState
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.offer_key import OfEan, OfPartNumber, OfPartNumberKey
from emagsync.entrypoints.cli.options import AtMost, Json, lower_case
from emagsync.entrypoints.cli.output.json_output import print_done, print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment
from emagsync.entrypoints.cli.pushing import decide
from emagsync.entrypoints.cli.session import Session, session_of

Ids = Annotated[list[int] | None, typer.Argument(help="Ids of lines.", show_default=False)]
Account = Annotated[
    str | None, typer.Option("--account", help="All of this account.", callback=lower_case, show_default=False)
]


def list_entries(
    context: typer.Context,
    account: Account = None,
    state: Annotated[
        list[str] | None,
        typer.Option(help="waiting, pending, sending, uncertain, applied, rejected or dropped.", show_default=False),
    ] = None,
    part_number: OfPartNumber = None,
    part_number_key: OfPartNumberKey = None,
    ean: OfEan = None,
    limit: AtMost = 50,
    as_json: Json = False,
) -> None:
    """List what is to be sent, was sent, or was refused, newest first."""
    for unknown in set(state or ()) - set(OutboxState):
        complain(f"There is no state {unknown!r}: choose {', '.join(OutboxState)}.")
        raise typer.Exit(ExitCode.USAGE)
    lines = Lines(account=account, states=tuple(map(OutboxState, state or ())))
    codes = OfferCodes(part_number=part_number, part_number_key=part_number_key, ean=ean)
    entries = asyncio.run(_list(session_of(context), lines, codes, limit))
    if as_json:
        print_json({"lines": [entry_view(entry) for entry in entries]})
        return
    rows = [
        (
            str(entry.id),
            entry.account,
            str(entry.emag_id),
            str(entry.state),
            ", ".join(map(_change_text, entry.items)),
            moment(entry.updated_at),
            reason_text(entry.reason) or "",
        )
        for entry in entries
    ]
    print_table(
        ("id", "account", "offer", "state", "changes", "changed", "reason"),
        rows,
        numeric=("id", "offer"),
        optional=("reason", "changed"),
        empty="Nothing is on its way to eMAG.",
    )


async def _list(session: Session, lines: Lines, codes: OfferCodes, limit: int) -> list[OutboxEntry]:
    async with session.database() as database, database.snapshot() as connection:
        lines = lines._replace(offers=await codes.offers(connection))
        return await outbox_repository.list_entries(connection, lines, limit=limit)


def _change_text(item: Item) -> str:
    if item.is_relative and item.target is None:
        return f"{item.field} {item.before or '-'} ({int(item.value):+d})"
    return f"{item.field} {item.before or '-'} -> {item.target or item.value}"


def approve(context: typer.Context, ids: Ids = None, account: Account = None, as_json: Json = False) -> None:
    """Release lines that wait for a person."""
    _require_choice(ids, account)
    session, target, lines = session_of(context), account or "lines", Lines(ids=ids, account=account)
    count = decide(session, "outbox.approve", target, lambda service, by: service.approve(lines, by=by))
    print_done({"lines": count}, f"{count} lines", as_json=as_json)


def reject(context: typer.Context, ids: Ids = None, account: Account = None, as_json: Json = False) -> None:
    """Refuse lines that were not sent yet; their edits are closed."""
    _require_choice(ids, account)
    session, target, lines = session_of(context), account or "lines", Lines(ids=ids, account=account)
    count = decide(session, "outbox.reject", target, lambda service, by: service.reject(lines, by=by))
    print_done({"lines": count}, f"{count} lines", as_json=as_json)


def _require_choice(ids: Sequence[int] | None, account: str | None) -> None:
    if bool(ids) == bool(account):
        complain("Name lines by id, or an account with --account.")
        raise typer.Exit(ExitCode.USAGE)
