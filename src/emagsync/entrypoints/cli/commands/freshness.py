"""`emagsync freshness`: how old offers may become, and how they stand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError

from emagsync.audit.service import audit_command
from emagsync.entrypoints.cli.options import Json, lower_case
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import count, duration, plural, printable
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.sync.freshness.schemas import FreshnessReport, TargetSetting, TargetSettings
from emagsync.sync.freshness.service import FreshnessService
from emagsync.sync.freshness.targets import TargetSelection

Account = Annotated[
    str, typer.Argument(help="The account.", callback=lower_case, metavar="ACCOUNT", show_default=False)
]

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LISTS: Final = ("status", "validation_status", "emag_id")
_EXAMPLE: Final = "such as stock_max=4:15m, sellable=true,category_id=506:1h or all:24h"


def show(
    context: typer.Context,
    accounts: Annotated[
        list[str] | None, typer.Argument(metavar="[ACCOUNT]...", help="All if none is given.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how old offers are, against their targets. Says too whether these can be met, and by how much not."""
    session = session_of(context)
    _print(asyncio.run(_reports(session, session.chosen_accounts(accounts))), as_json=as_json)


def set_targets(
    context: typer.Context,
    account: Account,
    targets: Annotated[
        list[str],
        typer.Option("--target", metavar="SELECTION:AGE", help=f"Repeatable; {_EXAMPLE}.", show_default=False),
    ],
    as_json: Json = False,
) -> None:
    """Replace an account's targets."""
    asked = _settings([parse_target(text) for text in targets])
    _print([asyncio.run(_set(session_of(context), account, asked.targets))], as_json=as_json)


def reset(context: typer.Context, account: Account, as_json: Json = False) -> None:
    """Go back to the targets that follow from the schedule."""
    _print([asyncio.run(_set(session_of(context), account, ()))], as_json=as_json)


def parse_target(text: str) -> TargetSetting:
    """A target as the command line has it: filters separated by commas, or `all`, then a colon and an age.

    Raises typer.BadParameter.
    """
    chosen, _, age = text.rpartition(":")
    match = re.fullmatch(r"(\d{1,6})([smhd])", age.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} does not end with an age; a target is {_EXAMPLE}.")
    values: dict[str, Any] = {}
    for part in chosen.split(",") if chosen.strip() not in ("", "all") else ():
        name, equals, value = (one.strip() for one in part.partition("="))
        if not equals or name not in TargetSelection.model_fields or (name in values and name not in _LISTS):
            raise typer.BadParameter(f"{part!r} is not a filter; a target is {_EXAMPLE}.")
        values[name] = [*values.get(name, ()), value] if name in _LISTS else value
    try:
        selection = TargetSelection.model_validate(values)
        return TargetSetting(selection=selection, max_age_seconds=int(match[1]) * _UNITS[match[2]])
    except ValidationError as error:
        raise typer.BadParameter(f"{text!r}: {_reasons(error)}") from error


def _settings(targets: Sequence[TargetSetting]) -> TargetSettings:
    try:
        return TargetSettings(targets=tuple(targets))
    except ValidationError as error:
        raise typer.BadParameter(_reasons(error)) from error


def _reasons(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors(include_url=False)
    )


async def _reports(session: Session, accounts: Sequence[str]) -> list[FreshnessReport]:
    async with session.foundation() as base:
        service = FreshnessService(
            database=base.database, accounts=session.accounts, settings=base.settings, clock=base.clock
        )
        return [await service.report(account) for account in accounts]


async def _set(session: Session, account: str, targets: Sequence[TargetSetting]) -> FreshnessReport:
    async with session.foundation() as base:
        service = FreshnessService(
            database=base.database, accounts=session.accounts, settings=base.settings, clock=base.clock
        )
        report = await service.set_targets(account, targets)
        detail = {"targets": [target.model_dump(exclude_defaults=True) for target in targets]}
        action = "freshness.change" if targets else "freshness.reset"
        await audit_command(base.database, base.clock, action, account, detail if targets else None)
        return report


def _print(reports: Sequence[FreshnessReport], *, as_json: bool) -> None:
    if as_json:
        print_json({"accounts": reports})
        return
    for report in reports:
        _print_report(report)


def _print_report(report: FreshnessReport) -> None:
    if not report.targets:
        typer.echo(f"{report.account}: no targets, because no sync is scheduled")
        return
    origin = ", which follow from the schedule" if report.is_default else ""
    typer.echo(f"{report.account}: {plural(report.older, 'offer')} older than their targets{origin}")
    rows = [
        (
            printable(told(target.selection)),
            duration(target.max_age_seconds),
            count(target.offers),
            count(target.older),
            duration(target.excess_seconds) if target.older else "-",
            target.read_by,
            f"{target.requests_per_hour:,.1f}",
        )
        for target in report.targets
    ]
    columns = ("offers", "at most", "number", "older", "by", "read by", "requests/h")
    print_table(columns, rows, numeric=("number", "older", "requests/h"), optional=("requests/h",))
    needed = f"{report.needed_requests_per_hour:,.1f} of {report.available_requests_per_hour:,} requests an hour"
    if report.can_be_met:
        typer.echo(f"With the scheduled syncs this needs {needed}.")
    else:
        typer.echo(f"This cannot be met: {'; '.join(_why_not(report, needed))}.")


def _why_not(report: FreshnessReport, needed: str) -> Iterator[str]:
    if report.missing_requests_per_hour:
        missing = f"{report.missing_requests_per_hour:,.1f} too many"
        yield f"with the scheduled syncs it needs {needed}, {missing}"
    if report.missing_seconds:
        missing = duration(report.missing_seconds)
        yield f"reading the offers takes longer than the targets allow, by up to {missing}: make them longer"


def told(selection: TargetSelection) -> str:
    """The selection as `--target` takes it."""
    parts: list[str] = []
    for name, value in selection.model_dump(mode="json", exclude_defaults=True).items():
        values = value if isinstance(value, list) else [value]
        parts.extend(f"{name}={str(one).lower() if isinstance(one, bool) else one}" for one in values)
    return ",".join(parts) or "all"
