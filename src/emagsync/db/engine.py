"""The database, opened and closed explicitly, used by `transaction()`, `snapshot()`, `autocommit()` and `ask()`.

    transaction()   Reads and writes. On SQLite it takes the write lock when it begins (BEGIN IMMEDIATE), so it waits
                    before it has read anything, and never fails half-way because another writer was faster. On
                    PostgreSQL it is READ COMMITTED, and repositories lock the rows that a decision depends on.
    snapshot()      Several SELECTs that must agree with each other. It neither waits for writers nor blocks them.
    autocommit()    One SELECT, without the trips to the database that beginning and ending a transaction cost.
    ask()           Statements that are ready (`db.ready`) and agree with each other, all in one trip.

Everything is SQLAlchemy Core on async connections and returns plain rows: nothing is ever loaded lazily, so
there is nothing that could raise `MissingGreenlet`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import aiosqlite
from sqlalchemy import Connection, delete, event, insert, select
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from emagsync.core.errors import SettingsError
from emagsync.core.exhaustion import DiskFull, TooFewFiles, exhaustion_of, is_out_of_files, too_few_files
from emagsync.db import postgresql
from emagsync.db.direct_reader import DirectReader
from emagsync.db.errors import (
    ConstraintViolated,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseReplaced,
    DatabaseUnavailable,
)
from emagsync.db.history_mark import MarkFile
from emagsync.db.kept_connection import KeptConnection
from emagsync.db.prepared import SNAPSHOT
from emagsync.db.ready import Question, ask
from emagsync.db.sqlite_driver import connection_to, primary_code
from emagsync.db.sqlite_file import OpenedFile
from emagsync.db.tables import process_marks
from emagsync.telemetry.tracing import span

if TYPE_CHECKING:
    from emagsync.db.postgresql_driver import Connector as PostgresqlConnector

_ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
# The history of a database that no program has opened for work yet.
NO_HISTORY: Final = "0" * 12
_AUTOCOMMIT = "emagsync_autocommit"
_SQLITE_CONNECTIONS = 15
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# Longer than any process runs: one whose row is gone believes that its database is another one.
_KEPT: Final = timedelta(days=1000)
_ADVICE = {
    True: "Check EMAGSYNC_DATABASE_URL, or that EMAGSYNC_DATA_DIR exists, is writable and has free space.",
    False: "Check EMAGSYNC_DATABASE_URL, and that PostgreSQL runs there and lets this user in.",
}


class Database:
    """One database. Use it as an async context manager, or call `close()`.

    `transaction()` commits when its block ends and rolls back when it raises. On SQLite, which has one writer, the
    writers of this process queue on a lock, first come first served: waiting for the file's own lock means polling it
    with growing pauses, and whoever asks at the right moment gets it.
    """

    def __init__(self, url: str | URL) -> None:
        self._url = async_url(url)
        self._sqlite: _SqliteConnector | None = None
        self._postgresql: PostgresqlConnector | None = None
        self._file: OpenedFile | None = None
        self._mark: str | None = None
        # Why the database needs its backup, once that is known.
        self.damage: str | None = None
        # What is remembered of it outside, once `history.settle` has looked.
        self.history_mark: MarkFile | None = None
        self.history_id = NO_HISTORY
        if self.is_sqlite:
            self._file = OpenedFile(str(self._url.database))
            self._sqlite = _SqliteConnector(self._file)
            self._engine = _create_sqlite_engine(self._url, self._sqlite)
        else:
            self._postgresql = postgresql.connector_to(self._url)
            self._engine = postgresql.create_engine(self._url, self._postgresql)
        self._snapshots = self._engine.execution_options(**self._snapshot_options)
        self._autocommits = self._engine.execution_options(**self._autocommit_options)
        self._kept = {engine: KeptConnection(engine) for engine in (self._snapshots, self._autocommits)}
        self._direct = None if self._postgresql is None else DirectReader(self._autocommits, self._postgresql)
        self._writer: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()

    def __repr__(self) -> str:
        return f"Database({self.description!r})"

    async def __aenter__(self) -> Database:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def engine(self) -> AsyncEngine:
        """SQLAlchemy's engine, for migrations and tests."""
        return self._engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite: a file on this machine."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def sqlite_path(self) -> Path | None:
        """The database's file, if it is one."""
        return Path(self._url.database) if self.is_sqlite and self._url.database else None

    @property
    def description(self) -> str:
        """The address without its password."""
        return self._url.render_as_string(hide_password=True)

    @property
    def _snapshot_options(self) -> dict[str, Any]:
        # A row that a writer moves from one table to another must not be found in both, or in none.
        if self.is_sqlite:
            return {SNAPSHOT: True}  # `_begin_sqlite` makes a deferred transaction of it: WAL mode's snapshot
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    @property
    def _autocommit_options(self) -> dict[str, Any]:
        return {_AUTOCOMMIT: True} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}

    def raised(self, error: BaseException | None) -> TypeGuard[Exception]:
        """Whether the error is one of PostgreSQL's driver, as SQLAlchemy leaves it where a connection is made ready."""
        return self._postgresql is not None and self._postgresql.raised(error)

    def advice_on(self, error: BaseException) -> str:
        """What the person who operates it can do about an error of the driver's: one or two sentences."""
        advice = None if self._postgresql is None else self._postgresql.advice_on(_cause(error))
        return advice or _ADVICE[self.is_sqlite]

    def patient(self) -> Database:
        """The same database with connections of its own, for statements that may take an hour."""
        return Database(self._url if self.is_sqlite else self._url.update_query_dict(postgresql.PATIENT))

    async def close(self) -> None:
        """Close every connection."""
        for kept in self._kept.values():
            await kept.close()
        if self._direct is not None:
            await self._direct.close()
        await self._engine.dispose()
        if self._sqlite is not None:
            await self._sqlite.settle()

    async def mark(self, now: datetime) -> None:
        """Write a row by which this process knows the database again, for `verify`."""
        name = uuid.uuid4().hex
        async with self.transaction() as connection:
            await connection.execute(delete(process_marks).where(process_marks.c.started_at < now - _KEPT))
            await connection.execute(insert(process_marks).values(name=name, started_at=now))
        self._mark = name
        if self.history_mark is not None:
            await self.history_mark.note_process(name)

    async def verify(self) -> None:
        """Look whether this is still the database that was opened: the file, and the row of `mark` in it.

        Raises DatabaseReplaced, DatabaseDamaged once damage is known, and DatabaseUnavailable.
        """
        if self.damage is not None:
            raise DatabaseDamaged(self.damage)
        if self._file is not None:
            self._file.check()
            self._file.check_others()
        if self._mark is not None and not await self._holds_mark(self._mark):
            raise DatabaseReplaced(self.description)

    def damaged(self, reason: str) -> DatabaseDamaged:
        """Note what is wrong with the database's content; returns the error that says so."""
        self.damage = (
            f"The database {self.description} is damaged ({reason}): stop emagsync and restore the backup "
            "(docs/runbook.md)."
        )
        return DatabaseDamaged(self.damage)

    async def write_back(self) -> None:
        """Move what SQLite has in its log to where it belongs in the file, so that closing it has less to do.

        Waits for nobody and blocks nobody. PostgreSQL does so by itself. Raises DatabaseUnavailable.
        """
        if self.is_sqlite:
            async with self.autocommit() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    async def _holds_mark(self, name: str) -> bool:
        if self._file is not None:
            with translated(self):
                return await asyncio.to_thread(self._file.holds_mark, name)
        async with self.autocommit() as connection:
            found = await connection.scalar(select(process_marks.c.name).where(process_marks.c.name == name))
        return found is not None

    def _reading(self, engine: AsyncEngine) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._kept[engine].lent() if self.is_sqlite else engine.connect()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose block is one transaction. Raises ConstraintViolated and DatabaseUnavailable."""
        with translated(self), span("transaction"):  # outside, because the commit may fail too
            if self._file is not None:
                self._file.check()
            # The lock first: a waiting writer must not occupy one of the pool's connections, which readers need.
            async with self._writer:
                await self._make_room()
                async with self._engine.begin() as connection:
                    yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading: all its statements see the same moment. It does not wait for writers."""
        with translated(self):
            await self._make_room()
            async with self._reading(self._snapshots) as connection:
                yield connection

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncConnection]:
        """A connection for a single SELECT, without a transaction, which would cost further trips to the database."""
        with translated(self):
            await self._make_room()
            async with self._reading(self._autocommits) as connection:
                if self._postgresql is not None and self._postgresql.is_pooled:
                    # A statement is prepared and executed, by the same connection of the server only in a transaction.
                    await connection.execution_options(isolation_level="READ COMMITTED")
                yield connection

    async def ask(self, *questions: Question) -> list[Sequence[Any]]:
        """The rows of each of the statements, in their order, all of the same moment: for a read that needs no more."""
        is_one = len(questions) == 1  # which sees one moment by itself
        with translated(self):
            if self._direct is None:
                return await self._kept[self._autocommits if is_one else self._snapshots].ask(questions)
            found = await self._direct.ask(questions)
        if found is not None:
            return found
        async with self.autocommit() if is_one else self.snapshot() as connection:
            return await ask(connection, *questions)

    async def _make_room(self) -> None:
        if self._direct is not None:
            await self._direct.make_room()


class translated:  # noqa: N801 - reads as a statement: `with translated(database):`
    """Turns driver errors into DatabaseError, so that no other room sees the driver."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, IntegrityError | sqlite3.IntegrityError):
            raise ConstraintViolated(_constraint_of(error)) from error
        if isinstance(error, DBAPIError | NoConnectionFree | OSError | sqlite3.Error) or self._database.raised(error):
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> DatabaseUnavailable:
        name = self._database.description
        code = primary_code(error)
        exhausted = exhaustion_of(error)
        if code == sqlite3.SQLITE_FULL or isinstance(exhausted, DiskFull):
            return DatabaseFull(f"There is no room left for the database {name}: its disk is full. Make room on it.")
        if code in _DAMAGED:
            return self._database.damaged(_reason(error))
        if isinstance(exhausted, TooFewFiles) or (code == sqlite3.SQLITE_CANTOPEN and is_out_of_files()):
            return DatabaseUnavailable(f"The database {name} cannot be used. {too_few_files()}")
        return DatabaseUnavailable(
            f"The database {name} cannot be used: {_reason(error)}. {self._database.advice_on(error)}"
        )


def async_url(url: str | URL) -> URL:
    """`url` with the async driver of its database. Raises SettingsError when it names none that we support."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise SettingsError(
            "EMAGSYNC_DATABASE_URL is not a database address such as sqlite:////var/lib/emagsync/db.sqlite3 "
            "or postgresql://user:password@host/name."
        ) from error
    backend = parsed.drivername.split("+")[0]
    if backend not in _ASYNC_DRIVERS:
        raise SettingsError(f"EMAGSYNC_DATABASE_URL names {backend!r}; use sqlite or postgresql.")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise SettingsError("EMAGSYNC_DATABASE_URL must name a file for SQLite: a copy in memory would be lost.")
    return parsed.set(drivername=_ASYNC_DRIVERS[backend])


def _create_sqlite_engine(url: URL, connector: _SqliteConnector) -> AsyncEngine:
    # What was opened stays open, and the one used last is used first: a new connection costs a thread and reading
    # the schema, and begins with an empty cache.
    engine = create_async_engine(
        url,
        pool_use_lifo=True,
        pool_size=_SQLITE_CONNECTIONS,
        max_overflow=0,
        async_creator=connector,
        hide_parameters=True,  # errors are logged, and values may be secrets
    )
    engine.sync_engine.dialect.statement_compiler = _SqliteCompiler
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


class _SqliteCompiler(SQLiteCompiler):
    """Writes table hints into statements, which SQLAlchemy's own compiler for SQLite leaves out."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        """The hint, `INDEXED BY ...`, which follows the table's name."""
        return text


class _SqliteConnector:
    """Opens connections for the pool, and closes one whose caller was cancelled meanwhile: nobody else would.

    Each connection has a thread. Opening cannot be interrupted there, so it is shielded from the caller's cancellation,
    and a task of its own closes the connection once it is open.
    """

    def __init__(self, file: OpenedFile) -> None:
        self._file = file
        self._abandoned: set[asyncio.Task[None]] = set()

    async def __call__(self) -> aiosqlite.Connection:
        # Before, because SQLite would make a new, empty file where there is none any more.
        self._file.check()
        connection = connection_to(self._file.path)
        # As SQLAlchemy does for connections of its own: a thread that waits for work must not keep the process alive.
        connection._thread.daemon = True
        connecting = asyncio.ensure_future(_opened(connection))
        try:
            opened = await asyncio.shield(connecting)
        except asyncio.CancelledError:
            closing = asyncio.ensure_future(_close_when_open(connecting))
            self._abandoned.add(closing)
            closing.add_done_callback(self._abandoned.discard)
            raise
        try:
            self._file.note()
        except DatabaseReplaced:
            await opened.close()
            raise
        return opened

    async def settle(self) -> None:
        """Wait until the abandoned connections are closed."""
        await asyncio.gather(*self._abandoned, return_exceptions=True)


async def _opened(connection: aiosqlite.Connection) -> aiosqlite.Connection:
    try:
        return await connection
    except sqlite3.Error:
        # The driver tells its thread to end and does not wait for it: the thread would meet a closed event loop.
        await asyncio.to_thread(connection._thread.join)
        raise


async def _close_when_open(connecting: asyncio.Future[aiosqlite.Connection]) -> None:
    await (await connecting).close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_AUTOCOMMIT, False):
        return  # no BEGIN: the SELECT is a transaction by itself
    adapted: Any = connection.connection.dbapi_connection
    adapted.driver_connection.begin(reading=options.get(SNAPSHOT, False))


def _cause(error: BaseException) -> BaseException:
    """The driver's own error, without what SQLAlchemy has put around it."""
    cause: BaseException = getattr(error, "orig", None) or error
    return cause.__cause__ if isinstance(cause.__cause__, Exception) else cause


def _reason(error: BaseException) -> str:
    if isinstance(error, NoConnectionFree):
        return "no connection became free in time: more calls at once than pool_size and pool_overflow allow"
    said = str(_cause(error))
    if isinstance(error, TimeoutError) and not said:
        return "no answer in time"
    return (said or type(_cause(error)).__name__).splitlines()[0].rstrip(".")


def _constraint_of(error: IntegrityError | sqlite3.IntegrityError) -> str:
    cause = error.orig if isinstance(error, IntegrityError) else error
    # PostgreSQL's driver names the constraint, on its own error or on the one that SQLAlchemy wrapped. SQLite only
    # describes it: "UNIQUE constraint failed: users.username".
    name = getattr(cause, "constraint_name", None) or getattr(
        getattr(cause, "__cause__", None), "constraint_name", None
    )
    return str(name or cause)
