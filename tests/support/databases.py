"""Databases for tests: real ones, with this version's schema, on SQLite or on PostgreSQL.

The root conftest runs every test that opens a database once on each. Tests do not ask which it is: a folder has one
database, whose address `address_in(folder)` gives to the service in the test and to programs that it starts.
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
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import text

from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
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
        _Chosen.made[key] = _new_on_postgresql(_template() if migrated else "template0")
    return _Chosen.made[key]


def variables_in(folder: Path) -> dict[str, str]:
    """What tells a program to use the folder's database; nothing where it is the one in its data directory."""
    return {"EMAGSYNC_DATABASE_URL": address_in(folder)} if is_postgresql() else {}


@contextmanager
def dropped_afterwards() -> Iterator[None]:
    """Databases that are made in the block are dropped at its end."""
    before = set(_Chosen.made)
    try:
        yield
    finally:
        for key in _Chosen.made.keys() - before:
            _drop(_Chosen.made.pop(key))


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


def _new_on_postgresql(template: str) -> str:
    name = f"emagsync_{os.getpid()}_{next(_numbers)}"
    _aside().execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return _address(name)


def _address(name: str) -> str:
    return urlsplit(postgres_url())._replace(path=f"/{name}").geturl()


def _drop(address: str) -> None:
    _aside().execute(f"DROP DATABASE {urlsplit(address).path[1:]} WITH (FORCE)")


@functools.cache
def _template() -> str:
    """A migrated PostgreSQL database that others are copied from."""
    name = f"emagsync_{os.getpid()}_template"
    _aside().execute(f"CREATE DATABASE {name} TEMPLATE template0")

    async def made() -> None:
        async with Database(_address(name)) as database:
            await upgrade(database)

    _aside().run(made())
    return name


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
    if _template.cache_info().currsize:
        _drop(_address(_template()))
    while _open:
        _open.pop().close()
