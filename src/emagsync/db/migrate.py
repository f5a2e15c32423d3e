"""Bringing a database to this version's schema: safe when two processes start at once, refused when it is newer."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db import trigrams
from emagsync.db.engine import Database, translated
from emagsync.db.errors import DatabaseError, DatabaseTooNew
from emagsync.db.migrations import HEAD

_MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x656D6167  # "emag"


async def upgrade(database: Database) -> bool:
    """Apply the steps that are missing. Returns whether there were any. Raises DatabaseTooNew."""
    if await current_revision(database) == HEAD:
        return False
    async with _one_at_a_time(database) as connection:
        before = await connection.run_sync(revision_of)
        if before != HEAD:
            await connection.run_sync(_apply, before)
        return before != HEAD


async def complete(database: Database) -> bool:
    """Make what earlier steps had to do without, such as an index whose extension was missing. Says if it made it."""
    async with _one_at_a_time(database) as connection:
        return await connection.run_sync(trigrams.create)


async def current_revision(database: Database) -> str | None:
    """The newest step applied, or None for a database that has none of our tables."""
    async with database.snapshot() as connection:
        return await connection.run_sync(revision_of)


@asynccontextmanager
async def _one_at_a_time(database: Database) -> AsyncIterator[AsyncConnection]:
    path = database.sqlite_path
    if path is None:
        # A step over many rows takes as long as it takes, and so does one that another process is at.
        async with database.patient() as patient, patient.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            yield connection
        return
    with translated(database), path.with_name(path.name + ".migrating").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        async with database.engine.begin() as connection:
            yield connection


def revision_of(connection: Connection) -> str | None:
    """As `current_revision`."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _apply(connection: Connection, before: str | None) -> None:
    # Alembic costs 0.2 s to import, and a start that finds the schema up to date does not need it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before is not None and before not in known:
        raise DatabaseTooNew(
            f"The database is at schema {before}, which this version of emagsync does not know "
            f"(it knows up to {HEAD}). Install the newer emagsync that made it, or restore a backup."
        )
    try:
        command.upgrade(config, "head")
    except (CommandError, DBAPIError) as error:
        raise DatabaseError(f"The database could not be upgraded to schema {HEAD}: {error}") from error
