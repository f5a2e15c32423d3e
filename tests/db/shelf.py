"""A small table for tests of statements, in a database that has nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, String, Table

from emagsync.db.bulk import BulkInsert
from emagsync.db.engine import Database
from emagsync.db.types import Money
from support.databases import address_in

stock = Table(
    "stock",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(20), nullable=False),
    Column("price", Money),
)
ALL = list(stock.c)


@asynccontextmanager
async def database_with(folder: Path, table: Table) -> AsyncIterator[Database]:
    """A database with this table alone."""
    async with Database(address_in(folder, migrated=False)) as database:
        async with database.engine.begin() as connection:
            await connection.run_sync(table.metadata.create_all)
        yield database


async def put(database: Database, statement: BulkInsert, *rows: tuple[object, ...]) -> None:
    async with database.transaction() as connection:
        await statement.run(connection, rows)
