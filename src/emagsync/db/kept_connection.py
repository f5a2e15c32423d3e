"""A connection of SQLite that was read from last, kept for the next reader.

To take one from SQLAlchemy's pool and to give it back costs more than most reads do, and whoever reads by ready
statements alone needs nothing of SQLAlchemy's in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from emagsync.db.prepared import driver_at_hand
from emagsync.db.ready import Question, ask


class KeptConnection:
    """Lends connections of `engine`, each to one reader at a time, and keeps one of those that come back."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._free: AsyncConnection | None = None
        self._is_closed = False

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which no transaction is open, for the length of the block."""
        connection = await self._taken()
        try:
            yield connection
            await self._end_reading(connection)
        except BaseException:
            await _closed(connection)
            raise
        await self._give_back(connection)

    async def ask(self, questions: Sequence[Question]) -> list[Sequence[Any]]:
        """The rows of each of the statements. Most take less time than a block around them does."""
        connection = await self._taken()
        try:
            found = await ask(connection, *questions)
            await self._end_reading(connection)
        except BaseException:
            await _closed(connection)
            raise
        await self._give_back(connection)
        return found

    async def _taken(self) -> AsyncConnection:
        connection, self._free = self._free, None
        return await self._engine.connect() if connection is None else connection

    async def _give_back(self, connection: AsyncConnection) -> None:
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
