"""`emagsync db`: the local database, its schema, its health, and moving it to another one."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from emagsync.core.errors import SettingsError
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.session import Session, session_of

if TYPE_CHECKING:
    from sqlalchemy import Table

    from emagsync.db.checks import Finding
    from emagsync.db.copying import Copied
    from emagsync.db.engine import Database

app = typer.Typer(
    name="db", help="The local database: schema, health, moving it.", no_args_is_help=True, rich_markup_mode=None
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("upgrade")
def upgrade(context: typer.Context, as_json: Json = False) -> None:
    """Bring the database to this version's schema. Other commands do it too; two at once are safe."""
    from emagsync.db.migrations import HEAD
    from emagsync.entrypoints.cli.output.text import print_json

    changed, address = asyncio.run(_upgrade(session_of(context)))
    if as_json:
        print_json({"upgraded": changed, "revision": HEAD, "database": address})
    else:
        typer.echo(f"{address} {'is now' if changed else 'was already'} at schema {HEAD}.")


@app.command("status")
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show which schema the database has, and which this version needs. Changes nothing."""
    from emagsync.db.migrations import HEAD
    from emagsync.entrypoints.cli.output.text import print_json

    revision, address = asyncio.run(_revision(session_of(context)))
    if as_json:
        print_json({"revision": revision, "needed": HEAD, "current": revision == HEAD, "database": address})
    elif revision == HEAD:
        typer.echo(f"{address} is at schema {revision}, as this version needs.")
    else:
        typer.echo(f"{address} is at schema {revision or 'none'}; this version needs {HEAD}: `emagsync db upgrade`.")


@app.command("check")
def check(context: typer.Context, as_json: Json = False) -> None:
    """See whether the database is fit for use: schema, damage, rights, the index of search. Changes nothing.

    The exit code is 1 when something keeps emagsync from working.
    """
    from emagsync.entrypoints.cli.output.text import print_json

    findings, address = asyncio.run(_findings(session_of(context)))
    works = all(finding.ok or not finding.is_fatal for finding in findings)
    if as_json:
        print_json({"database": address, "works": works, "findings": [finding._asdict() for finding in findings]})
    else:
        typer.echo(address)
        for finding in findings:
            mark = "ok" if finding.ok else "FAILED" if finding.is_fatal else "note"
            typer.echo(f"  {mark:<7} {finding.name}: {finding.detail}")
    if not works:
        raise typer.Exit(ExitCode.FAILED)


@app.command("copy")
def copy(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The database that gets everything.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="URL", help="The database to copy; without it, the one in use.", show_default=False
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Remove what is in the target first.")] = False,
    while_running: Annotated[
        bool,
        typer.Option("--while-running", help="Copy although a run is going on; what it writes later is not copied."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy the whole database to another one, from SQLite to PostgreSQL or back. Stop emagsync before.

    All or nothing: every row is read back and compared before the target is committed. Afterwards set
    EMAGSYNC_DATABASE_URL to the target. A password may be left out of a PostgreSQL address and be given by PGPASSWORD
    or ~/.pgpass.
    """
    from emagsync.entrypoints.cli.output.text import print_json

    copied = asyncio.run(
        _copy(session_of(context), source, to, replace=replace, while_running=while_running, quiet=as_json)
    )
    if as_json:
        print_json({"tables": [table._asdict() for table in copied]})
    else:
        rows = sum(table.rows for table in copied)
        typer.echo(f"Copied {rows:,} rows of {len(copied)} tables; every one was read back and is the same.")
        typer.echo("Set EMAGSYNC_DATABASE_URL to the target before emagsync is started again.")


async def _findings(session: Session) -> tuple[list[Finding], str]:
    from emagsync.db.checks import check as look

    async with session.database(upgraded=False) as database:
        _require_file(database)
        return await look(database), database.description


async def _copy(
    session: Session, source: str | None, to: str, *, replace: bool, while_running: bool, quiet: bool
) -> list[Copied]:
    from emagsync.db.copying import CopyRefused, require_schema
    from emagsync.db.copying import copy as copy_all
    from emagsync.db.engine import Database
    from emagsync.db.migrate import upgrade as apply_steps
    from emagsync.offers.search import catch_up
    from emagsync.sync.queries import active_runs
    from emagsync.sync.schemas import RunStatus

    address = source or session.settings.effective_database_url
    async with Database(address) as origin, Database(to) as target:
        _require_file(origin)
        await require_schema(origin, "source")
        going = [run.id for run in await active_runs(origin) if run.status is not RunStatus.INTERRUPTED]
        if going and not while_running:
            raise CopyRefused(
                f"Run {going[0]} is going on in the source: stop emagsync and let it end, or cancel it; or say "
                "--while-running, and what it writes from now on is not copied."
            )
        # What waits to be searchable there would never become so on PostgreSQL.
        await catch_up(origin)
        await apply_steps(target)
        on_progress = None if quiet else _show_progress
        return await copy_all(origin, target, _all_tables(), replace=replace, on_progress=on_progress)


def _show_progress(table: Copied, expected: int) -> None:
    # A line a table; where somebody watches, it grows.
    ends = "\n" if table.rows >= expected else "\r"
    if ends == "\n" or sys.stderr.isatty():
        print(f"  {table.table}: {table.rows:,} of {expected:,} rows", end=ends, file=sys.stderr, flush=True)  # noqa: T201


def _all_tables() -> list[Table]:
    """Every feature's tables, in the order in which they refer to each other."""
    import emagsync
    from emagsync.db.metadata import metadata

    for module in pkgutil.walk_packages(emagsync.__path__, "emagsync."):
        if module.name.endswith("tables"):
            importlib.import_module(module.name)
    return list(metadata.sorted_tables)


def _require_file(database: Database) -> None:
    path = database.sqlite_path
    if path is not None and not path.exists():
        raise SettingsError(f"There is no database at {path}: look at EMAGSYNC_DATABASE_URL and EMAGSYNC_DATA_DIR.")


async def _upgrade(session: Session) -> tuple[bool, str]:
    from emagsync.db.migrate import complete
    from emagsync.db.migrate import upgrade as apply_steps

    async with session.database(upgraded=False) as database:
        changed = await apply_steps(database)
        return await complete(database) or changed, database.description


async def _revision(session: Session) -> tuple[str | None, str]:
    from emagsync.db.migrate import current_revision

    async with session.database(upgraded=False) as database:
        path = database.sqlite_path
        if path is not None and not path.exists():
            return None, database.description
        return await current_revision(database), database.description
