"""Writing the local copy: rows, payloads and change log of offers that are new, changed, respelled, gone and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from emagsync.db.engine import Database
from emagsync.offers import repository
from emagsync.offers.records import Observation, OfferRecord, UpsertResult, as_text
from emagsync.offers.tables import offer_changes, offer_payloads, offers
from offers.offer_rows import AT, offer, remove, store
from support.databases import new_database

pytestmark = pytest.mark.databases("both")

LATER = AT + timedelta(hours=1)


class OnPurposeError(Exception):
    pass


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


async def apply(
    database: Database, *records: OfferRecord, same: tuple[int, ...] = (), account: str = "main", run: str = "run-2"
) -> UpsertResult:
    """A later run sees these."""
    async with database.transaction() as connection:
        return await repository.apply(connection, Observation(account, run, LATER), same=same, read=records)


async def row(database: Database, emag_id: int = 1, account: str = "main") -> Any:
    async with database.snapshot() as connection:
        query = select(offers).where(offers.c.account == account, offers.c.emag_id == emag_id)
        return (await connection.execute(query)).one()


async def payload(database: Database, emag_id: int = 1) -> Any:
    async with database.snapshot() as connection:
        return (await connection.execute(select(offer_payloads).where(offer_payloads.c.emag_id == emag_id))).one()


async def log(database: Database, emag_id: int = 1) -> list[tuple[str, str | None, str | None]]:
    async with database.snapshot() as connection:
        query = select(offer_changes).where(offer_changes.c.emag_id == emag_id).order_by(offer_changes.c.seq)
        return [(change.field, change.old, change.new) for change in await connection.execute(query)]


def respelled(record: OfferRecord, payload: str) -> OfferRecord:
    """The same content in other bytes."""
    return record._replace(raw_digest=b"another digest..", payload=payload.encode())


async def test_a_new_offer_is_stored_with_its_payload_and_one_line_in_the_log(database: Database) -> None:
    await store(database, [offer(1)])
    stored = await row(database)
    assert (stored.sale_price, stored.stock, stored.sellable, stored.removed_at) == (Decimal("121.84"), 5, True, None)
    assert (stored.first_seen_at, stored.changed_at, stored.last_seen_at) == (AT, AT, AT)
    assert stored.last_seen_run == "run-1"
    assert (await payload(database)).payload == offer(1).payload.decode()
    assert await log(database) == [("lifecycle", None, "created")]


async def test_what_became_of_each_offer_is_told(database: Database) -> None:
    await store(database, [offer(1), offer(2), offer(3)])
    changed = offer(2, stock=9)
    assert await apply(database, offer(4), changed, respelled(offer(3), "{}"), same=(1,)) == UpsertResult(
        created=(4,), updated=(2,), unchanged=(1, 3)
    )


async def test_a_change_is_stored_and_told_field_by_field(database: Database) -> None:
    await store(database, [offer(1)])
    await apply(database, offer(1, sale_price=Decimal("99.5000"), stock=0, sellable=False, payload='{"id":1}'))
    stored = await row(database)
    assert (stored.sale_price, stored.stock, stored.sellable) == (Decimal("99.5"), 0, False)
    assert (stored.first_seen_at, stored.changed_at, stored.last_seen_at) == (AT, LATER, LATER)
    assert (await payload(database)).payload == '{"id":1}'
    assert await log(database) == [
        ("lifecycle", None, "created"),
        ("sale_price", "121.8400", "99.5000"),
        ("stock", "5", "0"),
        ("sellable", "true", "false"),
    ]


async def test_a_change_that_business_does_not_follow_is_stored_without_a_line_in_the_log(database: Database) -> None:
    await store(database, [offer(1)])
    await apply(database, offer(1, main_image="https://example.com/1.png"))
    stored = await row(database)
    assert (stored.main_image, stored.changed_at) == ("https://example.com/1.png", LATER)
    assert await log(database) == [("lifecycle", None, "created")]


async def test_an_offer_whose_bytes_are_known_is_only_touched(database: Database) -> None:
    await store(database, [offer(1)])
    before = await row(database)
    await apply(database, same=(1,))
    after = await row(database)
    assert (after.last_seen_at, after.last_seen_run) == (LATER, "run-2")
    assert {**after._mapping, "last_seen_at": AT, "last_seen_run": "run-1"} == dict(before._mapping)
    assert (await payload(database)).stored_at == AT


async def test_another_spelling_of_the_same_content_is_no_change(database: Database) -> None:
    await store(database, [offer(1)])
    await apply(database, respelled(offer(1), '{"sale_price":"121.84","id":1}'))
    after = await row(database)
    assert (after.changed_at, after.last_seen_at, after.raw_digest) == (AT, LATER, b"another digest..")
    kept = await payload(database)
    assert (kept.payload, kept.stored_at) == (offer(1).payload.decode(), AT)
    assert await log(database) == [("lifecycle", None, "created")]


async def test_the_digest_of_another_spelling_is_known_the_next_time(database: Database) -> None:
    await store(database, [offer(1)])
    await apply(database, respelled(offer(1), "{}"))
    async with database.snapshot() as connection:
        known = await repository.known(connection, "main", [1, 2], asked_at=LATER)
        assert {emag_id: found.digest for emag_id, found in known.items()} == {1: b"another digest.."}


async def test_two_accounts_may_use_the_same_id_for_different_offers(database: Database) -> None:
    await store(database, [offer(1)])
    await store(database, [offer(1, name="Altceva")], account="fbe")
    assert ((await row(database)).name, (await row(database, account="fbe")).name) == ("Lampă 1", "Altceva")
    await apply(database, offer(1, stock=1), account="fbe")
    assert ((await row(database)).stock, (await row(database, account="fbe")).stock) == (5, 1)


async def test_a_removed_offer_keeps_its_row_and_payload_and_is_told_once(database: Database) -> None:
    await store(database, [offer(1), offer(2)])
    async with database.transaction() as connection:
        seen = Observation("main", "run-2", LATER)
        assert await repository.mark_removed(connection, seen, [1, 99]) == (1,)
        assert await repository.mark_removed(connection, seen, [1]) == ()
        assert await repository.mark_removed(connection, seen, []) == ()
    assert (await row(database)).removed_at == LATER
    assert (await row(database, 2)).removed_at is None
    assert (await payload(database)).payload
    assert await log(database) == [("lifecycle", None, "created"), ("lifecycle", None, "removed")]


async def test_only_the_accounts_own_offer_is_removed(database: Database) -> None:
    await store(database, [offer(1)])
    await store(database, [offer(1)], account="fbe")
    await remove(database, 1, account="fbe")
    assert (await row(database)).removed_at is None


@pytest.mark.parametrize(
    ("back", "told"),
    [
        pytest.param(offer(1), [], id="as it was"),
        pytest.param(respelled(offer(1), "{}"), [], id="in another spelling"),
        pytest.param(offer(1, stock=8), [("stock", "5", "8")], id="changed"),
    ],
)
async def test_an_offer_that_comes_back_is_present_again_and_the_log_says_so(
    database: Database, back: OfferRecord, told: list[tuple[str, str, str]]
) -> None:
    await store(database, [offer(1)])
    await remove(database, 1)
    async with database.snapshot() as connection:
        # So that it is read anew although its bytes may be the same.
        assert (await repository.known(connection, "main", [1], asked_at=LATER))[1].is_removed
    await apply(database, back)
    stored = await row(database)
    assert (stored.removed_at, stored.first_seen_at, stored.last_seen_at) == (None, AT, LATER)
    assert await log(database) == [
        ("lifecycle", None, "created"),
        ("lifecycle", None, "removed"),
        ("lifecycle", "removed", "returned"),
        *told,
    ]


async def test_the_numbers_of_the_log_are_never_given_twice(database: Database) -> None:
    await store(database, [offer(1), offer(2)])
    async with database.transaction() as connection:
        newest = max((await connection.execute(select(offer_changes.c.seq))).scalars())
        await connection.execute(offer_changes.delete())
    await apply(database, offer(3))
    async with database.snapshot() as connection:
        assert list((await connection.execute(select(offer_changes.c.seq))).scalars()) == [newest + 1]


async def test_the_present_offers_come_in_batches_ascending(database: Database) -> None:
    await store(database, [offer(n, status=n % 2) for n in range(1, 13)])
    await remove(database, 5, 6)
    async with database.snapshot() as connection:
        batches = [ids async for ids in repository.present_ids(connection, "main", batch=4)]
        active = [ids async for ids in repository.present_ids(connection, "main", status=1)]
        nothing = [ids async for ids in repository.present_ids(connection, "fbe")]
    assert batches == [[1, 2, 3, 4], [7, 8, 9, 10], [11, 12]]
    assert active == [[1, 3, 7, 9, 11]]
    assert nothing == []


async def test_nothing_is_written_where_the_callers_transaction_fails(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await repository.apply(connection, Observation("main", "run-1", AT), same=(), read=[offer(1)])
            raise OnPurposeError

    with pytest.raises(OnPurposeError):
        await fail()
    async with database.snapshot() as connection:
        for table in (offers, offer_payloads, offer_changes):
            assert (await connection.execute(select(table))).first() is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ("x", "x"), (True, "true"), (False, "false"), (7, "7"), (Decimal("1.5"), "1.5000")],
)
def test_values_are_written_in_the_log_as_people_read_them(value: object, text: str | None) -> None:
    assert as_text(value) == text
