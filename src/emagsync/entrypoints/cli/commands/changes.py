"""`emagsync changes`: what changed, as Home shows it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import typer

from emagsync.core.clock import SystemClock
from emagsync.entrypoints.cli.known_account import expect_account
from emagsync.entrypoints.cli.options import Json, lower_case
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import age, count, moment, plural
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.home.schemas import CopyAge, HomeData
from emagsync.home.service import HomeService
from emagsync.sync.certificate.service import Certificates

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def changes(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option(formats=_FORMATS, help="In this machine's time; else the start of yesterday.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_FORMATS, help="Only what happened before then.")] = None,
    account: Annotated[str, typer.Option(callback=lower_case, help="Only this account.")] = "all",
    as_json: Json = False,
) -> None:
    """Show what changed since yesterday, by kind, and what waits."""
    start = _in_utc(since) if since is not None else _start_of_yesterday()
    end = None if until is None else _in_utc(until)
    if end is not None and end <= start:
        raise typer.BadParameter("--until must be later than --since")
    found = asyncio.run(_read(session_of(context), start, end, account))
    if as_json:
        print_json(found)
    else:
        _print(found)


async def _read(session: Session, since: datetime, until: datetime | None, account: str) -> HomeData:
    accounts = () if account == "all" else (account,)
    async with session.database() as database:
        for name in accounts:
            await expect_account(session, database, name)
        service = HomeService(database, Certificates(database), SystemClock())
        return await service.read(session.accounts.names, since=since, until=until, accounts=accounts, account=account)


def _print(found: HomeData) -> None:
    until = "" if found.until is None else f", until {moment(found.until)}"
    typer.echo(f"Since {moment(found.since)}{until}:")
    rows = [(one.kind.value, count(one.offers), _by_account(one.accounts)) for one in found.changes if one.offers]
    if rows:
        print_table(("kind", "offers", "by account"), rows, numeric=("offers",))
    else:
        typer.echo("Nothing changed.")
    if found.unsellable_reasons:
        reasons = ", ".join(f"{one.code} {count(one.offers)}" for one in found.unsellable_reasons)
        typer.echo(f"Unsellable because of: {reasons}")
    typer.echo(f"{plural(found.failed_runs.count, 'failed run')}, {plural(found.brakes.count, 'stop')} by the brake.")
    waiting = found.waiting
    typer.echo(
        f"Waiting for a person now: {plural(waiting.conflicts, 'conflict')}, {plural(waiting.approvals, 'line')} "
        f"to approve, {plural(waiting.holds, 'hold')}."
    )
    for copy in found.copies:
        typer.echo(_copy_line(copy, found.as_of))


def _by_account(numbers: dict[str, int]) -> str:
    return ", ".join(f"{name} {count(number)}" for name, number in sorted(numbers.items()))


def _copy_line(copy: CopyAge, now: datetime) -> str:
    if copy.verdict is None:
        return f"{copy.account}: no run has completed yet."
    return f"{copy.account}: as eMAG showed it {age(copy.read_at, now)}; certificate: {copy.verdict.value}."


def _start_of_yesterday() -> datetime:
    return _in_utc(datetime.combine(datetime.now().astimezone().date() - timedelta(days=1), time.min))


def _in_utc(local: datetime) -> datetime:
    return local.astimezone().astimezone(UTC)
