"""Preparing rows outside a transaction and storing them inside one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Text, cast, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.ingest.store import (
    PreparedRows,
    StalePreparation,
    Stored,
    prepare,
    prepare_parsed,
    sort_rows,
    store,
    take_for_new,
    take_for_unchanged,
)
from emagsync.marketplace.rows.parse import parse, raw_digest
from emagsync.offers import repository
from emagsync.offers.records import Observation, StoredOffer, UpsertResult
from emagsync.offers.tables import offer_changes, offer_payloads, offers
from marketplace.rows.row_shapes import RO, parsed, row
from support.databases import new_database, until_locked_out

pytestmark = pytest.mark.databases("both")

AT = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
NO_ID = b'{"name": "a row without an id"}'
NOT_JSON = b'{"id": 7, "name": "\xff"}'


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


async def prepared(database: Database, *raw_rows: bytes) -> PreparedRows:
    return await prepare(database, "main", sort_rows(raw_rows, RO), RO, asked_at=AT)


async def stored(database: Database, rows: PreparedRows, **options: Any) -> Stored:
    async with database.transaction() as connection:
        return await store(connection, rows, Observation("main", "run-1", AT), asked_at=AT, **options)


async def stored_prices(database: Database) -> dict[int, str]:
    async with database.snapshot() as connection:
        found = await connection.execute(select(offers.c.emag_id, offers.c.sale_price).order_by(offers.c.emag_id))
        return {emag_id: str(price) for emag_id, price in found}


async def test_rows_that_are_not_stored_are_parsed_and_created(database: Database) -> None:
    rows = await prepared(database, row(id=1), row(id=2))
    assert (set(rows.parsed), set(rows.records)) == ({1, 2}, {1, 2})
    assert (await stored(database, rows)).result == UpsertResult((1, 2), (), ())


async def test_a_row_whose_bytes_are_stored_is_not_parsed_again(database: Database) -> None:
    await stored(database, await prepared(database, row(id=1), row(id=2)))
    rows = await prepared(database, row(id=1), row(id=2, sale_price="7.0000"))
    assert set(rows.parsed) == {2}
    assert (await stored(database, rows)).result == UpsertResult((), (2,), (1,))


async def test_a_row_with_the_same_content_in_another_spelling_is_unchanged(database: Database) -> None:
    await stored(database, await prepared(database, row(id=1)))
    rows = await prepared(database, b" " + row(id=1))
    assert set(rows.parsed) == {1}
    assert (await stored(database, rows)).result == UpsertResult((), (), (1,))


async def test_a_row_that_an_earlier_version_read_is_read_again_without_a_change(database: Database) -> None:
    await seen(database, listed())
    _, _, digest, token = await kept(database)
    earlier = bytes((digest[0] - 1,)) + digest[1:]
    async with database.transaction() as connection:
        await connection.execute(update(offers).values(raw_digest=earlier))
    assert await seen(database, listed(), hours=1) == (UNCHANGED, True)
    assert (await kept(database))[2:] == (digest, token)
    async with database.snapshot() as connection:
        assert (await connection.scalars(select(offer_changes.c.new))).all() == ["created"]
    assert await seen(database, listed(), hours=2) == (UNCHANGED, False)


async def test_a_row_that_was_parsed_already_is_stored_by_the_same_rules(database: Database) -> None:
    await stored(database, await prepared(database, row(id=1), row(id=2)))
    read = {1: parsed(b" " + row(id=1)), 2: parsed(row(id=2)), 3: parsed(row(id=3))}
    rows = await prepare_parsed(database, "main", read, asked_at=AT)
    assert set(rows.parsed) == {1, 3}
    result = (await stored(database, rows)).result
    assert (result.created, result.updated, sorted(result.unchanged)) == ((3,), (), [1, 2])


COMPANIES = [{"name": "Lumora SRL", "address": "Str. Lungă 1, Brașov", "email": "gpsr@lumora.example"}]


def listed(**changes: Any) -> bytes:
    """A row as a list has it."""
    return row(**({"id": 1, "manufacturer": True, "eu_representative": False, "weight": "0.000000"} | changes))


def by_id(**changes: Any) -> bytes:
    """The same offer as eMAG shows it when it is asked for by its id."""
    return listed(**({"manufacturer": COMPANIES, "eu_representative": []} | changes))


async def kept(database: Database) -> tuple[dict[str, Any], datetime, bytes, str]:
    """The payload, when it was written, and the stored digest and token."""
    async with database.snapshot() as connection:
        payload, at = (await connection.execute(select(offer_payloads.c.payload, offer_payloads.c.stored_at))).one()
        digest, token = (await connection.execute(select(offers.c.raw_digest, offers.c.fingerprint))).one()
    return json.loads(payload), at, digest, token


async def seen(database: Database, raw: bytes, *, hours: int = 0) -> tuple[UpsertResult, bool]:
    """What storing the row did, and whether anything but "seen" was written."""
    rows = await prepared(database, raw)
    async with database.transaction() as connection:
        observation = Observation("main", "run-1", AT + timedelta(hours=hours))
        return (await store(connection, rows, observation, asked_at=AT)).result, bool(rows.records)


UNCHANGED = UpsertResult((), (), (1,))


async def test_the_form_of_a_read_by_id_is_no_change_and_the_fuller_one_is_kept(database: Database) -> None:
    await seen(database, listed())
    _, _, in_a_list, token = await kept(database)

    assert await seen(database, by_id(), hours=1) == (UNCHANGED, True)
    payload, at, digest, same_token = await kept(database)
    assert (payload["manufacturer"], at, digest, same_token) == (COMPANIES, AT + timedelta(hours=1), in_a_list, token)
    # From here on neither form is anything new: nothing is written but that the offer was seen.
    for raw in (listed(), by_id(), listed()):
        assert await seen(database, raw, hours=2) == (UNCHANGED, False)
    assert await kept(database) == (payload, at, digest, token)


async def test_an_offer_that_was_read_by_id_first_is_not_changed_by_the_list(database: Database) -> None:
    await seen(database, by_id())

    assert (await seen(database, listed()))[0] == UNCHANGED
    assert await seen(database, listed()) == (UNCHANGED, False)
    assert (await kept(database))[0]["manufacturer"] == COMPANIES


async def test_another_change_keeps_the_fuller_form_and_every_other_value_exactly(database: Database) -> None:
    await seen(database, by_id())

    assert (await seen(database, listed(sale_price="7.0000", new=Decimal("1.50"))))[0] == UpsertResult((), (1,), ())
    async with database.snapshot() as connection:
        text = await connection.scalar(select(cast(offer_payloads.c.payload, Text)))
    assert json.loads(text)["manufacturer"] == COMPANIES
    assert '"7.0000"' in text
    assert "1.50" in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(listed(manufacturer=False), listed(), id="filled in"),
        pytest.param(by_id(), listed(manufacturer=False), id="taken out"),
        pytest.param(listed(), listed(manufacturer=False), id="taken out, in a list"),
        pytest.param(listed(manufacturer=False), by_id(), id="filled in, by id"),
        pytest.param(by_id(), by_id(manufacturer=[*COMPANIES, *COMPANIES]), id="another company"),
        pytest.param(by_id(), by_id(manufacturer=[]), id="taken out, by id"),
    ],
)
async def test_what_really_changed_of_the_companies_is_a_change(
    database: Database, before: bytes, after: bytes
) -> None:
    await seen(database, before)

    assert (await seen(database, after))[0] == UpsertResult((), (1,), ())
    assert (await kept(database))[0]["manufacturer"] == json.loads(after)["manufacturer"]


@pytest.mark.parametrize("nothing", [None, "", [], {}, False], ids=repr)
async def test_another_way_to_say_nothing_is_no_change(database: Database, nothing: Any) -> None:
    fields = ("eu_representative",) if nothing is False else ("eu_representative", "start_date", "family", "new")
    await seen(database, listed(**dict.fromkeys(fields, ...)))

    assert (await seen(database, listed(**dict.fromkeys(fields, nothing))))[0] == UNCHANGED
    assert (await seen(database, listed(**dict.fromkeys(fields, "something"))))[0].updated == (1,)


async def test_the_last_row_of_an_id_counts_and_its_repeats_are_told(database: Database) -> None:
    raw_rows = (row(id=1, sale_price="1.0000"), row(id=2), row(id=1, sale_price="3.0000"))
    assert sort_rows(raw_rows, RO).ids == (1, 2, 1)
    await stored(database, await prepared(database, *raw_rows))
    assert (await stored_prices(database))[1] == "3.0000"


async def test_a_row_that_cannot_be_read_costs_only_itself(database: Database) -> None:
    rows = sort_rows((NO_ID, NOT_JSON, row(id=1)), RO)
    assert rows.ids == (7, 1)
    assert [rejected.emag_id for rejected in rows.rejected] == [None]
    result = await stored(database, await prepare(database, "main", rows, RO, asked_at=AT))
    assert result.result.created == (1,)
    assert [parsed.emag_id for parsed in result.parsed if parsed.offer is None] == [7]


async def test_no_rows_need_no_database(database: Database) -> None:
    rows = await prepared(database)
    assert (await stored(database, rows)).result == UpsertResult((), (), ())


async def mark_removed(database: Database, emag_id: int) -> None:
    async with database.transaction() as connection:
        await repository.mark_removed(connection, Observation("main", "run-1", AT), [emag_id])


@pytest.mark.parametrize("change", ["created", "updated", "respelled", "removed"])
async def test_what_somebody_else_stored_meanwhile_asks_for_preparing_again(database: Database, change: str) -> None:
    """Else an offer would be created twice, or its bytes be called unchanged though they are not."""
    if change != "created":
        await stored(database, await prepared(database, row(id=1)))
    rows = await prepared(database, row(id=1, sale_price="7.0000"), row(id=2))
    if change == "removed":
        await mark_removed(database, 1)
    else:
        others = {"created": row(id=1), "updated": row(id=1, sale_price="8.0000"), "respelled": b" " + row(id=1)}
        await stored(database, await prepared(database, others[change]))
    before = await stored_prices(database)
    with pytest.raises(StalePreparation):
        await stored(database, rows)
    assert await stored_prices(database) == before
    await stored(database, await prepared(database, row(id=1, sale_price="7.0000"), row(id=2)))
    assert (await stored_prices(database))[1] == "7.0000"


async def test_an_offer_that_somebody_else_saw_meanwhile_unchanged_needs_no_second_preparation(
    database: Database,
) -> None:
    await stored(database, await prepared(database, row(id=1)))
    rows = await prepared(database, row(id=1, sale_price="7.0000"))
    async with database.transaction() as connection:
        later = Observation("main", "push-1", AT, "push", asked_at=AT + timedelta(seconds=5))
        await repository.apply(connection, later, same=[1], read=[])
    assert (await stored(database, rows)).result.updated == (1,)


async def test_an_offer_of_which_a_newer_answer_is_stored_is_left_as_it_is(database: Database) -> None:
    await stored(database, await prepared(database, row(id=1), row(id=2)))
    async with database.transaction() as connection:
        later = Observation("main", "push-1", AT, "push", asked_at=AT + timedelta(seconds=5))
        await repository.apply(connection, later, same=[1], read=[])

    async def superseded(_: AsyncConnection, known: Mapping[int, StoredOffer]) -> Collection[int]:
        return [emag_id for emag_id, one in known.items() if one.asked_later_by == "push-1"]

    rows = await prepared(database, row(id=1, sale_price="7.0000"), row(id=2, sale_price="7.0000"))
    result = await stored(database, rows, superseded=superseded)
    assert result.result == UpsertResult((), (2,), (1,))
    assert [one.emag_id for one in result.parsed] == [2]
    assert (await stored_prices(database))[1] != "7.0000"


@pytest.mark.databases("postgresql", "SQLite has one writer")
@pytest.mark.parametrize("taken_for", ["prepared", "unchanged"])
async def test_what_somebody_else_is_storing_at_that_moment_is_waited_for(
    database: Database, tmp_path: Path, taken_for: str
) -> None:
    """Else an older answer of eMAG, judged by what was stored before, would take the place of the newer one."""
    older, newer = row(id=1), row(id=1, sale_price="7.0000")
    await stored(database, await prepared(database, older, row(id=2)))
    page = sort_rows([older, row(id=2)], RO)
    rows = (
        take_for_unchanged(page) if taken_for == "unchanged" else await prepare(database, "main", page, RO, asked_at=AT)
    )
    later = Observation("main", "push-1", AT, "push", asked_at=AT + timedelta(seconds=5))
    async with new_database(tmp_path) as somebody:
        async with somebody.transaction() as connection:
            await store(connection, await prepared(somebody, newer), later, asked_at=later.seen_at)
            storing = asyncio.ensure_future(stored(database, rows))
            await until_locked_out(somebody)
        with pytest.raises(StalePreparation):
            await storing
    assert (await stored_prices(database))[1] == "7.0000"


async def test_rows_that_are_taken_for_unchanged_are_stored_without_a_look_beforehand(database: Database) -> None:
    await stored(database, await prepared(database, row(id=1), row(id=2)))
    same = await stored(database, take_for_unchanged(sort_rows([row(id=1), row(id=2)], RO)))
    assert same.result == UpsertResult((), (), (1, 2))


@pytest.mark.parametrize(
    "other", [pytest.param(row(id=2, sale_price="7.0000"), id="changed"), pytest.param(row(id=3), id="not stored")]
)
async def test_rows_that_are_wrongly_taken_for_unchanged_are_refused_before_anything_is_written(
    database: Database, other: bytes
) -> None:
    await stored(database, await prepared(database, row(id=1), row(id=2)))
    before = await stored_prices(database)
    with pytest.raises(StalePreparation):
        await stored(database, take_for_unchanged(sort_rows([row(id=1), other], RO)))
    assert await stored_prices(database) == before


async def test_rows_that_are_taken_for_new_are_created_and_refused_where_one_is_stored(database: Database) -> None:
    _, rows = await take_for_new([row(id=1), row(id=2)], RO)
    new = await stored(database, rows)
    assert new.result == UpsertResult((1, 2), (), ())
    before = await stored_prices(database)
    _, rows = await take_for_new([row(id=2, sale_price="7.0000"), row(id=3)], RO)
    with pytest.raises(StalePreparation):
        await stored(database, rows)
    assert await stored_prices(database) == before


_ANY_ROW = st.one_of(
    st.sampled_from((NO_ID, NOT_JSON, b"[]", b"null", row(id=2**31), row(id="3"), row(id=1, name="a\\u0000b"))),
    st.builds(lambda emag_id, price: row(id=emag_id, sale_price=price), st.integers(0, 4), st.sampled_from(("1", "-"))),
    st.text(max_size=8).map(lambda name: row(id=1, name=name)),
)


@given(raw_rows=st.lists(_ANY_ROW, max_size=50))
@example(raw_rows=[row(id=1), NO_ID, row(id=2), row(id=1, sale_price="7.0000")])
async def test_rows_that_are_taken_for_new_are_those_that_are_sorted_and_prepared_otherwise(
    raw_rows: list[bytes],
) -> None:
    rows, taken = await take_for_new(raw_rows, RO)
    assert rows == sort_rows(raw_rows, RO)
    assert list(rows.by_id) == list(sort_rows(raw_rows, RO).by_id)
    read = {emag_id: parse(raw, RO) for emag_id, raw in rows.by_id.items()}
    assert taken.digests == {emag_id: raw_digest(raw) for emag_id, raw in rows.by_id.items()}
    assert (taken.parsed, taken.records.keys()) == (read, {id_ for id_, one in read.items() if one.offer is not None})
