"""A connection of SQLite that was read from last, kept for the next reader.

To take one from SQLAlchemy's pool and to give it back costs more than most reads do, and whoever reads by ready
statements alone needs nothing of SQLAlchemy's in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from emagsync.db.prepared import driver_at_hand


class KeptConnection:
    """Lends connections of `engine`, each to one reader at a time, and keeps one of those that come back."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._free: AsyncConnection | None = None
        self._is_closed = False

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which no transaction is open, for the length of the block."""
        connection, self._free = self._free, None
        if connection is None:
            connection = await self._engine.connect()
        try:
            yield connection
            await self._end_reading(connection)
        except BaseException:
            await _closed(connection)
            raise
        if self._free is None and not self._is_closed:
            self._free = connection
        else:
            await _closed(connection)

    async def close(self) -> None:
        """Keep none any more."""
        self._is_closed = True
        if self._free is not None:
            await _closed(self._free)
            self._free = None

    async def _end_reading(self, connection: AsyncConnection) -> None:
        if connection.in_transaction():
            await connection.rollback()
        else:
            driver = driver_at_hand(connection)
            if driver is not None:
                await driver.rollback()


async def _closed(connection: AsyncConnection) -> None:
    # To the end, as SQLAlchemy does it, also where the caller is cancelled meanwhile.
    await asyncio.shield(asyncio.ensure_future(connection.close()))
