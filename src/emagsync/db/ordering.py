"""Locks for transactions on PostgreSQL whose rows cannot be locked because they are not there yet."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CHANGE_FEED_LOCK = 0x656D616766656564  # "emagfeed"
_FIRST_ADMIN_LOCK = 0x656D616761646D6E  # "emagadmn"
_HISTORY_LOCK = 0x656D616768697374  # "emaghist"
_INDEX_LOCK = 0x656D616769647820  # "emagidx "
_lock = text("SELECT pg_advisory_xact_lock(:key)")


async def serialise_change_log(connection: AsyncConnection) -> None:
    """Let one transaction at a time number rows of the change log; waits, and holds the lock until its end.

    A sequence gives its numbers when rows are inserted: on PostgreSQL a transaction with smaller numbers could be
    committed after one with larger numbers, and a reader that is past those would never see them. SQLite has one
    writer at a time, which has the same effect.
    """
    await _serialise(connection, _CHANGE_FEED_LOCK)


async def serialise_first_admin(connection: AsyncConnection) -> None:
    """Let one transaction at a time look for an admin and add one; waits, and holds the lock until its end."""
    await _serialise(connection, _FIRST_ADMIN_LOCK)


async def serialise_history(connection: AsyncConnection) -> None:
    """Let one transaction at a time begin a history; waits, and holds the lock until its end."""
    await _serialise(connection, _HISTORY_LOCK)


async def serialise_indexes(connection: AsyncConnection) -> None:
    """Let one transaction at a time look whether an index is there and make it; waits, and holds the lock until its
    end."""
    await _serialise(connection, _INDEX_LOCK)


async def _serialise(connection: AsyncConnection, key: int) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(_lock, {"key": key})
