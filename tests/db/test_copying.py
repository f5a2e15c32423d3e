"""Everything moves from one database to another, either way, and what arrives is what was sent."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, select, text

from emagsync.db.copying import CopyRefused, copy
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated, DatabaseError
from emagsync.db.new_schema import all_tables
from emagsync.db.types import JsonText, Money, UtcDateTime
from emagsync.offers.queries import list_offers
from emagsync.offers.selection import OfferFilter
from emagsync.offers.tables import offer_changes, offers
from offers.offer_rows import offer, store
from support import databases
from support.databases import address_in, address_of, running_on
from support.local import open_local
from support.market import open_market

pytestmark = pytest.mark.databases("both", often="sqlite")

NAME = "Ață \u2028 cu 'ghilimele' \"duble\""


@pytest.fixture
async def filled(tmp_path: Path) -> AsyncIterator[Database]:
    """A copy of two accounts after some changes, with rows of every kind."""
    folder = tmp_path / "filled"
    async with open_market({"main": 70, "fbe": 10}) as market, open_local(folder, market.url, "main", "fbe") as local:
        for account in ("main", "fbe"):
            await local.completed(account)
        market.change("change", ids=[5, 6], set={"sale_price": "77.1234", "name": NAME})
        market.change("remove", ids=[3])
        await local.completed()
        async with local.database.transaction() as connection:
            for table in all_tables():
                if await connection.scalar(select(func.count()).select_from(table)) == 0:
                    await connection.execute(table.insert().values(await one_row(connection, table)))
        yield local.database


async def one_row(connection: Any, table: Table) -> dict[str, Any]:
    """Something odd in every column of it."""
    row: dict[str, Any] = {}
    for column in table.c:
        if column.foreign_keys:
            [key, *_] = column.foreign_keys
            row[column.key] = await connection.scalar(select(key.column).limit(1))
        else:
            row[column.key] = something(column.type)
    return row


def something(kind: Any) -> Any:
    if isinstance(kind, UtcDateTime):
        return datetime(2026, 3, 29, 3, 30, 0, 123456, tzinfo=UTC)
    if isinstance(kind, JsonText):
        return '{"b": 1.50, "a":"\\u0000", "b":2}'
    if isinstance(kind, Money):
        return Decimal("0.0001")
    values: dict[type, Any] = {str: "ă", int: 7, bool: True, bytes: b"\x00\xff", float: 0.1, date: date(2026, 3, 29)}
    return values[kind.python_type]


@pytest.fixture
async def other(tmp_path: Path, backend: str) -> AsyncIterator[Database]:
    """An empty database of the other kind."""
    [kind] = {*databases.BACKENDS} - {backend}
    with running_on(kind):
        address = address_in(tmp_path / "other")
    async with Database(address) as database:
        yield database


async def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    async with database.snapshot() as connection:
        return {
            table.name: sorted((tuple(row) for row in await connection.execute(select(table))), key=repr)
            for table in all_tables()
        }


async def test_everything_arrives_exactly(filled: Database, other: Database) -> None:
    copied = await copy(filled, other, all_tables())
    before = await contents(filled)
    assert await contents(other) == before
    assert {table.table: table.rows for table in copied} == {name: len(rows) for name, rows in before.items()}
    assert all(before.values())


async def test_there_and_back_again_is_the_same(filled: Database, other: Database, tmp_path: Path) -> None:
    await copy(filled, other, all_tables())
    async with Database(address_in(tmp_path / "back")) as back:
        await copy(other, back, all_tables())
        assert await contents(back) == await contents(filled)


async def test_numbers_go_on_where_the_source_would(filled: Database, other: Database) -> None:
    async with filled.transaction() as connection:
        # The newest change is gone, but readers of the feed are past its number.
        last = await connection.scalar(select(func.max(offer_changes.c.seq)))
        await connection.execute(offer_changes.delete().where(offer_changes.c.seq == last))
    await copy(filled, other, all_tables())
    await store(other, [offer(900_001)])
    async with other.snapshot() as connection:
        given = await connection.scalar(select(func.max(offer_changes.c.seq)))
        ids = list((await connection.execute(select(offers.c.id))).scalars())
    assert given is not None
    assert given > last
    assert len(ids) == len(set(ids)) == 71 + 10


@pytest.mark.thorough
async def test_what_was_copied_is_found_by_its_words(filled: Database, other: Database) -> None:
    await copy(filled, other, all_tables())
    for term in ("ata", "ghilimele", "e", "ou"):
        theirs = await list_offers(filled, OfferFilter(search=term), limit=500)
        ours = await list_offers(other, OfferFilter(search=term), limit=500)
        assert [(row.account, row.emag_id) for row in ours.offers] == [
            (row.account, row.emag_id) for row in theirs.offers
        ]
    await store(other, [offer(5, name="Scaun")])
    assert (await list_offers(other, OfferFilter(search="ghilimele"))).total == 1


@pytest.mark.thorough
async def test_a_target_that_is_not_empty_is_refused_or_emptied(filled: Database, other: Database) -> None:
    await store(other, [offer(1, name="Altceva")], account="third")
    with pytest.raises(CopyRefused, match=r"not empty.*--replace"):
        await copy(filled, other, all_tables())
    assert (await list_offers(other, OfferFilter())).total == 1
    await copy(filled, other, all_tables(), replace=True)
    assert await contents(other) == await contents(filled)
    assert (await list_offers(other, OfferFilter(search="altceva"))).total == 0


async def test_a_database_is_not_copied_to_itself(filled: Database) -> None:
    async with Database(address_of(filled)) as again:
        with pytest.raises(CopyRefused, match="same database"):
            await copy(filled, again, all_tables(), replace=True)


async def test_an_older_schema_is_refused(filled: Database, tmp_path: Path) -> None:
    async with Database(address_in(tmp_path / "new", migrated=False)) as empty:
        with pytest.raises(CopyRefused, match="emagsync db upgrade"):
            await copy(filled, empty, all_tables())


async def test_a_copy_that_fails_half_way_leaves_the_target_empty(filled: Database, other: Database) -> None:
    # The last table's rows refer to rows that do not arrive.
    tables = [table for table in all_tables() if table.name != "webhooks"]
    with pytest.raises(ConstraintViolated):
        await copy(filled, other, tables)
    assert not any((await contents(other)).values())


@pytest.mark.thorough
async def test_a_copy_that_is_cancelled_leaves_the_target_empty(filled: Database, other: Database) -> None:
    begun = asyncio.Event()
    copying = asyncio.ensure_future(copy(filled, other, all_tables(), on_progress=lambda *_: begun.set()))
    await begun.wait()
    copying.cancel()
    await asyncio.gather(copying, return_exceptions=True)
    assert not any((await contents(other)).values())


@pytest.mark.thorough
@pytest.mark.databases("postgresql", "a trigger that changes what is written")
async def test_rows_that_arrive_otherwise_than_they_were_sent_are_told_and_nothing_is_kept(
    filled: Database, tmp_path: Path
) -> None:
    async with Database(address_in(tmp_path / "odd")) as odd:
        async with odd.transaction() as connection:
            await connection.execute(
                text(
                    "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN NEW.stock := NEW.stock + 1; RETURN NEW; END $$"
                )
            )
            await connection.execute(
                text("CREATE TRIGGER spoil BEFORE INSERT ON offers FOR EACH ROW EXECUTE FUNCTION spoil()")
            )
        with pytest.raises(DatabaseError, match="offers arrived otherwise"):
            await copy(filled, odd, all_tables())
        assert not any((await contents(odd)).values())


MEMORY = """
import asyncio, re, resource, sys
from pathlib import Path
from emagsync.db.copying import copy
from emagsync.db.engine import Database
from emagsync.db.new_schema import all_tables
from emagsync.db.types import JsonText, Money, UtcDateTime
async def main():
    async with Database(sys.argv[1]) as source, Database(sys.argv[2]) as target:
        copied = await copy(source, target, all_tables(), replace=True)
    status = Path("/proc/self/status")
    if status.exists():
        # Linux's ru_maxrss begins with what the parent had when it started this program.
        peak = re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(sum(table.rows for table in copied), peak)
asyncio.run(main())
"""


@pytest.mark.thorough
@pytest.mark.databases("sqlite", "both ways are in one test")
async def test_memory_does_not_grow_with_what_is_copied(filled: Database, tmp_path: Path, database: Database) -> None:
    with running_on("postgresql"):
        target = address_in(tmp_path / "target")
    peaks = {}
    for count in (2_000, 12_000):
        await store(database, [offer(number, main_image="x" * 2000) for number in range(1, count + 1)])
        for source, to in ((address_of(database), target), (target, address_in(tmp_path / f"back-{count}"))):
            done = subprocess.run(
                [sys.executable, "-c", MEMORY, source, to], capture_output=True, text=True, check=True
            )
            rows, peak = map(int, done.stdout.split())
            assert rows > 3 * count
            peaks[count, to == target] = peak
    for way in (True, False):
        # 10,000 rows more, of 3 kB each in two tables.
        assert peaks[12_000, way] - peaks[2_000, way] < 12_000
