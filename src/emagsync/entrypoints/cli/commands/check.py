"""`emagsync check`: testing the accounts' connections to eMAG."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from emagsync.accounts.connection_test import ConnectionReport, Culprit, check_connection
from emagsync.accounts.contacts import ContactLog
from emagsync.accounts.registry import AccountRegistry
from emagsync.call_log.recorder import CallRecorder
from emagsync.core.clock import SystemClock
from emagsync.core.errors import ConfigurationError, EmagsyncError
from emagsync.entrypoints.cli.errors import complain, warn
from emagsync.entrypoints.cli.exits import ExitCode, gravest
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.text import count
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.marketplace.request import CallRecord


def check(
    context: typer.Context,
    account: Annotated[list[str] | None, typer.Argument(help="Which accounts; none means all of them.")] = None,
    as_json: Json = False,
) -> None:
    """Test the accounts' connections to eMAG. Tests credentials, address, API right and network; reads nothing else."""
    session = session_of(context)
    # The test of a connection must not need a database.
    session.know_accounts_without_database()
    names = session.chosen_accounts(account)
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
    # Not `open_accounts`: that needs a database.
    recorder, contacts = CallRecorder(session.settings.calls), ContactLog(SystemClock())

    def observe(record: CallRecord) -> None:
        recorder.observe(record)
        contacts.observe(record)

    registry = AccountRegistry(session.accounts, session.settings, on_call=observe)
    reports = await asyncio.gather(*(_check_one(registry, name) for name in names))
    await registry.aclose()
    await _log_calls(session, recorder, contacts)
    return list(reports)


async def _check_one(registry: AccountRegistry, name: str) -> ConnectionReport:
    try:
        client = registry.client(name)
    except ConfigurationError as error:
        return ConnectionReport(name, "", False, None, None, Culprit.SETTINGS, error.code, str(error))
    async with client:
        return await check_connection(client)


async def _log_calls(session: Session, recorder: CallRecorder, contacts: ContactLog) -> None:
    """Write what was recorded to the log of calls, and how eMAG answered, if there is a database."""
    path = session.settings.sqlite_path
    if path is not None and not path.is_file():
        return
    try:
        async with session.database() as database:
            await recorder.write(database)
            await contacts.write(database)
    except EmagsyncError as error:
        warn(f"The calls were not put into the log of calls: {error}")


def _print_report(report: ConnectionReport) -> None:
    way = f" through the proxy {report.proxy}" if report.proxy else ""
    if report.ok:
        typer.echo(
            f"{report.account}: connected to {report.base_url}{way} in {report.latency_ms} ms, "
            f"{count(report.total_products)} offers"
        )
    else:
        asked = f" (asked{way})" if way else ""
        complain(f"{report.account}: {report.culprit}: {report.message}{asked}")


def _code(report: ConnectionReport) -> ExitCode:
    if report.ok:
        return ExitCode.COMPLETED
    return ExitCode.USAGE if report.culprit is Culprit.SETTINGS else ExitCode.FAILED
