"""Databases for tests: real ones, with this version's schema, on SQLite or on PostgreSQL.

The mark `databases` of a test says on which. Tests do not ask which it is: a folder has one database, whose address
`address_in(folder)` gives to the service in the test and to programs that it starts.

On PostgreSQL a test process has one migrated database (more, if a test asks for more at a time), which is emptied after
each test rather than made anew: that takes a fifth of the time. One whose schema a test has changed is dropped.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import shutil
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import text

from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
from support.patience import PATIENCE_SECONDS
from support.servers import postgres_url

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BACKENDS = (SQLITE, POSTGRESQL)
_FILE = "emagsync.sqlite3"

Result = TypeVar("Result")


class _Chosen:
    """What the test that runs now runs on, and the databases that were made for it: (folder, name) to address."""

    backend = SQLITE
    made: dict[tuple[Path, str], str] = {}  # noqa: RUF012 - one for the process, as the choice is


@contextmanager
def running_on(backend: str) -> Iterator[None]:
    """Databases are of this kind until the block ends."""
    before, _Chosen.backend = _Chosen.backend, backend
    try:
        yield
    finally:
        _Chosen.backend = before


def is_postgresql() -> bool:
    """Whether this test runs on PostgreSQL."""
    return _Chosen.backend == POSTGRESQL


def address_in(folder: Path, name: str = _FILE, *, migrated: bool = True) -> str:
    """The address of the folder's database, made when it is first asked for; without `migrated` it has no tables.

    On SQLite that is the file which `emagsync` itself uses in a data directory.
    """
    if not is_postgresql():
        return _sqlite_address(folder / name, migrated)
    key = (folder.absolute(), name)
    if key not in _Chosen.made:
        _Chosen.made[key] = _migrated_on_postgresql() if migrated else _new_on_postgresql("template0")
    return _Chosen.made[key]


def variables_in(folder: Path) -> dict[str, str]:
    """What tells a program to use the folder's database; nothing where it is the one in its data directory."""
    return {"EMAGSYNC_DATABASE_URL": address_in(folder)} if is_postgresql() else {}


@contextmanager
def dropped_afterwards() -> Iterator[None]:
    """Databases that are made in the block are dropped at its end, or emptied for the next test."""
    before = set(_Chosen.made)
    try:
        yield
    finally:
        for key in _Chosen.made.keys() - before:
            _give_back(_Chosen.made.pop(key))


@asynccontextmanager
async def new_database(folder: Path) -> AsyncIterator[Database]:
    """The folder's database, empty."""
    async with Database(address_in(folder)) as database:
        yield database


def rows(place: Database | Path, query: str, **values: Any) -> list[dict[str, Any]]:
    """Rows of a plain SQL query with `:name` parameters, from outside: of a database, or of a folder's.

    Values are the database's own. Blocks; it has an event loop of its own.
    """
    address = address_in(place, migrated=False) if isinstance(place, Path) else address_of(place)
    return _aside().run(_rows(address, query, values))


def execute(place: Database | Path, statement: str, **values: Any) -> None:
    """Run a plain SQL statement from outside, in a transaction of its own."""
    address = address_in(place, migrated=False) if isinstance(place, Path) else address_of(place)
    _aside().run(_execute(address, statement, values))


async def until_locked_out(database: Database, statements: int = 1) -> None:
    """Wait until so many statements that lock rows wait for somebody else's locks; on PostgreSQL."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
        "AND query LIKE '%FOR UPDATE%'"
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with database.snapshot() as connection:
                if await connection.scalar(query) == statements:
                    return
            await asyncio.sleep(0.01)


def copy_folder(source: Path, target: Path) -> None:
    """A data directory's copy, with its database. Nobody may use the source meanwhile."""
    shutil.copytree(source, target)
    if is_postgresql():
        original = urlsplit(address_in(source)).path[1:]
        _Chosen.made[target.absolute(), _FILE] = _new_on_postgresql(original)


def address_of(database: Database) -> str:
    """The address with its password."""
    return database.engine.url.set(drivername=database.engine.url.get_backend_name()).render_as_string(False)


async def _execute(address: str, statement: str, values: dict[str, Any]) -> None:
    async with Database(address) as database, database.transaction() as connection:
        await connection.execute(text(statement), values)


async def _rows(address: str, query: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    async with Database(address) as database, database.snapshot() as connection:
        return [dict(row._mapping) for row in await connection.execute(text(query), values)]


@functools.cache
def _schema() -> bytes:
    """A migrated SQLite file, made once: the steps take most of a server's start."""

    async def made(path: Path) -> bytes:
        async with Database(f"sqlite:///{path}") as database:
            await upgrade(database)
        return path.read_bytes()

    with TemporaryDirectory() as folder:
        return _aside().run(made(Path(folder) / "made.sqlite3"))


def _sqlite_address(path: Path, migrated: bool) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if migrated and not path.exists():
        path.write_bytes(_schema())
    return f"sqlite:///{path}"


_numbers = itertools.count(1)
# Migrated, empty, and nobody's for now.
_spare: list[str] = []


def _migrated_on_postgresql() -> str:
    return _spare.pop() if _spare else _new_on_postgresql(_template().name)


def _give_back(address: str) -> None:
    if _template.cache_info().currsize and _aside().run(_emptied(address, _template())):
        _spare.append(address)
    else:
        _drop(address)


def _new_on_postgresql(template: str) -> str:
    name = f"emagsync_{os.getpid()}_{next(_numbers)}"
    # By files: for a database as small as these, logging each of its pages takes twice as long.
    _aside().execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return _address(name)


def _address(name: str) -> str:
    return urlsplit(postgres_url())._replace(path=f"/{name}").geturl()


def _drop(address: str) -> None:
    _aside().execute(f"DROP DATABASE {urlsplit(address).path[1:]} WITH (FORCE)")


class _Template(NamedTuple):
    """A migrated database that others are copied from: its name, what its schema is, and the rows it begins with."""

    name: str
    schema: str
    rows: dict[str, str]


@functools.cache
def _template() -> _Template:
    name = f"emagsync_{os.getpid()}_template"
    _aside().execute(f"CREATE DATABASE {name} TEMPLATE template0")

    async def made() -> _Template:
        async with Database(_address(name)) as database:
            await upgrade(database)
        connection = await asyncpg.connect(_address(name))
        try:
            schema = await connection.fetchval(_SCHEMA)
            tables = [table for table, _ in await connection.fetch(_TABLES_WITH_ROWS)]
            found = {table: await connection.fetchval(_ROWS.format(table)) for table in tables}
        finally:
            await connection.close()
        return _Template(name, schema, found)

    return _aside().run(made())


# Everything that a test could have changed beside rows, in one value.
_SCHEMA = r"""
WITH tables AS (SELECT oid, relname, relkind, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT md5(concat(
    (SELECT string_agg(concat_ws(' ', relname, relkind, reloptions::text), ',' ORDER BY relname) FROM tables),
    (SELECT string_agg(concat_ws(' ', relname, attname, atttypid, attnotnull, atthasdef, attstattarget), ','
        ORDER BY relname, attnum) FROM pg_attribute JOIN tables ON attrelid = tables.oid),
    (SELECT string_agg(concat_ws(' ', conname, pg_get_constraintdef(oid)), ',' ORDER BY conname) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace),
    (SELECT string_agg(tgname, ',' ORDER BY tgname) FROM pg_trigger JOIN tables ON tgrelid = tables.oid
        WHERE NOT tgisinternal),
    (SELECT string_agg(indexrelid::regclass::text || indisvalid, ',' ORDER BY indexrelid::regclass::text) FROM pg_index
        JOIN tables ON indrelid = tables.oid),
    (SELECT string_agg(proname, ',' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
    (SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension),
    (SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%'),
    (SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid
        WHERE datname = current_database())
))
"""
# To truncate a table makes its files and those of its indexes anew, which takes longer than to delete some rows.
_TABLES_WITH_ROWS = """
SELECT quote_ident(relname) AS name, pg_relation_size(oid) > 256 * 1024 AS is_large FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 ORDER BY relname
"""
_ROWS = "SELECT json_agg(one ORDER BY one::text)::text FROM {} AS one"
_RESTARTED_SEQUENCES = """
SELECT setval(quote_ident(sequencename), start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL
"""
_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def _emptied(address: str, template: _Template) -> bool:
    """Bring it back to what it began with; False if it is not a copy of the template any more."""
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(_OTHERS)
        if await connection.fetchval(_SCHEMA) != template.schema:
            return False
        used = await connection.fetch(_TABLES_WITH_ROWS)
        touched = [one for one in used if not await _is_as_it_was(connection, one["name"], template)]
        await _empty(connection, touched)
        for table, found in template.rows.items():
            if not await _is_as_it_was(connection, table, template):
                query = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1::json)"
                await connection.execute(query, found)
        await connection.execute(_RESTARTED_SEQUENCES)
        return True
    finally:
        await connection.close()


async def _empty(connection: asyncpg.Connection, tables: list[asyncpg.Record]) -> None:
    large = [table["name"] for table in tables if table["is_large"]]
    if large:
        await connection.execute(f"TRUNCATE {', '.join(large)} CASCADE")
    # Without looking at what refers to them: that goes as well.
    small = [f"DELETE FROM {table['name']}" for table in tables if not table["is_large"]]
    await connection.execute("; ".join(["SET session_replication_role = replica", *small]))


async def _is_as_it_was(connection: asyncpg.Connection, table: str, template: _Template) -> bool:
    return table in template.rows and await connection.fetchval(_ROWS.format(table)) == template.rows[table]


class _Aside:
    """An event loop of its own in a thread, with a connection that makes and drops databases."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="databases of tests", daemon=True)
        self._thread.start()
        self._connection: asyncpg.Connection | None = None

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def execute(self, statement: str) -> None:
        self.run(self._execute(statement))

    def close(self) -> None:
        if self._connection is not None:
            self.run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _execute(self, statement: str) -> None:
        if self._connection is None:
            self._connection = await asyncpg.connect(postgres_url())
        await self._connection.execute(statement)


_open: list[_Aside] = []


def _aside() -> _Aside:
    if not _open:
        _open.append(_Aside())
    return _open[0]


def close_databases() -> None:
    """At the end of a test process: drop what is left, such as the template."""
    while _spare:
        _drop(_spare.pop())
    if _template.cache_info().currsize:
        _drop(_address(_template().name))
    while _open:
        _open.pop().close()
