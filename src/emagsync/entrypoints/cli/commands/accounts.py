"""`emagsync accounts` and `emagsync check`: which accounts are configured, and whether eMAG lets them in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emagsync.core.errors import EmagsyncError
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.session import Session, session_of

if TYPE_CHECKING:
    from emagsync.accounts.connection_test import ConnectionReport

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_PARTS = ("USERNAME", "PASSWORD", "BASE_URL", "PLATFORM")


def accounts(context: typer.Context, as_json: Json = False) -> None:
    """List the accounts as configured, with the variables that they come from. Passwords are not shown."""
    from emagsync.entrypoints.cli.output.tables import print_table
    from emagsync.entrypoints.cli.output.text import print_json

    session = session_of(context)
    found = [_described(session, name) for name in session.chosen_accounts(None)]
    if as_json:
        print_json({"accounts": found})
    else:
        print_table(
            ("account", "username", "password", "platform", "address", "variables", "problem"),
            [
                (
                    account["account"],
                    account["username"] or "-",
                    "set" if account["password_set"] else "missing",
                    account["platform"] or "-",
                    account["base_url"] or "-",
                    " ".join(account["variables"]),
                    account["problem"] or "",
                )
                for account in found
            ],
        )
    if all(account["problem"] for account in found):
        raise typer.Exit(ExitCode.USAGE)


def _described(session: Session, name: str) -> dict[str, Any]:
    from emagsync.accounts.registry import base_url_of, platform_for

    prefix = f"EMAG_{name.upper()}_"
    usable = session.accounts.usable.get(name)
    return {
        "account": name,
        "username": usable.username if usable else session.variables.get(f"{prefix}USERNAME"),
        "password_set": bool(session.variables.get(f"{prefix}PASSWORD", "").strip()),
        "platform": platform_for(usable).code if usable else None,
        "base_url": base_url_of(usable) if usable else None,
        "variables": [f"{prefix}{part}" for part in _PARTS if session.variables.get(f"{prefix}{part}", "").strip()],
        "problem": session.accounts.problems.get(name),
    }


def check(
    context: typer.Context,
    account: Annotated[list[str] | None, typer.Argument(help="Which accounts; none means all of them.")] = None,
    as_json: Json = False,
) -> None:
    """Test whether eMAG lets accounts in: credentials, address, API right, network. Reads nothing else."""
    from emagsync.entrypoints.cli.output.text import print_json

    session = session_of(context)
    names = session.chosen_accounts(account)
    session.start_logs()
    reports = asyncio.run(_check_all(session, names))
    if as_json:
        print_json({"accounts": [asdict(report) for report in reports]})
    else:
        for report in reports:
            _print_report(report)
    raise typer.Exit(gravest(_code(report) for report in reports))


async def _check_all(session: Session, names: Sequence[str]) -> list[ConnectionReport]:
    if any(name in session.accounts.usable for name in names):
        session.prepare_data_dir()
    reports = await asyncio.gather(*(_check_one(session, name) for name in names))
    await session.registry.aclose()
    await _record_calls(session)
    return list(reports)


async def _record_calls(session: Session) -> None:
    """Into the log of calls, if there is a database: the test itself needs none."""
    path = session.settings.sqlite_path
    if path is not None and not path.is_file():
        return
    try:
        async with session.database() as database:
            await session.recorder.write(database)
    except EmagsyncError as error:
        complain(f"The calls were not put into the log of calls: {error}")


async def _check_one(session: Session, name: str) -> ConnectionReport:
    from emagsync.accounts.connection_test import ConnectionReport, Culprit
    from emagsync.accounts.connection_test import check as check_connection
    from emagsync.core.errors import ConfigurationError

    try:
        client = session.registry.client(name)
    except ConfigurationError as error:
        return ConnectionReport(name, "", False, None, None, Culprit.SETTINGS, error.code, str(error))
    async with client:
        return await check_connection(client)


def _print_report(report: ConnectionReport) -> None:
    from emagsync.entrypoints.cli.output.text import count

    if report.ok:
        typer.echo(
            f"{report.account}: connected to {report.base_url} in {report.latency_ms} ms, "
            f"{count(report.total_products)} offers"
        )
    else:
        complain(f"{report.account}: {report.culprit}: {report.message}")


def _code(report: ConnectionReport) -> ExitCode:
    if report.ok:
        return ExitCode.COMPLETED
    return ExitCode.USAGE if report.culprit == "settings" else ExitCode.FAILED
