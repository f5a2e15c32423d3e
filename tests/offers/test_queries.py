"""Reading the local copy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from emagsync.db.engine import Database
from emagsync.offers.errors import OfferNotFound
from emagsync.offers.explanations import explain
from emagsync.offers.queries import find_offer, list_offers, stream_offers
from emagsync.offers.selection import OfferFilter
from emagsync.offers.statistics import account_totals
from offers.offer_rows import AT, offer, remove, store
from support.databases import new_database

pytestmark = pytest.mark.databases("both")


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


async def found(copy: Database, **wanted: object) -> list[int]:
    return [row.emag_id for row in (await list_offers(copy, OfferFilter(**wanted))).offers]  # type: ignore[arg-type]


async def test_offers_come_by_account_and_id_with_how_many_there_are(copy: Database) -> None:
    await store(copy, [offer(3), offer(1), offer(2)])
    await store(copy, [offer(1)], account="fbe")
    page = await list_offers(copy, OfferFilter(), limit=2, skip=1)
    assert [(row.account, row.emag_id) for row in page.offers] == [("main", 1), ("main", 2)]
    assert page.total == 4
    assert await found(copy, accounts=("fbe",)) == [1]


async def test_an_offer_has_its_amounts_and_times_exactly(copy: Database) -> None:
    await store(
        copy, [offer(1, eans=["5940000000001", "5940000000002"], not_sellable="no_stock inactive", sellable=False)]
    )
    (row,) = (await list_offers(copy, OfferFilter())).offers
    assert row.eans == ("5940000000001", "5940000000002")
    assert row.not_sellable == ("no_stock", "inactive")
    document = row.model_dump(mode="json")
    assert document["sale_price"] == "121.8400"
    assert document["recommended_price"] is None
    assert document["changed_at"] == "2026-11-23T10:00:00Z"


@pytest.mark.often(first=10)
@pytest.mark.parametrize(
    ("search", "ids"),
    [
        pytest.param("Încălțăminte", [1], id="as written"),
        pytest.param("incaltaminte", [1], id="without diacritics"),
        pytest.param("ÎNCĂLŢĂ", [1], id="upper case, the older cedilla"),
        pytest.param("50% sport", [1], id="in any order, with punctuation"),
        pytest.param("50% b", [1, 2], id="which does not count"),
        pytest.param("a_b", [2, 3], id="nor between letters, which are together in a code"),
        pytest.param("ab-77", [3], id="part number"),
        pytest.param("dxyz", [4], id="part number key"),
        pytest.param("594123", [5], id="EAN"),
        pytest.param("KÜCHEN", [6], id="brand, another language"),
        pytest.param("чанта", [7], id="Cyrillic"),
        pytest.param("  încălț ", [1], id="spaces around"),
        pytest.param("'; DROP TABLE offers; --", [], id="not SQL"),
        pytest.param("\\", [], id="backslash"),
        pytest.param("nordika-lamp", [], id="never from one column into the next"),
        pytest.param("", [1, 2, 3, 4, 5, 6, 7], id="nothing"),
    ],
)
async def test_search_finds_any_part_in_any_case_with_or_without_diacritics(
    copy: Database, search: str, ids: list[int]
) -> None:
    await store(
        copy,
        [
            offer(1, name="Încălțăminte sport 50% bumbac"),
            offer(2, name="model a_b 500 bumbac"),
            offer(3, name="model axb", part_number="AB-77"),
            offer(4, name=None, part_number=None, part_number_key="DXYZ9"),
            offer(5, eans=["0000000000001", "5941234567890"]),
            offer(6, brand="Küchenprofi"),
            offer(7, name="Чанта за лаптоп"),
        ],
    )
    assert await found(copy, search=search) == ids


async def test_filters_narrow_the_selection_together(copy: Database) -> None:
    await store(
        copy,
        [
            offer(1),
            offer(2, status=0, sellable=False, not_sellable="inactive"),
            offer(3, stock=0, sellable=False, not_sellable="no_stock"),
            offer(4, status=2, stock=0, sellable=False, not_sellable="end_of_life no_stock"),
            offer(5),
        ],
    )
    await remove(copy, 5)
    assert await found(copy) == [1, 2, 3, 4]
    assert await found(copy, include_removed=True) == [1, 2, 3, 4, 5]
    assert await found(copy, statuses=(0, 2)) == [2, 4]
    assert await found(copy, sellable=True) == [1]
    assert await found(copy, sellable=False, max_stock=0) == [3, 4]
    assert await found(copy, search="lampa", max_stock=0, statuses=(1,)) == [3]


async def test_one_offer_comes_with_its_payload_as_sent_its_remarks_and_its_changes(copy: Database) -> None:
    await store(copy, [offer(7, remarks='[["warranty","abc is not a number"]]')])
    await store(copy, [offer(7, stock=9, remarks='[["warranty","abc is not a number"]]')], at=AT + timedelta(hours=1))
    detail = await find_offer(copy, "main", 7)
    assert detail.payload == '{"id":7,"sale_price":121.8400}'
    assert [(remark.field, remark.reason) for remark in detail.remarks] == [("warranty", "abc is not a number")]
    assert [(change.field, change.old, change.new) for change in detail.changes] == [
        ("stock", "5", "9"),
        ("lifecycle", None, "created"),
    ]
    assert len((await find_offer(copy, "main", 7, changes=1)).changes) == 1


async def test_an_offer_that_is_not_there_is_said_so(copy: Database) -> None:
    await store(copy, [offer(7)])
    with pytest.raises(OfferNotFound, match=r"offer 7 of account 'fbe'.*emagsync sync fbe"):
        await find_offer(copy, "fbe", 7)


async def test_totals_leave_removed_offers_out(copy: Database) -> None:
    await store(copy, [offer(1), offer(2, stock=0, sellable=False), offer(3, status=0, sellable=False), offer(4)])
    await store(copy, [offer(1)], at=AT + timedelta(hours=2))
    await store(copy, [offer(1)], account="fbe")
    await remove(copy, 4)
    await remove(copy, 1, account="fbe")
    totals = await account_totals(copy)
    main = totals["main"]
    assert (main.offers, main.active, main.sellable, main.out_of_stock, main.removed) == (3, 2, 1, 1, 1)
    assert main.oldest_seen_at == AT
    assert (totals["fbe"].offers, totals["fbe"].removed, totals["fbe"].oldest_seen_at) == (0, 1, None)


@pytest.mark.parametrize("batch", [1, 3, 4, 100])
async def test_the_stream_has_every_offer_once_in_order_whatever_the_batch(copy: Database, batch: int) -> None:
    await store(copy, [offer(number) for number in (5, 1, 9, 2)])
    await store(copy, [offer(number) for number in (3, 1, 2, 7)], account="fbe")
    streamed = []
    async with aclosing(stream_offers(copy, OfferFilter(), batch=batch)) as batches:
        async for rows in batches:
            assert len(rows) <= batch
            streamed += [(row.account, row.emag_id) for row in rows]
    assert streamed == [
        ("fbe", 1),
        ("fbe", 2),
        ("fbe", 3),
        ("fbe", 7),
        ("main", 1),
        ("main", 2),
        ("main", 5),
        ("main", 9),
    ]


async def test_the_stream_shows_one_moment_whatever_is_written_meanwhile(copy: Database) -> None:
    await store(copy, [offer(number) for number in range(1, 7)])
    streamed = []
    async with aclosing(stream_offers(copy, OfferFilter(), batch=2)) as batches:
        async for rows in batches:
            streamed += [(row.emag_id, row.stock) for row in rows]
            await store(copy, [offer(6, stock=99), offer(100 + len(streamed))])
    assert streamed == [(number, 5) for number in range(1, 7)]
    assert 102 in await found(copy)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("no_stock", "out of stock"),
        ("invalid_price", "price"),
        ("validation_8", "rejected"),
        ("validation_99", "99"),
        ("offer_validation_7", "7"),
        ("something_new", "something_new"),
    ],
)
def test_every_reason_has_words(code: str, says: str) -> None:
    assert says in explain(code)
