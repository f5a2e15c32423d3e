"""`emagsync calls`: the log of calls to eMAG."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from emagsync.call_log.repository import CallFilter
from emagsync.call_log.schemas import EmagCall
from emagsync.call_log.service import read_calls
from emagsync.entrypoints.cli.known_account import expect_account
from emagsync.entrypoints.cli.options import AtMost, Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import count, moment
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.sync.repository import run_id_of

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]


def calls(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    route: Annotated[str | None, typer.Option(help="Only this route, such as product_offer/read.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="`ok`, `failed` for all others, or an error's code, such as rate_limited.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=_FORMATS, help="Only calls from then on, in your own time zone.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_FORMATS, help="Only calls before then.")] = None,
    run: Annotated[str | None, typer.Option(help="Only the calls of this run.")] = None,
    limit: AtMost = 50,
    as_json: Json = False,
) -> None:
    """List calls to eMAG, the latest first. All that failed and all writes are there; of other successes a sample."""
    wanted = CallFilter(
        account=account.lower() if account else None,
        route=route,
        outcome=outcome,
        since=since.astimezone() if since else None,
        until=until.astimezone() if until else None,
        run_id=run,
    )
    found = asyncio.run(_calls(session_of(context), wanted, limit))
    if as_json:
        print_json({"calls": found})
    else:
        _print_calls(found)


async def _calls(session: Session, wanted: CallFilter, limit: int) -> list[EmagCall]:
    async with session.database() as database:
        await expect_account(session, database, wanted.account)
        if wanted.run_id is not None:
            wanted = wanted._replace(run_id=await run_id_of(database, wanted.run_id))
        return (await read_calls(database, wanted, limit=limit))[0]


def _print_calls(found: list[EmagCall]) -> None:
    if not found:
        typer.echo("No such calls.")
        return
    print_table(
        ("started", "account", "route", "asked for", "try", "status", "ms", "rows", "outcome", "error"),
        [
            (
                moment(call.started_at),
                call.account,
                call.route,
                " ".join(f"{name}={value}" for name, value in call.filters.items()),
                str(call.attempt),
                str(call.status or "-"),
                count(call.duration_ms),
                count(call.rows),
                call.outcome,
                call.error or "",
            )
            for call in found
        ],
        numeric=("try", "status", "ms", "rows"),
        optional=("error", "rows", "asked for", "ms", "try", "account"),
    )
