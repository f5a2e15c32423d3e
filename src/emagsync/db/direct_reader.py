"""Asking PostgreSQL straight by its driver what is ready (`db.ready`): one trip to the server for a whole answer.

By SQLAlchemy it takes three, and more where several statements have to see the same moment: BEGIN, each of them,
ROLLBACK. A single SELECT needs no transaction, for it sees one moment by itself. Several are made one, of which each is
a column: the list of its rows.

Connections are taken from SQLAlchemy's pool and kept for the next caller, since to take one and to give it back costs
more than most statements do. They are given back before they keep others waiting.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from emagsync.db.prepared import driver_of
from emagsync.db.ready import Question, ready_among, rows_of, tell_listeners

if TYPE_CHECKING:
    from emagsync.db.postgresql_driver import Connector

# How long a connection is kept at most, so that the pool's own rules about old ones hold.
KEPT_SECONDS: Final = 60.0
# A parameter's place, such as $2; texts and quoted names stand before it, so that nothing in them is taken for one.
_PLACE: Final = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|\$(\d+)""")


class _Kept(NamedTuple):
    """A connection that was taken from the pool, the driver's own, and when that was."""

    connection: AsyncConnection
    driver: Any
    since: float


class DirectReader:
    """Asks by connections of `engine`, which executes without transactions."""

    def __init__(self, engine: AsyncEngine, connector: Connector) -> None:
        self._pool: Any = engine.sync_engine.pool
        self._engine = engine
        self._connector = connector
        self._most = connector.options.pool_size + connector.options.pool_overflow
        self._free: list[_Kept] = []
        self._is_closed = False

    async def ask(self, questions: Sequence[Question]) -> list[Sequence[Any]] | None:
        """The rows of each of the statements, all of one moment. None where SQLAlchemy has to ask: a pooler is between
        us and the server, or one of them is not ready.

        Raises the driver's own errors.
        """
        if self._connector.is_pooled:
            return None
        ready = ready_among(questions, self._engine.dialect)
        if ready is None:
            return None
        kept = await self._take()
        try:
            if kept.driver.is_pooled:  # which was found out just now
                found = None
            else:
                tell_listeners(kept.connection, ready)
                found = await _fetched(kept.driver, [(one.sql, values) for one, _, values in ready])
        except BaseException as error:
            await _ended(self._given_up(kept, error))
            raise
        await self._give_back(kept)
        return None if found is None else rows_of(ready, found)

    async def make_room(self) -> None:
        """Give a connection back to the pool where it has no other for who asks it next."""
        while self._free and self._pool.checkedout() >= self._most:
            await _ended(self._free.pop().connection.close())

    async def close(self) -> None:
        """Keep none any more."""
        self._is_closed = True
        while self._free:
            await _ended(self._free.pop().connection.close())

    async def _take(self) -> _Kept:
        while self._free:
            kept = self._free.pop()
            if not kept.driver.is_stale():
                return kept
            await _ended(kept.connection.close())
        connection = await self._engine.connect()
        return _Kept(connection, await driver_of(connection), time.monotonic())

    async def _give_back(self, kept: _Kept) -> None:
        if self._may_be_kept(kept):
            self._free.append(kept)
        else:
            await _ended(kept.connection.close())

    def _may_be_kept(self, kept: _Kept) -> bool:
        # Half of those that the pool keeps open itself, and none where others may have to wait for one.
        size = self._connector.options.pool_size
        has_room = len(self._free) < size // 2 and self._pool.checkedout() < size
        is_good = not kept.driver.is_pooled and time.monotonic() - kept.since < KEPT_SECONDS
        return has_room and is_good and not self._is_closed

    async def _given_up(self, kept: _Kept, error: BaseException) -> None:
        # After an error of the server's the connection is as good as before, or closed, which the pool sees. Of
        # anything else, such as a caller who does not wait any more, it is not known what is still under way.
        if not self._connector.said_by_server(error):
            await kept.connection.invalidate()
        await kept.connection.close()


async def _fetched(driver: Any, asked: Sequence[tuple[str, Sequence[Any]]]) -> list[Sequence[Any]]:
    """The rows of each of the statements, as tuples."""
    if len(asked) == 1:
        [(sql, values)] = asked
        return [await driver.fetch(sql, *values)]
    row = await driver.fetchrow(_joint(tuple(sql for sql, _ in asked)), *(value for _, each in asked for value in each))
    return list(row)


@lru_cache(maxsize=64)
def _joint(statements: tuple[str, ...]) -> str:
    """One statement with the rows of each of these: an array of records for each. Its parameters: theirs in turn."""
    columns, places = [], 0
    for sql in statements:
        numbered, count = _numbered(sql, places)
        columns.append(f"ARRAY(SELECT ROW(answer.*) FROM ({numbered}) AS answer)")  # noqa: S608 - it is all ours
        places += count
    return f"SELECT {', '.join(columns)}"


def _numbered(sql: str, before: int) -> tuple[str, int]:
    """The statement with its parameters after so many others, and how many it has."""
    found = {int(place[1]) for place in _PLACE.finditer(sql) if place[1]}
    moved = _PLACE.sub(lambda place: f"${int(place[1]) + before}" if place[1] else place[0], sql)
    return moved, len(found)


async def _ended(ending: Any) -> None:
    # To the end, as SQLAlchemy does it, also where the caller is cancelled meanwhile.
    await asyncio.shield(asyncio.ensure_future(ending))
