"""`emagsync db grant-reader`: a PostgreSQL role for a program that reads the views by SQL."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from emagsync.audit.service import audit_command
from emagsync.core.errors import SettingsError
from emagsync.db.contract import readers
from emagsync.db.contract.installing import NAMES
from emagsync.db.contract.passwords import checked
from emagsync.entrypoints.cli.errors import warn
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.identity.secrets import new_password


def grant_reader(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The role's name.", show_default=False)],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read its password from standard input instead of making one.")
    ] = False,
    renew: Annotated[
        bool, typer.Option("--new-password", help="Make a new password for a role that is there already.")
    ] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the views from the role again.")] = False,
    as_json: Json = False,
) -> None:
    """Make a PostgreSQL role that reads only the views.

    Its password is made and printed, once, unless it is given. A role that is there already keeps its own. Running it
    again changes nothing more; every view is then the role's, also those that a newer version has.
    """
    if revoke + renew + password_stdin > 1:
        raise SettingsError("--revoke, --new-password and --password-stdin: give one of them.")
    session = session_of(context)
    if revoke:
        _show_revoked(asyncio.run(_revoke(session, name)), as_json=as_json)
        return
    given = _read_password() if password_stdin else None
    granted, made = asyncio.run(_grant(session, name, given, renew=renew))
    _show_granted(granted, made, as_json=as_json)


def _read_password() -> str:
    return checked(sys.stdin.readline().rstrip("\r\n"))


async def _grant(session: Session, name: str, given: str | None, *, renew: bool) -> tuple[readers.Granted, str | None]:
    """What was granted, and the password if it was made here."""
    async with session.foundation() as base:
        made = None
        if given is None and (renew or not await readers.exists(base.database, name)):
            made = new_password()
        granted = await readers.grant(base.database, name, given or made)
        detail = {"made": granted.is_new, "new_password": (given or made) is not None}
        await audit_command(base.database, base.clock, "database.grant_reader", name, detail)
        return granted, made


async def _revoke(session: Session, name: str) -> readers.Revoked:
    async with session.foundation() as base:
        revoked = await readers.revoke(base.database, name)
        if revoked.was_there:
            detail = {"dropped": revoked.is_gone}
            await audit_command(base.database, base.clock, "database.revoke_reader", name, detail)
        return revoked


def _show_granted(granted: readers.Granted, made: str | None, *, as_json: bool) -> None:
    for warning in granted.warnings:
        warn(warning)
    if as_json:
        password = {} if made is None else {"password": made}
        print_json({"reader": granted.name, "made": granted.is_new, "views": NAMES, **password})
        return
    what = "was made, and reads" if granted.is_new else "reads"
    typer.echo(f"The role {granted.name} {what} {len(NAMES)} views (docs/sql.md): {', '.join(NAMES)}")
    if made is not None:
        typer.echo(f"password (shown only now): {made}")


def _show_revoked(revoked: readers.Revoked, *, as_json: bool) -> None:
    if as_json:
        print_json({"reader": revoked.name, "was_there": revoked.was_there, "gone": revoked.is_gone})
    elif not revoked.was_there:
        typer.echo(f"There is no role {revoked.name}.")
    elif revoked.is_gone:
        typer.echo(f"The role {revoked.name} is gone.")
    else:
        typer.echo(f"The role {revoked.name} does not read the views any more. It was not dropped: it has other uses.")
