"""SQLite's connection, with fewer trips to its thread.

Each trip costs 70 µs of CPU and a wait for the other thread to wake; the driver makes four for a query (cursor,
execute, fetch, close), one for BEGIN, and one for a ROLLBACK that has nothing to roll back. Here a query is one trip,
which also begins the transaction and makes the changes of many rows that were asked for before it, and what has no
effect makes none. What takes less time than the trip itself is done where it is asked for, in the event loop's thread:
the end of a transaction that only read, and statements that are known to be short (`fetch_each`), which are stopped
and left to the connection's thread where they turn out not to be.

The states of a connection, which SQLAlchemy uses for one caller at a time:

    idle       No transaction is open, and the thread has finished everything.
    begun      `begin()` was called, which sends nothing: the BEGIN goes along with the next statement.
    changing   `change_many_with_next()` was called, which sends nothing either: the changes go along with the next
               statement or the commit.
    open       The thread has executed the BEGIN. `commit()` and `rollback()` make a trip.
    under way  A trip was started and not finished. A caller that is cancelled stops waiting, but its trip goes on.
               Until it has finished, the file's state is not known here, so the connection does not count as idle.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain, repeat
from types import TracebackType
from typing import Any, Final, NamedTuple

import aiosqlite
from sqlalchemy.exc import DBAPIError, IntegrityError

# How long a connection waits for a writer of another process; writers of this process queue on `Database._writer`.
BUSY_TIMEOUT_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 0.01
# The bits of an error code that do not say which variant it is.
_PRIMARY_CODE: Final = 0xFF
_PRAGMAS: Final = (
    # Of a new file only: an offer's row as eMAG sent it is 3 kB, and five of them fill such a page well.
    "page_size = 16384",
    f"busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000:.0f}",
    "journal_mode = WAL",
    # Safe against a killed process; after a power cut the last commits may be missing, never half there,
    # and a run reads those pages again.
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "journal_size_limit = 67108864",
    # Within that size: pages that many transactions change are written back to the file less often.
    "wal_autocheckpoint = 4000",
    "cache_size = -8000",
)

# Rows that come with the query itself; a larger result is fetched in further trips.
_AT_ONCE: Final = 1_000
# What statements in the event loop's thread may take, a millisecond or two: so many times as many steps of SQLite's
# virtual machine. A page of 50 offers takes a quarter of it.
_STEPS: Final = 1_000
_MOST_TIMES: Final = 20
# How long statements that took more are left to the connection's thread, and how many of them are remembered.
_LONG_SECONDS: Final = 10.0
_MOST_STOPPED: Final = 1_000


class _Result(NamedTuple):
    """The result of a statement: its columns, counts and first rows."""

    description: Any
    rowcount: int
    lastrowid: Any
    rows: list[Any]
    rest: sqlite3.Cursor | None  # open while there may be more rows


# A statement and its parameters.
_Asked = tuple[str, Sequence[Any]]


class _Changes(NamedTuple):
    """A statement to be run once for each of the rows."""

    sql: str
    rows: list[tuple[Any, ...]]


class Connection(aiosqlite.Connection):
    """A connection of the driver, with fewer trips to its thread; for one user at a time."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._begin: str | None = None  # the BEGIN that goes along with the next statement
        self._only_reads = False
        self._changes: list[_Changes] = []  # those that go along with the next statement
        # Trips. The event loop counts those that it started and the thread those that it finished: since each number
        # has one writer, no lock is needed.
        self._started = 0
        self._finished = 0

    def begin(self, *, reading: bool) -> None:
        """Begin a transaction with the next statement: one that only reads, or one that waits until it may write.

        Does nothing where one that only reads was begun and has not ended.
        """
        if reading and self._only_reads:
            return
        self._begin = "BEGIN" if reading else "BEGIN IMMEDIATE"
        self._only_reads = reading

    async def change_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Run `sql` once for each of `rows`, in one trip. Raises SQLAlchemy's IntegrityError and DBAPIError."""
        await self._execute(_change_all, self._conn, [_Changes(sql, rows)])

    def change_many_with_next(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """The same, along with the transaction's next statement or its commit, which then raises the errors."""
        self._changes.append(_Changes(sql, rows))

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._changes:
            fn = partial(_after_changes, self._conn, self._changes, fn)
            self._changes = []
        if self._begin is not None:
            fn = partial(_in_transaction, self._conn, self._begin, fn)
            self._begin = None
        self._started += 1
        return await super()._execute(partial(self._counted, fn), *args, **kwargs)  # type: ignore[no-untyped-call]

    def _counted(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        finally:
            self._finished += 1

    async def commit(self) -> None:
        """Commit; makes no trip for a transaction without statements."""
        if not self._is_idle():
            await super().commit()
        self._begin = None
        self._only_reads = False

    async def rollback(self) -> None:
        """Roll back; makes no trip where no transaction is open, or where it only read."""
        self._begin = None
        self._changes = []
        only_read, self._only_reads = self._only_reads, False
        if self._is_idle():
            return
        if only_read and self._started == self._finished:
            self._conn.rollback()
        else:
            await super().rollback()

    def cursor(self) -> Any:
        """A cursor, which costs a trip only with its query."""
        return _Cursor(self)

    def _is_idle(self) -> bool:
        return self._started == self._finished and not self.in_transaction and not self._changes

    async def run_statement(self, statement: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Run a cursor's statement and fetch its first rows, in one trip."""
        result: _Result = await self._execute(statement, self._conn)
        return result

    async def fetch_each(self, statements: Sequence[_Asked], *, are_short: bool = False) -> list[list[Any]]:
        """All rows of each of the statements, which are given with their parameters, in one trip.

        Without a trip where they are short, in a transaction that only reads or outside of any.
        """
        found = self._fetch_here(statements) if are_short else None
        if found is None:
            found = await self._execute(_fetch_each, self._conn, statements)
        return found

    def _fetch_here(self, statements: Sequence[_Asked]) -> list[list[Any]] | None:
        """The same in this thread; None where the connection's own has to do it.

        In WAL mode a reader waits for nobody, so what bounds the statement's work bounds its time.
        """
        connection = self._conn
        reads = self._only_reads or not (self._begin or connection.in_transaction)
        if not reads or self._changes or self._started != self._finished or _are_long(statements):
            return None
        # SQLite counts a statement's steps over all of its executions, so that it may ask at the first step.
        connection.set_progress_handler(partial(next, chain(repeat(0, _MOST_TIMES), repeat(1))), _STEPS)
        try:
            if self._begin is not None:
                connection.execute(self._begin).close()
                self._begin = None
            return _fetch_each(connection, statements)
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_INTERRUPT:
                raise
            _note_long(statements)
            return None
        finally:
            connection.set_progress_handler(None, 0)

    async def fetch(self, fetch: Callable[..., Any], *args: Any) -> Any:
        """Fetch further rows of a cursor, in one trip."""
        return await self._execute(fetch, *args)


class _Cursor:
    """The part of an asynchronous cursor that SQLAlchemy uses.

    The first rows are here after `execute`. Only a result of more than `_AT_ONCE` rows has a cursor in the thread
    (`_Result.rest`), which further fetches and `close` go to.
    """

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
        self._result = await self._connection.run_statement(partial(_execute, sql, parameters))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> _Cursor:
        self._result = await self._connection.run_statement(partial(_executemany, sql, parameters))
        return self

    async def fetchall(self) -> list[Any]:
        rows = self._take(len(self._result.rows))
        rest = self._result.rest
        if rest is not None:
            rows += await self._connection.fetch(rest.fetchall)
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        size = self.arraysize if size is None else size
        rows = self._take(size)
        rest = self._result.rest
        if len(rows) < size and rest is not None:
            rows += await self._connection.fetch(rest.fetchmany, size - len(rows))
        return rows

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        rest = self._result.rest
        self._result = self._result._replace(rows=[], rest=None)
        if rest is not None:
            await self._connection.fetch(rest.close)

    def _take(self, count: int) -> list[Any]:
        taken = self._result.rows[:count]
        del self._result.rows[:count]
        return taken


def connection_to(path: str) -> Connection:
    """A connection to the file, not opened yet."""
    return Connection(partial(connect, path), 64)


def connect(path: str) -> sqlite3.Connection:
    """Open the file and set it up, in the connection's own thread."""
    # The driver's own BEGIN would be a deferred one, which can fail half-way with SQLITE_BUSY when a reader
    # becomes a writer; `Connection.begin` says which kind is meant.
    # Two threads use it, never at the same time (`Connection._fetch_here`).
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            _set(connection, pragma)
    except BaseException:
        connection.close()
        raise
    return connection


def primary_code(error: BaseException) -> int | None:
    """SQLite's code of the error, such as `sqlite3.SQLITE_FULL`, if it is one of SQLite's, wrapped or not."""
    wrapped = error.orig if isinstance(error, DBAPIError) else error
    for one in (wrapped, getattr(wrapped, "__cause__", None)):
        if isinstance(one, sqlite3.Error) and hasattr(one, "sqlite_errorcode"):
            return one.sqlite_errorcode & _PRIMARY_CODE
    return None


def _set(connection: sqlite3.Connection, pragma: str) -> None:
    # `busy_timeout` does not cover a change of the journal mode: where two processes open a new file at once, one of
    # them is refused without a wait.
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(_RETRY_SECONDS)


def _in_transaction(
    connection: sqlite3.Connection, begin: str, fn: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    # When the BEGIN fails (the file stays locked), the statement must not run by itself, outside of any transaction.
    connection.execute(begin)
    return fn(*args, **kwargs)


def _after_changes(
    connection: sqlite3.Connection, changes: Iterable[_Changes], fn: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    _change_all(connection, changes)
    return fn(*args, **kwargs)


def _change_all(connection: sqlite3.Connection, changes: Iterable[_Changes]) -> None:
    for sql, rows in changes:
        try:
            connection.executemany(sql, rows).close()
        except sqlite3.IntegrityError as error:
            raise IntegrityError(sql, None, error) from error
        except sqlite3.Error as error:
            raise DBAPIError(sql, None, error) from error


def _execute(sql: str, parameters: Any, connection: sqlite3.Connection) -> _Result:
    cursor = connection.execute(sql, parameters)
    rows = cursor.fetchmany(_AT_ONCE) if cursor.description else []
    # A full batch may be all there is; finding out costs a trip, which only so large a result pays.
    rest = cursor if len(rows) == _AT_ONCE else None
    result = _Result(cursor.description, cursor.rowcount, cursor.lastrowid, rows, rest)
    if rest is None:
        cursor.close()
    return result


# When statements were stopped last, by their text: they may well be long for some time to come.
_stopped: dict[str, float] = {}


def _are_long(statements: Iterable[_Asked]) -> bool:
    if not _stopped:
        return False
    since = time.monotonic() - _LONG_SECONDS
    return any(_stopped.get(sql, since) > since for sql, _ in statements)


def _note_long(statements: Iterable[_Asked]) -> None:
    if len(_stopped) > _MOST_STOPPED:
        _stopped.clear()
    now = time.monotonic()
    _stopped.update((sql, now) for sql, _ in statements)


def _fetch_each(connection: sqlite3.Connection, statements: Iterable[_Asked]) -> list[list[Any]]:
    found = []
    for sql, parameters in statements:
        cursor = connection.execute(sql, parameters)
        found.append(cursor.fetchall())
        cursor.close()
    return found


def _executemany(sql: str, parameters: Iterable[Any], connection: sqlite3.Connection) -> _Result:
    cursor = connection.executemany(sql, parameters)
    result = _Result(None, cursor.rowcount, cursor.lastrowid, [], None)
    cursor.close()
    return result
