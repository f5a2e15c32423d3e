"""Many rows in one statement: inserted, updated by key, or left as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from db.shelf import ALL, database_with, put, stock
from emagsync.db.bulk import BulkInsert, BulkSelect, among, is_one_of
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated, DatabaseUnavailable
from emagsync.db.ready import RowUpdate

pytestmark = pytest.mark.databases("both")


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Database]:
    async with database_with(tmp_path, stock) as database:
        yield database


async def on(database: Database) -> list[tuple[object, ...]]:
    async with database.snapshot() as connection:
        return [tuple(row) for row in await connection.execute(select(stock).order_by(stock.c.id))]


async def test_rows_are_stored_with_their_types(shelf: Database) -> None:
    await put(shelf, BulkInsert(stock, ALL), (1, "a", Decimal("1.5")), (2, "b", None))
    assert await on(shelf) == [(1, "a", Decimal("1.5000")), (2, "b", None)]


@pytest.mark.parametrize("amounts", [(1, 1, 1), (1, 2, 1), (None, 1, None), (1, None, 2)])
async def test_each_value_of_a_column_is_its_own_however_often_the_same_object_stands_in_it(
    shelf: Database, amounts: tuple[int | None, ...]
) -> None:
    objects = {None: None, 1: Decimal(1), 2: Decimal(2)}
    await put(shelf, BulkInsert(stock, ALL), *((id_, "a", objects[amount]) for id_, amount in enumerate(amounts)))
    assert [row[2] for row in await on(shelf)] == list(amounts)


async def test_a_known_key_gets_the_columns_that_are_named_and_keeps_the_others(shelf: Database) -> None:
    await put(shelf, BulkInsert(stock, ALL), (1, "a", Decimal(1)))
    update = BulkInsert(stock, ALL, key=[stock.c.id], update=[stock.c.price])
    await put(shelf, update, (1, "other", Decimal(2)), (2, "new", Decimal(3)))
    assert await on(shelf) == [(1, "a", Decimal(2)), (2, "new", Decimal(3))]


async def test_a_known_key_is_left_alone_where_nothing_is_to_be_updated(shelf: Database) -> None:
    keep = BulkInsert(stock, ALL, key=[stock.c.id])
    await put(shelf, keep, (1, "a", None))
    await put(shelf, keep, (1, "other", None), (2, "b", None))
    assert await on(shelf) == [(1, "a", None), (2, "b", None)]


async def test_a_known_key_without_a_rule_is_an_error_and_nothing_is_stored(shelf: Database) -> None:
    plain = BulkInsert(stock, ALL)
    await put(shelf, plain, (1, "a", None))
    with pytest.raises(ConstraintViolated):
        await put(shelf, plain, (2, "b", None), (1, "again", None))
    assert await on(shelf) == [(1, "a", None)]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(BulkInsert(stock, ALL), id="insert"),
        pytest.param(BulkInsert(stock, ALL, key=[stock.c.id], update=[stock.c.name]), id="insert or update"),
    ],
)
async def test_the_statement_that_is_refused_is_the_one_that_raises(shelf: Database, statement: BulkInsert) -> None:
    async with shelf.transaction() as connection:
        with pytest.raises(IntegrityError):
            await statement.run(connection, [(1, None, None)])
        await connection.rollback()
    assert await on(shelf) == []


async def test_rows_that_go_with_the_next_statement_are_there_for_it(shelf: Database) -> None:
    async with shelf.transaction() as connection:
        await BulkInsert(stock, ALL).run_with_next(connection, [(1, "a", None), (2, "b", None)])
        names = (await connection.execute(select(stock.c.name).order_by(stock.c.id))).scalars().all()
    assert names == ["a", "b"]
    assert [row[0] for row in await on(shelf)] == [1, 2]


async def test_rows_that_go_with_the_next_statement_are_committed_without_one(shelf: Database) -> None:
    async with shelf.transaction() as connection:
        await BulkInsert(stock, ALL).run_with_next(connection, [(1, "a", None)])
    assert await on(shelf) == [(1, "a", None)]


@pytest.mark.parametrize("reads", [False, True], ids=["the commit", "a statement"])
async def test_rows_that_are_refused_later_store_nothing_of_their_transaction(shelf: Database, reads: bool) -> None:
    await put(shelf, BulkInsert(stock, ALL), (1, "a", None))
    with pytest.raises(ConstraintViolated):
        await _put_with_next(shelf, (2, "b", None), (1, "again", None), reads=reads)
    assert await on(shelf) == [(1, "a", None)]
    await put(shelf, BulkInsert(stock, ALL), (3, "c", None))  # the connection is as good as new
    assert [row[0] for row in await on(shelf)] == [1, 3]


async def _put_with_next(database: Database, *rows: tuple[object, ...], reads: bool) -> None:
    async with database.transaction() as connection:
        await BulkInsert(stock, ALL).run_with_next(connection, rows)
        if reads:
            await connection.execute(select(stock.c.name))


async def test_rows_that_waited_for_a_statement_are_gone_after_a_rollback(shelf: Database) -> None:
    async with shelf.transaction() as connection:
        await BulkInsert(stock, ALL).run_with_next(connection, [(1, "a", None)])
        await connection.rollback()
    assert await on(shelf) == []


@pytest.mark.parametrize("statement", [BulkInsert(stock, ALL), BulkInsert(stock, ALL, key=[stock.c.id])])
async def test_rows_go_with_the_transaction_that_stored_them(shelf: Database, statement: BulkInsert) -> None:
    with suppress(ZeroDivisionError):
        async with shelf.transaction() as connection:
            await statement.run(connection, [(1, "a", None)])
            raise ZeroDivisionError
    assert await on(shelf) == []


@pytest.mark.databases("postgresql", "SQLite has no server that could go away")
@pytest.mark.parametrize("statement", [BulkInsert(stock, ALL), BulkInsert(stock, ALL, key=[stock.c.id])])
async def test_a_server_that_goes_away_is_told_and_nothing_is_stored(shelf: Database, statement: BulkInsert) -> None:
    async def put_two() -> None:
        async with shelf.transaction() as connection:
            await statement.run(connection, [(1, "a", None)])
            own = await connection.scalar(text("SELECT pg_backend_pid()"))
            async with shelf.transaction() as another:
                await another.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": own})
            await statement.run(connection, [(2, "b", None)])

    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        await put_two()
    await put(shelf, statement, (3, "c", None))
    assert await on(shelf) == [(3, "c", None)]


@pytest.mark.databases("postgresql", "SQLite keeps whatever it is given")
async def test_what_the_database_cannot_keep_is_told(shelf: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="character varying"):
        await put(shelf, BulkInsert(stock, ALL), (1, "a name of more than twenty", None))


async def test_no_rows_are_no_statement(shelf: Database) -> None:
    await put(shelf, BulkInsert(stock, ALL))
    assert await on(shelf) == []


async def test_an_amount_that_would_be_rounded_is_refused(shelf: Database) -> None:
    with pytest.raises(ValueError, match="decimals"):
        await put(shelf, BulkInsert(stock, ALL), (1, "a", Decimal("0.00001")))
    assert await on(shelf) == []


async def test_many_keys_are_asked_for_at_once(shelf: Database) -> None:
    await put(shelf, BulkInsert(stock, ALL), *((n, f"n{n % 2}", Decimal(n)) for n in range(1, 3001)))
    found = BulkSelect(select(stock.c.id, stock.c.price).where(among(stock.c.name, stock.c.id)))
    async with shelf.snapshot() as connection:
        rows = await found.run(connection, [*range(1, 2001), 9999], of_account="n0")
        assert await found.run(connection, [], of_account="n0") == []
    assert {row.id: row.price for row in rows} == {n: Decimal(n) for n in range(2, 2001, 2)}


async def test_an_update_of_a_row_converts_values_and_tells_how_many_rows_it_changed(shelf: Database) -> None:
    await put(shelf, BulkInsert(stock, ALL), (1, "lamp", Decimal("1.5000")), (2, "chair", None))
    is_lamp = (stock.c.id == bindparam("key"), stock.c.name == "lamp")
    change = RowUpdate(update(stock).where(*is_lamp).values(price=bindparam("new_price")))
    async with shelf.transaction() as connection:
        assert await change.run(connection, key=1, new_price=Decimal("121.8400")) == 1
        assert await change.run(connection, key=2, new_price=Decimal(1)) == 0
    assert await on(shelf) == [(1, "lamp", Decimal("121.8400")), (2, "chair", None)]


async def test_an_update_of_a_row_wants_all_of_its_parameters(shelf: Database) -> None:
    change = RowUpdate(update(stock).where(stock.c.id == bindparam("key")).values(name=bindparam("new_name")))
    async with shelf.transaction() as connection:
        with pytest.raises((KeyError, StatementError)):
            await change.run(connection, key=1)


@pytest.mark.parametrize("keys", [[], [2], [1, 3, 99], list(range(1, 60_000))])
async def test_rows_are_found_by_any_number_of_keys(shelf: Database, keys: list[int]) -> None:
    await put(shelf, BulkInsert(stock, ALL), *((id_, "a", None) for id_ in range(1, 5)))
    async with shelf.snapshot() as connection:
        query = select(stock.c.id).where(is_one_of(stock.c.id, keys)).order_by(stock.c.id)
        found = list((await connection.execute(query)).scalars())
    assert found == [id_ for id_ in range(1, 5) if id_ in keys]
