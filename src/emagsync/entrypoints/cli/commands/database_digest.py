"""`emagsync db digest`: one value for what the copy holds, to compare it with another copy."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.entrypoints.cli.known_account import expect_account
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.text import plural
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.ingest.digest import DIGEST_VERSION, CopyDigest, digest_of_all, read_digest
from emagsync.offers import digest_repository


def digest(
    context: typer.Context,
    account: Annotated[str | None, typer.Option("--account", help="Only this account.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Show the digest of the copy: equal digests, equal offers.

    Removed offers are left out, and neither the database nor its history matters. Digests of different versions (the
    number before the colon) cannot be compared.
    """
    found = asyncio.run(_digests(session_of(context), account.lower() if account else None))
    whole = digest_of_all(found.items()) if account is None else None
    if as_json:
        accounts = [{"account": name, **copy._asdict()} for name, copy in found.items()]
        print_json({"version": DIGEST_VERSION, "digest": whole, "accounts": accounts})
        return
    width = max(map(len, found), default=0)
    for name, copy in found.items():
        typer.echo(f"{name:<{width}}  {DIGEST_VERSION}:{copy.digest}  {plural(copy.offers, 'offer')}")
    if whole is not None and len(found) != 1:
        typer.echo(f"{'all':<{width}}  {DIGEST_VERSION}:{whole}")


async def _digests(session: Session, account: str | None) -> dict[str, CopyDigest]:
    async with session.database() as database:
        await expect_account(session, database, account)
        async with database.snapshot() as connection:
            names = await digest_repository.accounts(connection) if account is None else [account]
            return {name: await read_digest(connection, name) for name in names}
