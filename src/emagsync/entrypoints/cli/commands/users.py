"""`emagsync users`: who can log in to the page and the REST API."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

import typer

from emagsync.audit.service import audit_command
from emagsync.core.errors import SettingsError
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.identity import build_user_service
from emagsync.identity.schemas import User
from emagsync.identity.secrets import new_password
from emagsync.identity.service import find_user
from emagsync.rest.principals import Role

Name = Annotated[str, typer.Argument(help="The user's name; upper and lower case are the same.", show_default=False)]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of making one.")
]


def add(
    context: typer.Context,
    name: Name,
    role: Annotated[
        Role, typer.Option(help="What the user may do: read, also run and edit, or everything.")
    ] = Role.VIEWER,
    password_stdin: FromStdin = False,
    as_json: Json = False,
) -> None:
    """Add a user. Without --password-stdin a password is made and printed, once."""
    password, is_made = _password(password_stdin)
    user = asyncio.run(_add(session_of(context), name, role, password))
    _print_user(user, "added", password if is_made else None, as_json=as_json)


def list_all(context: typer.Context, as_json: Json = False) -> None:
    """List the users."""
    users = asyncio.run(_list(session_of(context)))
    if as_json:
        print_json({"users": users})
        return
    rows = [
        (user.username, str(user.role), _yes(user.enabled), _yes(user.second_factor), moment(user.last_login_at))
        for user in users
    ]
    print_table(
        ("user", "role", "enabled", "second factor", "last login"), rows, optional=("second factor", "last login")
    )


def passwd(context: typer.Context, name: Name, password_stdin: FromStdin = False, as_json: Json = False) -> None:
    """Give a user a new password, which ends the user's sessions. Without --password-stdin it is made and printed."""
    password, is_made = _password(password_stdin)
    user = asyncio.run(_change(session_of(context), name, password=password))
    _print_user(user, "has a new password", password if is_made else None, as_json=as_json)


def disable(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Disable a user, at once. The user's API tokens end for good."""
    _print_user(asyncio.run(_change(session_of(context), name, enabled=False)), "disabled", as_json=as_json)


def enable(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Enable a disabled user again."""
    _print_user(asyncio.run(_change(session_of(context), name, enabled=True)), "enabled", as_json=as_json)


def role(
    context: typer.Context,
    name: Name,
    new_role: Annotated[Role, typer.Argument(help="viewer, operator or admin.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Change what a user may do."""
    user = asyncio.run(_change(session_of(context), name, role=new_role))
    _print_user(user, f"is now {new_role}", as_json=as_json)


def reset_2fa(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Take off the second factor of who lost the phone. The user logs in without a code again."""
    user = asyncio.run(_reset_2fa(session_of(context), name))
    _print_user(user, "logs in without a second factor", as_json=as_json)


def logout(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """End all logins of a user. API tokens go on."""
    _print_user(asyncio.run(_logout(session_of(context), name)), "logged out everywhere", as_json=as_json)


def unlock(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Let a user log in at once after wrong tries. What was counted against the name is forgotten."""
    _print_user(asyncio.run(_unlock(session_of(context), name)), "need not wait any longer", as_json=as_json)


async def _reset_2fa(session: Session, name: str) -> User:
    async with session.foundation() as base:
        user = await find_user(base.database, name)
        user = await build_user_service(base).remove_second_factor(user.id)
        await audit_command(base.database, base.clock, "user.second_factor_off", user.username)
        return user


async def _logout(session: Session, name: str) -> User:
    async with session.foundation() as base:
        user = await find_user(base.database, name)
        await build_user_service(base).end_sessions(user.id)
        await audit_command(base.database, base.clock, "user.logout", user.username)
        return user


async def _unlock(session: Session, name: str) -> User:
    async with session.foundation() as base:
        user = await find_user(base.database, name)
        forgotten = await build_user_service(base).forgive(user.username)
        await audit_command(base.database, base.clock, "user.unlock", user.username, {"counts": forgotten})
        return user


async def _add(session: Session, name: str, role: Role, password: str) -> User:
    async with session.foundation() as base:
        user = await build_user_service(base).add(name, password, role)
        await audit_command(base.database, base.clock, "user.add", user.username, {"role": role})
        return user


async def _list(session: Session) -> list[User]:
    async with session.foundation() as base:
        return await build_user_service(base).list_users()


async def _change(session: Session, name: str, **changes: Any) -> User:
    async with session.foundation() as base:
        user = await find_user(base.database, name)
        user = await build_user_service(base).change(user.id, **changes)
        detail = {key: True if key == "password" else value for key, value in changes.items()}
        await audit_command(base.database, base.clock, "user.change", user.username, detail)
        return user


def _password(from_stdin: bool) -> tuple[str, bool]:
    """The password, and whether it was made here."""
    if not from_stdin:
        return new_password(), True
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise SettingsError("--password-stdin: standard input has no password in its first line.")
    return password, False


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _print_user(user: User, what: str, password: str | None = None, *, as_json: bool) -> None:
    if as_json:
        shown = user.model_dump(mode="json")
        print_json({"user": shown if password is None else shown | {"password": password}})
        return
    typer.echo(f"{user.username}: {what}")
    if password is not None:
        typer.echo(f"password (shown only now): {password}")
