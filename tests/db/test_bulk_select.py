"""Many keys in one statement, and what the driver refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text, select

from emagsync.db.bulk import BulkInsert, BulkSelect, among
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.db.types import Money, UtcDateTime
from support.databases import address_in

pytestmark = pytest.mark.databases("both")

things = Table(
    "things",
    MetaData(),
    Column("owner", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("price", Money),
    Column("at", UtcDateTime),
    Column("good", Boolean),
)
INSERT = BulkInsert(things, list(things.c))
FOUND = BulkSelect(select(things).where(among(things.c.owner, things.c.number)))
NOW = datetime(2026, 11, 23, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(address_in(tmp_path, migrated=False)) as database:
        async with database.transaction() as connection:
            await connection.run_sync(things.metadata.create_all)
        yield database


async def test_rows_come_back_as_they_were_stored(database: Database) -> None:
    rows = [
        ("ana", 1, Decimal("1.5000"), NOW, True),
        ("ana", 2, None, NOW, False),
        ("ana", 3, Decimal("99999999999999.9999"), None, None),
    ]
    async with database.transaction() as connection:
        await INSERT.run(connection, rows)
        found = await FOUND.run(connection, [1, 2, 3], of_account="ana")

    assert sorted(map(tuple, found), key=lambda row: row[1]) == rows
    assert {row.number: row.price for row in found} == {row[1]: row[2] for row in rows}


async def test_only_the_keys_of_the_same_owner_are_found(database: Database) -> None:
    async with database.transaction() as connection:
        await INSERT.run(connection, [(owner, n, None, NOW, True) for owner in ("ana", "ion") for n in range(300)])
        found = await FOUND.run(connection, [7, 299, 300, 2**62], of_account="ion")
        nothing = await FOUND.run(connection, [], of_account="ion")

    assert sorted((row.owner, row.number) for row in found) == [("ion", 7), ("ion", 299)]
    assert nothing == []


async def test_a_known_key_is_a_constraint_and_takes_the_whole_transaction_back(database: Database) -> None:
    row = ("ana", 1, None, NOW, True)

    async def store_twice() -> None:
        async with database.transaction() as connection:
            await INSERT.run(connection, [row])
            await INSERT.run(connection, [row])

    with pytest.raises(ConstraintViolated, match="things"):
        await store_twice()

    async with database.snapshot() as connection:
        assert await FOUND.run(connection, [1], of_account="ana") == []
