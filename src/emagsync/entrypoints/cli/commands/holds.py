"""`emagsync holds`: what the brake stopped, and a person's yes or no."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.edits.push import brake_repository
from emagsync.edits.push.schemas import Hold
from emagsync.entrypoints.cli.options import Json, lower_case
from emagsync.entrypoints.cli.output.json_output import print_done, print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment
from emagsync.entrypoints.cli.pushing import decide
from emagsync.entrypoints.cli.session import Session, session_of

HoldId = Annotated[int, typer.Argument(help="The hold's id.", show_default=False)]


def list_holds(
    context: typer.Context,
    account: Annotated[
        str | None, typer.Option("--account", help="All of this account.", callback=lower_case, show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List what the brake stopped, newest first."""
    found = asyncio.run(_list(session_of(context), account))
    if as_json:
        print_json({"holds": found})
        return
    rows = [
        (
            str(hold.id),
            hold.account,
            hold.kind,
            hold.state,
            ", ".join(f"{count} {what}" for what, count in hold.counts.items() if count),
            str(hold.most),
            moment(hold.created_at),
            hold.decided_by or "",
        )
        for hold in found
    ]
    columns = ("id", "account", "of a", "state", "offers", "let through", "since", "decided by")
    print_table(
        columns,
        rows,
        numeric=("id", "let through"),
        optional=("decided by", "let through", "since"),
        empty="The brake holds nothing.",
    )


async def _list(session: Session, account: str | None) -> list[Hold]:
    async with session.database() as database, database.snapshot() as connection:
        return await brake_repository.list_holds(connection, account=account)


def release(context: typer.Context, hold_id: HoldId, as_json: Json = False) -> None:
    """Release a hold: what the brake stopped is sent."""
    session = session_of(context)
    hold = decide(session, "hold.release", str(hold_id), lambda service, by: service.release_hold(hold_id, by=by))
    print_done({"hold": hold}, f"hold {hold.id} is {hold.state}", as_json=as_json)


def refuse(context: typer.Context, hold_id: HoldId, as_json: Json = False) -> None:
    """Refuse a hold: what the brake counted is rejected. After a sync, edits stay held until it is released."""
    session = session_of(context)
    hold = decide(session, "hold.refuse", str(hold_id), lambda service, by: service.refuse_hold(hold_id, by=by))
    print_done({"hold": hold}, f"hold {hold.id} is {hold.state}", as_json=as_json)
