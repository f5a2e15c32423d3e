"""Taking turns, where rows cannot be locked because they are not there yet."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CHANGE_FEED_LOCK = 0x656D616766656564  # "emagfeed"
_FIRST_ADMIN_LOCK = 0x656D616761646D6E  # "emagadmn"
_take_turn = text("SELECT pg_advisory_xact_lock(:key)")


async def in_order_of_commit(connection: AsyncConnection) -> None:
    """Wait for one's turn to number rows; the turn ends with the transaction.

    A sequence gives its numbers when rows are inserted: on PostgreSQL a transaction with smaller numbers could be
    committed after one with larger numbers, and a reader that is past those would never see them. SQLite has one
    writer at a time, which is the same turn.
    """
    await _one_at_a_time(connection, _CHANGE_FEED_LOCK)


async def first_to_look(connection: AsyncConnection) -> None:
    """Wait until nobody else looks whether there is an admin, and makes one; until the transaction ends."""
    await _one_at_a_time(connection, _FIRST_ADMIN_LOCK)


async def _one_at_a_time(connection: AsyncConnection, key: int) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(_take_turn, {"key": key})
