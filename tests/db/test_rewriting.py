"""Many rows rewritten at once, each with values of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, event, insert, select

from db.shelf import database_with
from emagsync.db.engine import Database
from emagsync.db.rewriting import BulkRewrite
from emagsync.db.types import JsonText, Money

pytestmark = pytest.mark.databases("both")

stock = Table(
    "stock",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(20), nullable=False),
    Column("price", Money),
    Column("notes", JsonText),
)


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Database]:
    async with database_with(tmp_path, stock) as database:
        yield database


async def put(database: Database, *rows: tuple[int, str, Decimal]) -> None:
    async with database.transaction() as connection:
        for id_, name, price in rows:
            await connection.execute(insert(stock).values(id=id_, name=name, price=price))


async def on(database: Database) -> list[tuple[object, ...]]:
    async with database.snapshot() as connection:
        rows = await connection.execute(select(stock.c.id, stock.c.name, stock.c.price).order_by(stock.c.id))
        return [tuple(row) for row in rows]


class Seen:
    """The statements that an engine is given."""

    def __init__(self, database: Database) -> None:
        self.statements: list[str] = []
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements.append(statement)


async def rewrite(
    database: Database, statement: BulkRewrite, keys: list[int], values: dict[Column[Any], list[Any]]
) -> None:
    async with database.transaction() as connection:
        await statement.run(connection, keys, values)


async def test_each_of_many_rows_gets_values_of_its_own(shelf: Database) -> None:
    await put(shelf, *((id_, "old", Decimal(id_)) for id_ in range(1, 5)))
    new = {stock.c.name: ["one", "three", "nine"], stock.c.price: [Decimal("1.5"), None, Decimal(9)]}
    await rewrite(shelf, BulkRewrite(stock.c.id), [1, 3, 9], new)
    assert await on(shelf) == [
        (1, "one", Decimal("1.5")),
        (2, "old", Decimal(2)),
        (3, "three", None),
        (4, "old", Decimal(4)),
    ]


async def test_rows_are_rewritten_only_where_the_condition_holds_and_only_in_the_columns_that_are_named(
    shelf: Database,
) -> None:
    await put(shelf, (1, "free", Decimal(1)), (2, "taken", Decimal(2)))
    cheaper = BulkRewrite(stock.c.id, where=stock.c.name == "free")
    await rewrite(shelf, cheaper, [1, 2], {stock.c.price: [Decimal("0.5"), Decimal("0.5")]})
    await rewrite(shelf, cheaper, [2, 1], {stock.c.name: ["b", "a"]})
    assert await on(shelf) == [(1, "a", Decimal("0.5")), (2, "taken", Decimal(2))]


async def test_rewriting_no_rows_asks_the_database_for_nothing(shelf: Database) -> None:
    seen = Seen(shelf)
    await rewrite(shelf, BulkRewrite(stock.c.id), [], {stock.c.name: []})
    assert seen.statements == []


async def test_as_many_values_as_keys_have_to_be_given(shelf: Database) -> None:
    with pytest.raises(ValueError, match="as many values"):
        await rewrite(shelf, BulkRewrite(stock.c.id), [1, 2], {stock.c.name: ["a"]})


async def test_json_stays_as_it_was_spelled(shelf: Database) -> None:
    await put(shelf, (1, "a", Decimal(1)), (2, "b", Decimal(2)))
    await rewrite(shelf, BulkRewrite(stock.c.id), [2, 1], {stock.c.notes: ['{"b": 1,  "a":"ș"}', None]})
    async with shelf.snapshot() as connection:
        notes = (await connection.execute(select(stock.c.notes).order_by(stock.c.id))).scalars().all()
    assert notes == [None, '{"b": 1,  "a":"ș"}']
