"""`emagsync db`: the schema of the local database."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.entrypoints.cli.session import Session, session_of

app = typer.Typer(name="db", help="The local database's schema.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("upgrade")
def upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the database to this version's schema. Other commands do it too; two at once are safe."""
    from emagsync.db.migrations import HEAD
    from emagsync.entrypoints.cli.text import print_json

    changed, address = asyncio.run(_upgrade(session_of(context)))
    if as_json:
        print_json({"upgraded": changed, "revision": HEAD, "database": address})
    else:
        typer.echo(f"{address} {'is now' if changed else 'was already'} at schema {HEAD}.")


@app.command("status")
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show which schema the database has, and which this version needs. Changes nothing."""
    from emagsync.db.migrations import HEAD
    from emagsync.entrypoints.cli.text import print_json

    revision, address = asyncio.run(_revision(session_of(context)))
    if as_json:
        print_json({"revision": revision, "needed": HEAD, "current": revision == HEAD, "database": address})
    elif revision == HEAD:
        typer.echo(f"{address} is at schema {revision}, as this version needs.")
    else:
        typer.echo(f"{address} is at schema {revision or 'none'}; this version needs {HEAD}: `emagsync db upgrade`.")


async def _upgrade(session: Session) -> tuple[bool, str]:
    from emagsync.db.migrate import upgrade as apply_steps

    async with session.database(upgraded=False) as database:
        return await apply_steps(database), database.description


async def _revision(session: Session) -> tuple[str | None, str]:
    from emagsync.db.migrate import current_revision

    async with session.database(upgraded=False) as database:
        path = database.sqlite_path
        if path is not None and not path.exists():
            return None, database.description
        return await current_revision(database), database.description
