"""On PostgreSQL, with the limit off: whole runs, and our statements with the driver that we use and with another one.

The server is one of this machine, as the tests start it: it does not wait for the disk, so that its work is measured.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.figures import Figure
from benchmarks.programs import Copied, Market, inside, market
from benchmarks.rows import stored_rows
from emagsync.db.bulk import BulkInsert
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
from emagsync.offers.tables import offers as table
from support.servers import PostgresServer

_BATCH = 100
_KEY = (table.c.account, table.c.emag_id)
_COLUMNS = [column for column in table.c if column.key != "id"]
_UPDATED = [column for column in _COLUMNS if column not in _KEY and column.key != "first_seen_at"]


def figures(workspace: Path, *, offers: int, rounds: int, batches: int) -> Iterator[Figure]:
    """Rates of whole runs, medians over `rounds`; and milliseconds per 100 rows, medians over `batches`."""
    with PostgresServer() as server:
        with market(offers, limit=False) as place:
            first, again = _rounds(server, place, workspace, rounds)
        yield _rate(f"PostgreSQL, {offers:,} offers, first copy", offers, first, 3_000)
        yield _rate(f"PostgreSQL, {offers:,} offers, unchanged", offers, again, 5_000)
        yield from asyncio.run(_drivers(server, batches))


def _rounds(server: PostgresServer, place: Market, workspace: Path, rounds: int) -> tuple[list[Copied], list[Copied]]:
    first, again = [], []
    for number in range(rounds):
        variables = {"EMAGSYNC_DATABASE_URL": asyncio.run(_created(server, f"bench_{number}"))}
        first.append(inside(place, workspace / f"postgresql-{number}", variables))
        again.append(inside(place, workspace / f"postgresql-{number}", variables))
    return first, again


def _rate(name: str, offers: int, copies: list[Copied], target: int) -> Figure:
    rate = offers / median(copied.inside for copied in copies)
    cpu = median(copied.inside_cpu or 0.0 for copied in copies)
    said = f">= {target:,} offers/s ({cpu:.1f} s of CPU)"
    return Figure(f"{name}, rate", "/s", rate, judged=rate, target=target, target_text=said, at_least=True)


async def _created(server: PostgresServer, name: str) -> str:
    engine = create_async_engine(make_url(server.url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return server.url_of(name)


async def _drivers(server: PostgresServer, batches: int) -> list[Figure]:
    # Each its own database: the second would find the pages of the first in memory.
    ours = await _stored(await _created(server, "with_asyncpg"), "postgresql+asyncpg", {}, batches)
    other: tuple[float, float] | None = None
    if importlib.util.find_spec("psycopg") is None:
        print("  psycopg is not installed: asyncpg is not compared with it", file=sys.stderr)
    else:
        address = await _created(server, "with_psycopg")
        other = await _stored(address, "postgresql+psycopg", {"paramstyle": "format"}, batches)
    names = ("first copy", "the same rows again")
    return [
        Figure(f"100 rows into PostgreSQL, {name}, beside psycopg", "ms", ours[place], other and other[place])
        for place, name in enumerate(names)
    ]


async def _stored(address: str, driver: str, options: dict[str, Any], batches: int) -> tuple[float, float]:
    """Milliseconds of wall time, the server's work included, for 100 rows: new ones, and known ones."""
    async with Database(address) as database:
        await upgrade(database)
    statement = BulkInsert(table, _COLUMNS, key=_KEY, update=_UPDATED)
    async with _engine(address, driver, options) as engine:
        return (await _pass(engine, statement, batches), await _pass(engine, statement, batches))


@asynccontextmanager
async def _engine(address: str, driver: str, options: dict[str, Any]) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(make_url(address).set(drivername=driver), **options)
    try:
        yield engine
    finally:
        await engine.dispose()


async def _pass(engine: AsyncEngine, statement: BulkInsert, batches: int) -> float:
    rows = stored_rows(batches * _BATCH)
    spent = []
    for start in range(0, len(rows), _BATCH):
        began = time.perf_counter()
        async with engine.begin() as connection:
            await statement.run(connection, rows[start : start + _BATCH])
        spent.append(time.perf_counter() - began)
    return 1000 * median(spent)
