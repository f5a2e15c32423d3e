"""`emagsync db copy`: moving everything to another database."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from emagsync.db.copying import Copied, CopyRefused, require_schema
from emagsync.db.copying import copy as copy_all
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade as apply_steps
from emagsync.db.new_schema import all_tables
from emagsync.entrypoints.cli.database_file import require_file
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.offers.search import catch_up
from emagsync.sync.repository import read_active_runs
from emagsync.sync.schemas import RunStatus


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
    """Copy the whole database to another one. From SQLite to PostgreSQL or back; stop emagsync before.

    All or nothing: every row is read back and compared before the target is committed. Afterwards set
    EMAGSYNC_DATABASE_URL to the target. A password may be left out of a PostgreSQL address and be given by PGPASSWORD
    or ~/.pgpass.
    """
    copied = asyncio.run(
        _copy(session_of(context), source, to, replace=replace, while_running=while_running, quiet=as_json)
    )
    if as_json:
        print_json({"tables": [table._asdict() for table in copied]})
    else:
        rows = sum(table.rows for table in copied)
        typer.echo(f"Copied {rows:,} rows of {len(copied)} tables; every one was read back and is the same.")
        typer.echo("Set EMAGSYNC_DATABASE_URL to the target before emagsync is started again.")


async def _copy(
    session: Session, source: str | None, to: str, *, replace: bool, while_running: bool, quiet: bool
) -> list[Copied]:
    address = source or session.settings.effective_database_url
    async with Database(address) as origin, Database(to) as target:
        require_file(origin)
        await require_schema(origin, "source")
        going = [run.id for run in await read_active_runs(origin) if run.status is not RunStatus.INTERRUPTED]
        if going and not while_running:
            raise CopyRefused(
                f"Run {going[0]} is going on in the source: stop emagsync and let it end, or cancel it; or say "
                "--while-running, and what it writes from now on is not copied."
            )
        # What waits to be searchable there would never become so on PostgreSQL.
        await catch_up(origin)
        await apply_steps(target)
        on_progress = None if quiet else _show_progress
        return await copy_all(origin, target, all_tables(), replace=replace, on_progress=on_progress)


def _show_progress(table: Copied, expected: int) -> None:
    # A line a table; where somebody watches, it grows.
    ends = "\n" if table.rows >= expected else "\r"
    if ends == "\n" or sys.stderr.isatty():
        print(f"  {table.table}: {table.rows:,} of {expected:,} rows", end=ends, file=sys.stderr, flush=True)  # noqa: T201
