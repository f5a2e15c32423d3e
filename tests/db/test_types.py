"""Column types mean exactly what they say, in the file too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from emagsync.db.engine import Database
from emagsync.db.types import JsonText, Money, UtcDateTime
from support import databases
from support.databases import address_in

pytestmark = pytest.mark.databases("both")

things = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("price", Money),
    Column("at", UtcDateTime),
    Column("row", JsonText),
)


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(address_in(tmp_path, migrated=False)) as database:
        async with database.engine.begin() as connection:
            await connection.run_sync(things.metadata.create_all)
        yield database


async def stored(database: Database, **values: Any) -> Any:
    async with database.transaction() as connection:
        await connection.execute(insert(things).values(id=1, **values))
    async with database.snapshot() as connection:
        return (await connection.execute(select(things))).one()


@pytest.mark.parametrize("price", ["0.0000", "121.8400", "0.0001", "99999999999999.9999", "-3.5000"])
async def test_an_amount_comes_back_with_all_its_digits(empty: Database, price: str) -> None:
    found = (await stored(empty, price=Decimal(price))).price
    assert isinstance(found, Decimal)
    assert str(found) == price


AMOUNTS = st.decimals("-99999999999999.9999", "99999999999999.9999", places=4, allow_nan=False)


@given(AMOUNTS)
def test_every_amount_survives_both_databases(price: Decimal) -> None:
    kind = Money()
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        assert kind.process_result_value(kind.process_bind_param(price, dialect), dialect) == price


@given(AMOUNTS, AMOUNTS)
def test_amounts_compare_in_the_file_as_they_do_in_life(one: Decimal, other: Decimal) -> None:
    kind, dialect = Money(), sqlite.dialect()
    assert (kind.process_bind_param(one, dialect) < kind.process_bind_param(other, dialect)) == (one < other)


@pytest.mark.parametrize("price", ["0.00001", "100000000000000", "NaN", "Infinity"])
async def test_an_amount_that_would_have_to_be_rounded_is_refused(empty: Database, price: str) -> None:
    with pytest.raises(StatementError, match=r"amount|decimals"):
        await stored(empty, price=Decimal(price))


async def test_amounts_add_up_exactly(empty: Database) -> None:
    async with empty.transaction() as connection:
        await connection.execute(insert(things), [{"id": n, "price": Decimal("0.1")} for n in range(1, 1001)])
    async with empty.snapshot() as connection:
        assert await connection.scalar(select(func.sum(things.c.price))) == Decimal("100.0000")


async def test_a_time_comes_back_aware_in_utc(empty: Database) -> None:
    bucharest = timezone(timedelta(hours=2))
    found = (await stored(empty, at=datetime(2026, 11, 23, 12, 30, 0, 123456, tzinfo=bucharest))).at
    assert found == datetime(2026, 11, 23, 10, 30, 0, 123456, tzinfo=UTC)
    assert found.tzinfo is UTC


async def test_a_time_without_a_zone_is_refused(empty: Database) -> None:
    with pytest.raises(StatementError, match="zone"):
        await stored(empty, at=datetime(2026, 11, 23, 12, 30))  # noqa: DTZ001


@pytest.mark.parametrize("given", [str, str.encode], ids=["text", "bytes"])
async def test_json_stays_the_text_that_it_came_as(empty: Database, given: Callable[[str], Any]) -> None:
    text_ = '{"b": 1.50, "a":"\\u0000 Lampă 💡", "b":2}'
    assert (await stored(empty, row=given(text_))).row == text_
    assert databases.rows(empty, 'SELECT CAST("row" AS text) AS written FROM things') == [{"written": text_}]
    if empty.is_sqlite:
        assert databases.rows(empty, 'SELECT typeof("row") AS kind FROM things') == [{"kind": "text"}]


async def test_nothing_is_nothing(empty: Database) -> None:
    row = await stored(empty)
    assert (row.price, row.at, row.row) == (None, None, None)


@pytest.mark.databases("sqlite", "its file")
async def test_the_file_is_in_wal_mode_with_foreign_keys(empty: Database) -> None:
    async with empty.snapshot() as connection:
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert await connection.scalar(text("PRAGMA busy_timeout")) >= 5000
