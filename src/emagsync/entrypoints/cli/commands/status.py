"""`emagsync status`: every account at a glance."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import typer

from emagsync.core.clock import SystemClock
from emagsync.db.engine import Database
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import age, count, of
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.offers.schemas import AccountTotals
from emagsync.offers.statistics import account_totals
from emagsync.sync.repository import read_active_runs, read_runs
from emagsync.sync.schemas import Run, RunStatus


def status(context: typer.Context, as_json: Json = False) -> None:
    """Show every account: its offers, its last run, what runs now."""
    document = asyncio.run(_collect(session_of(context)))
    if as_json:
        print_json(document)
    else:
        _print(document, SystemClock().now())


async def _collect(session: Session) -> dict[str, Any]:
    async with session.database() as database:
        totals = await account_totals(database)
        active = {run.account: run for run in await read_active_runs(database)}
        names = dict.fromkeys((*session.accounts.names, *totals, *active))
        return {"accounts": [await _account(session, database, name, totals, active) for name in names]}


async def _account(
    session: Session, database: Database, name: str, totals: dict[str, AccountTotals], active: dict[str, Run]
) -> dict[str, Any]:
    last = await read_runs(database, account=name, limit=1)
    completed = await read_runs(database, account=name, status=RunStatus.COMPLETED, dry_runs=False, limit=1)
    return {
        "account": name,
        "configured": name in session.accounts.usable,
        "problem": session.accounts.problems.get(name),
        "totals": totals.get(name),
        "running": active.get(name),
        "last_run": last[0] if last else None,
        "last_completed_at": completed[0].finished_at if completed else None,
    }


def _print(document: dict[str, Any], now: datetime) -> None:
    if not document["accounts"]:
        typer.echo(
            "No account is configured: set EMAG_MAIN_USERNAME and EMAG_MAIN_PASSWORD in the environment or in .env."
        )
        return
    print_table(
        ("account", "state", "offers", "active", "sellable", "out of stock", "removed", "last completed", "last run"),
        [_row(account, now) for account in document["accounts"]],
        numeric=("offers", "active", "sellable", "out of stock", "removed"),
        optional=("removed", "active", "out of stock", "last run"),
    )
    for account in document["accounts"]:
        if account["problem"]:
            typer.echo(account["problem"])


def _row(account: dict[str, Any], now: datetime) -> tuple[str, ...]:
    totals: AccountTotals | None = account["totals"]
    held = (totals.offers, totals.active, totals.sellable, totals.out_of_stock, totals.removed) if totals else ()
    return (
        account["account"],
        _state(account, now),
        *(count(number) for number in held or (None,) * 5),
        age(account["last_completed_at"], now),
        _last(account["last_run"], now),
    )


def _state(account: dict[str, Any], now: datetime) -> str:
    run: Run | None = account["running"]
    if run is not None:
        seen = age(run.heartbeat_at or run.created_at, now)
        return f"{run.status.value} {run.mode.value}, page {of(run.pages_read, run.total_pages)}, seen {seen}"
    if account["problem"]:
        return "misconfigured"
    return "idle" if account["configured"] else "not configured"


def _last(run: Run | None, now: datetime) -> str:
    return "-" if run is None else f"{run.status.value} {run.mode.value}, {age(run.started_at or run.created_at, now)}"
