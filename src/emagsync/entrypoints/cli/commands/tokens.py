"""`emagsync tokens`: the API tokens that programs call the REST API with."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.audit.service import audit_command
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_done, print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.identity import build_token_service
from emagsync.identity.schemas import ApiToken, NewApiToken
from emagsync.identity.service import find_user
from emagsync.rest.principals import Role


def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for, such as `erp`.", show_default=False)],
    role: Annotated[Role, typer.Option(help="What it may do: read, also run and edit, or everything.")] = Role.VIEWER,
    user: Annotated[
        str | None,
        typer.Option(
            help="Whose it is: it can never do more than that user, and ends with the user.", show_default=False
        ),
    ] = None,
    expires_in_days: Annotated[int, typer.Option(min=0, max=3650, help="0 means never.")] = 365,
    as_json: Json = False,
) -> None:
    """Make an API token. It is printed once: only a hash of it is stored."""
    token = asyncio.run(_create(session_of(context), name, role, user, expires_in_days or None))
    if as_json:
        print_json({"token": token})
        return
    typer.echo(token.token)
    until = f"until {moment(token.expires_at)}" if token.expires_at else "for ever"
    typer.echo(f"token {token.id}, {token.name!r}, {token.role}, {until}; it is shown only now", err=True)


def list_all(context: typer.Context, as_json: Json = False) -> None:
    """List the API tokens that are not revoked."""
    tokens = asyncio.run(_list(session_of(context)))
    if as_json:
        print_json({"tokens": tokens})
        return
    rows = [
        (
            str(token.id),
            token.name,
            str(token.role),
            token.username or "-",
            moment(token.expires_at) if token.expires_at else "never",
            moment(token.last_used_at),
        )
        for token in tokens
    ]
    print_table(
        ("id", "name", "role", "user", "expires", "last used"),
        rows,
        numeric=("id",),
        optional=("last used", "user"),
        empty="No tokens.",
    )


def revoke(
    context: typer.Context,
    token: Annotated[int, typer.Argument(help="The token's id; `emagsync tokens list` shows it.", show_default=False)],
    as_json: Json = False,
) -> None:
    """End an API token at once."""
    asyncio.run(_revoke(session_of(context), token))
    print_done({"revoked": token}, f"token {token} is revoked", as_json=as_json)


async def _create(
    session: Session, name: str, role: Role, username: str | None, expires_in_days: int | None
) -> NewApiToken:
    async with session.foundation() as base:
        owner = await find_user(base.database, username) if username is not None else None
        token = await build_token_service(base).create(
            name, role, user_id=owner.id if owner else None, expires_in_days=expires_in_days
        )
        detail = {"name": token.name, "role": token.role, "user": username}
        await audit_command(base.database, base.clock, "token.create", f"{token.id}", detail)
        return token


async def _list(session: Session) -> list[ApiToken]:
    async with session.foundation() as base:
        return await build_token_service(base).list()


async def _revoke(session: Session, token_id: int) -> None:
    async with session.foundation() as base:
        await build_token_service(base).revoke(token_id)
        await audit_command(base.database, base.clock, "token.revoke", f"{token_id}")
