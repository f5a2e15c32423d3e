"""`emagsync db upgrade`, `db status` and `db check`: the database's schema and its health."""

from __future__ import annotations

import asyncio

import typer

from emagsync.db.checks import Finding
from emagsync.db.migrate import complete, current_revision
from emagsync.db.migrate import upgrade as apply_steps
from emagsync.db.migrations import HEAD
from emagsync.entrypoints.cli.database_file import require_file
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.findings import all_work, database_findings, finding_lines
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.offers.kept_numbers import count_anew, wrong_accounts
from emagsync.vault.vault import Vault


def upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the database to this version's schema. Other commands do it too; two at once are safe.

    Also counts the kept numbers of offers anew where `emagsync db check` finds them wrong.
    """
    changed, address = asyncio.run(_upgrade(session_of(context)))
    if as_json:
        print_json({"upgraded": changed, "revision": HEAD, "database": address})
    else:
        typer.echo(f"{address} {'is now' if changed else 'was already'} at schema {HEAD}.")


def status(context: typer.Context, as_json: Json = False) -> None:
    """Show which schema the database has, and which is needed. Changes nothing."""
    revision, address = asyncio.run(_revision(session_of(context)))
    if as_json:
        print_json({"revision": revision, "needed": HEAD, "current": revision == HEAD, "database": address})
    elif revision == HEAD:
        typer.echo(f"{address} is at schema {revision}, as this version needs.")
    else:
        typer.echo(f"{address} is at schema {revision or 'none'}; this version needs {HEAD}: `emagsync db upgrade`.")


def check(context: typer.Context, as_json: Json = False) -> None:
    """Check whether the database is fit for use. Looks at schema, damage, rights, the search index; changes nothing.

    The exit code is 1 when something keeps emagsync from working.
    """
    findings, address = asyncio.run(_findings(session_of(context)))
    works = all_work(findings)
    if as_json:
        print_json({"database": address, "works": works, "findings": [finding._asdict() for finding in findings]})
    else:
        typer.echo(address)
        typer.echo("\n".join(finding_lines(findings)))
    if not works:
        raise typer.Exit(ExitCode.FAILED)


async def _findings(session: Session) -> tuple[list[Finding], str]:
    async with session.database(upgraded=False) as database:
        require_file(database)
        return await database_findings(database, Vault(session.settings)), database.description


async def _upgrade(session: Session) -> tuple[bool, str]:
    async with session.database(upgraded=False) as database:
        changed = await apply_steps(database)
        changed = await complete(database) or changed
        if await wrong_accounts(database):
            await count_anew(database)
            changed = True
        return changed, database.description


async def _revision(session: Session) -> tuple[str | None, str]:
    async with session.database(upgraded=False) as database:
        path = database.sqlite_path
        if path is not None and not path.exists():
            return None, database.description
        return await current_revision(database), database.description
