"""Numbers that readers can keep their place by: given in the order in which the transactions are committed."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CHANGE_FEED_LOCK = 0x656D616766656564  # "emagfeed"
_take_turn = text("SELECT pg_advisory_xact_lock(:key)")


async def in_order_of_commit(connection: AsyncConnection) -> None:
    """Wait for one's turn to number rows; the turn ends with the transaction.

    A sequence gives its numbers when rows are inserted: on PostgreSQL a transaction with smaller numbers could be
    committed after one with larger numbers, and a reader that is past those would never see them. SQLite has one
    writer at a time, which is the same turn.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(_take_turn, {"key": _CHANGE_FEED_LOCK})
