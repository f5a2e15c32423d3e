"""SQLite's connection, with fewer trips to its thread.

Each trip costs 70 µs of CPU and a wait for the other thread to wake; the driver makes four for a query (cursor,
execute, fetch, close), one for BEGIN, and one for a ROLLBACK that has nothing to roll back. Here a query is one trip,
which also begins the transaction, and what has no effect makes none. Nobody waits for the end of a transaction that
only read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Any, Final, NamedTuple

import aiosqlite
from sqlalchemy.exc import DBAPIError, IntegrityError

# Rows that come with the query itself; a larger result is fetched in further trips.
_AT_ONCE: Final = 1_000


class _Result(NamedTuple):
    """What a statement gave: its columns, counts and first rows."""

    description: Any
    rowcount: int
    lastrowid: Any
    rows: list[Any]
    rest: sqlite3.Cursor | None  # open while there may be more rows


class Connection(aiosqlite.Connection):
    """A connection of the driver, with fewer trips to its thread; for one user at a time."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._begin: str | None = None
        self._only_reads = False
        # A trip whose caller was cancelled goes on. Each of the two is counted by one thread only.
        self._asked = 0
        self._answered = 0

    def begin(self, *, reading: bool) -> None:
        """Begin a transaction with the next statement: one that only reads, or one that waits until it may write."""
        self._begin = "BEGIN" if reading else "BEGIN IMMEDIATE"
        self._only_reads = reading

    async def change_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Run `sql` once for each of `rows`, in one trip. Raises SQLAlchemy's IntegrityError and DBAPIError."""
        try:
            await self._execute(_change_many, self._conn, sql, rows)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(sql, None, error) from error
        except sqlite3.Error as error:
            raise DBAPIError(sql, None, error) from error

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._begin is not None:
            fn = partial(_in_transaction, self._conn, self._begin, fn)
            self._begin = None
        self._asked += 1
        return await super()._execute(partial(self._counted, fn), *args, **kwargs)  # type: ignore[no-untyped-call]

    def _counted(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        finally:
            self._answered += 1

    async def commit(self) -> None:
        """Commit; makes no trip for a transaction without statements."""
        if not self._is_idle():
            await super().commit()
        self._begin = None

    async def rollback(self) -> None:
        """Roll back; makes no trip where no transaction is open, and does not wait for one that only read."""
        self._begin = None
        if self._is_idle():
            return
        if self._only_reads and self._asked == self._answered:
            # Whatever the connection is asked next comes after it in the thread's queue.
            self._asked += 1
            self._tx.put_nowait((None, partial(self._counted, self._conn.rollback)))
        else:
            await super().rollback()

    def cursor(self) -> Any:
        """A cursor, which costs a trip only with its query."""
        return _Cursor(self)

    def _is_idle(self) -> bool:
        return self._asked == self._answered and not self.in_transaction

    async def ask(self, ask: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Run a cursor's statement, in one trip."""
        result: _Result = await self._execute(ask, self._conn)
        return result

    async def rows_of(self, fetch: Callable[..., Any], *args: Any) -> Any:
        """Fetch further rows of a cursor, in one trip."""
        return await self._execute(fetch, *args)


class _Cursor:
    """What SQLAlchemy uses of an asynchronous cursor."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._result = _Result(None, -1, None, [], None)
        self.arraysize = 1

    async def __aenter__(self) -> _Cursor:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def description(self) -> Any:
        return self._result.description

    @property
    def rowcount(self) -> int:
        return self._result.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._result.lastrowid

    async def execute(self, sql: str, parameters: Any = ()) -> _Cursor:
        self._result = await self._connection.ask(partial(_execute, sql, parameters))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> _Cursor:
        self._result = await self._connection.ask(partial(_executemany, sql, parameters))
        return self

    async def fetchall(self) -> list[Any]:
        rows = self._taken(len(self._result.rows))
        rest = self._result.rest
        if rest is not None:
            rows += await self._connection.rows_of(rest.fetchall)
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = self.arraysize if size is None else size
        rows = self._taken(wanted)
        rest = self._result.rest
        if len(rows) < wanted and rest is not None:
            rows += await self._connection.rows_of(rest.fetchmany, wanted - len(rows))
        return rows

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        rest = self._result.rest
        self._result = self._result._replace(rows=[], rest=None)
        if rest is not None:
            await self._connection.rows_of(rest.close)

    def _taken(self, count: int) -> list[Any]:
        taken = self._result.rows[:count]
        del self._result.rows[:count]
        return taken


def connection_to(path: str) -> Connection:
    """A connection to the file, not opened yet."""
    return Connection(partial(sqlite3.connect, path), 64)


def _in_transaction(
    connection: sqlite3.Connection, begin: str, fn: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    connection.execute(begin)
    return fn(*args, **kwargs)


def _change_many(connection: sqlite3.Connection, sql: str, rows: list[tuple[Any, ...]]) -> None:
    connection.executemany(sql, rows).close()


def _execute(sql: str, parameters: Any, connection: sqlite3.Connection) -> _Result:
    cursor = connection.execute(sql, parameters)
    rows = cursor.fetchmany(_AT_ONCE) if cursor.description else []
    rest = cursor if len(rows) == _AT_ONCE else None
    result = _Result(cursor.description, cursor.rowcount, cursor.lastrowid, rows, rest)
    if rest is None:
        cursor.close()
    return result


def _executemany(sql: str, parameters: Iterable[Any], connection: sqlite3.Connection) -> _Result:
    cursor = connection.executemany(sql, parameters)
    result = _Result(None, cursor.rowcount, cursor.lastrowid, [], None)
    cursor.close()
    return result
