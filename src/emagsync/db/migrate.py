"""Upgrading a database to this version's schema: safe when two processes start at once, refused when it is newer.

A new one is not upgraded step by step but made at once (`emagsync.db.new_schema`).
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db import new_schema, trigrams
from emagsync.db.engine import Database, translated
from emagsync.db.migrations import HEAD

_ADVISORY_LOCK = 0x656D6167  # "emag"


async def upgrade(database: Database) -> bool:
    """Apply the missing migrations. Returns whether there were any. Raises DatabaseTooNew and DatabaseError."""
    if await current_revision(database) == HEAD:
        return False
    async with _one_at_a_time(database) as connection:
        before = await connection.run_sync(revision_of)
        if before != HEAD:
            await _apply(connection, before)
        return before != HEAD


async def complete(database: Database) -> bool:
    """Make PostgreSQL's search index if the migration could not, because the extension was missing then.

    Returns whether it made one.
    """
    async with _one_at_a_time(database) as connection:
        return await connection.run_sync(trigrams.create)


async def current_revision(database: Database) -> str | None:
    """The newest migration applied, or None for a database that has none of our tables."""
    async with database.snapshot() as connection:
        return await connection.run_sync(revision_of)


@asynccontextmanager
async def _one_at_a_time(database: Database) -> AsyncIterator[AsyncConnection]:
    path = database.sqlite_path
    if path is None:
        # A migration of many rows may take long, and so may one that another process is applying.
        async with database.patient() as patient, patient.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            yield connection
        return
    with translated(database), path.with_name(path.name + ".migrating").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        async with database.engine.begin() as connection:
            yield connection


def revision_of(connection: Connection) -> str | None:
    """The same as `current_revision`, on a connection."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


async def _apply(connection: AsyncConnection, before: str | None) -> None:
    if before is None and await connection.run_sync(new_schema.is_new):
        await new_schema.create(connection)
        return
    # Here, because Alembic costs 0.2 s to import, and a start that finds the schema up to date does not need it.
    from emagsync.db.alembic_upgrade import upgrade_to_head

    await connection.run_sync(upgrade_to_head, before)
