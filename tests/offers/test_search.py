"""Searching the local copy: whatever is typed, the index finds exactly what reading every offer would."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from emagsync.db.engine import Database
from emagsync.db.search import fold
from emagsync.offers import page_repository
from emagsync.offers.queries import list_offers
from emagsync.offers.records import OfferRecord
from emagsync.offers.search_repository import texts_of
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.value_lists import read_list
from offers.offer_rows import offer, remove, store
from support.databases import new_database

pytestmark = pytest.mark.databases("both")

NAMES = (
    "Încălțăminte sport bărbați, mărimea 42",
    "Țeavă PPR 50% reciclată",
    "INCALTAMINTE de iarnă",
    "șurub_inox M6 'A2' \"lung\"",
    "Căști in-ear * OR AND NOT NEAR(",
    "Lampă  cu   spații",
    "Űrlap és őszi kabát",
    "Чайник електрически",
    "emoji 🎧 în nume",
    "",
)
TERMS = (
    *(
        "incaltaminte",
        "ÎNCĂLŢĂ",
        "încăl",
        "caș",
        "cas",
        "ști",
        "stı",
        "țe",
        "te",
        "t",
        "",
        " ",
        "ppr 50%",
        "50%",
        "%",
        "_",
    ),
    *("b_i", "'a2'", '"lung"', '"', "'", "* or", "or and not", "near(", "lampa cu spatii", "u   s", "🎧", "i 🎧 i"),
    *(
        "urlap",
        "őszi",
        "чай",
        "ЧАЙНИК",
        "sku-1",
        "SKU-12",
        "d00",
        "5940000",
        "nordika",
        "nor",
        "dika",
        "42",
        "zzz",
        "zzzz",
    ),
    *("a\nn", "a\0b", "\\", "/", "^", "-", "sku-1 d0", "bărbați, mărimea"),
)


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


def rows(count: int) -> list[OfferRecord]:
    return [offer(number, name=NAMES[number % len(NAMES)], stock=number % 4) for number in range(1, count + 1)]


def expected(offers: list[OfferRecord], term: str) -> list[int]:
    """The ids of the offers one of whose texts holds the term, compared as a person would."""
    wanted = " ".join((fold(term) or "").replace("\0", " ").split())
    return [row.emag_id for row in offers if not wanted or any(wanted in part for part in texts(row))]


def texts(row: OfferRecord) -> list[str]:
    parts = (row.name, row.part_number, row.part_number_key, *read_list(row.eans), row.brand)
    return [" ".join((fold(part) or "").split()) for part in parts]


@pytest.mark.often(first=1)
@pytest.mark.parametrize("many", [5_000, 0], ids=["by looking up the matches", "by walking the list"])
async def test_every_term_finds_what_reading_all_offers_finds(
    copy: Database, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(page_repository, "_MANY", many)
    offers = rows(200)
    await store(copy, offers)
    for term in TERMS:
        page = await list_offers(copy, OfferFilter(search=term), limit=500)
        assert [row.emag_id for row in page.offers] == expected(offers, term), term
        assert page.total == len(page.offers), term
        for skip in (0, page.total // 2):
            part = await list_offers(copy, OfferFilter(search=term), limit=3, skip=skip)
            assert [row.emag_id for row in part.offers] == expected(offers, term)[skip : skip + 3], term


async def test_no_term_matches_across_two_texts(copy: Database) -> None:
    await store(copy, [offer(1, name="abc", part_number="def", part_number_key=None, brand=None, eans=[])])
    for term in ("cd", "cde", "bc de", "abcdef"):
        assert (await list_offers(copy, OfferFilter(search=term))).total == 0


async def test_a_name_that_changes_is_found_by_its_new_words_only(copy: Database) -> None:
    await store(copy, [offer(1, name="Lampă veche"), offer(2)])
    await store(copy, [offer(1, name="Scaun nou")])
    assert (await list_offers(copy, OfferFilter(search="veche"))).total == 0
    assert (await list_offers(copy, OfferFilter(search="scaun n"))).total == 1


async def test_a_search_and_other_filters_narrow_each_other(copy: Database) -> None:
    await store(copy, rows(40))
    await store(copy, rows(40), account="fbe")
    await remove(copy, 2, 12)
    wanted = OfferFilter(search="incaltaminte", accounts=("main",), max_stock=2)
    page = await list_offers(copy, wanted, order=Order(SortKey.STOCK, descending=True))
    # The third and the first name, in turn: ids 10, 20, 30, 40 and 2, 12, 22, 32 of which two were removed.
    assert [(row.stock, row.emag_id) for row in page.offers] == [(2, 30), (2, 22), (2, 10), (0, 40), (0, 32), (0, 20)]
    assert page.total == 6


@pytest.mark.databases("sqlite", "the index is a table there")
async def test_the_index_holds_every_offer_once_after_random_changes(copy: Database) -> None:
    dice = random.Random(4)
    for _ in range(12):
        await store(copy, [offer(number, name=dice.choice(NAMES)) for number in dice.sample(range(1, 80), 30)])
    async with copy.snapshot() as connection:
        stored = (await connection.execute(text("SELECT * FROM offers ORDER BY id"))).all()
        words = dict(map(tuple, await connection.execute(text("SELECT offer_id, text FROM offer_search"))))
        grams = {word[start : start + 3] for word in words.values() for start in range(len(word) - 2)}
        for gram in dice.sample(sorted(grams), 60):
            query = text("SELECT rowid FROM offer_search_index WHERE offer_search_index MATCH :gram ORDER BY rowid")
            quoted = '"' + gram.replace('"', '""') + '"'
            indexed = (await connection.execute(query, {"gram": quoted})).scalars().all()
            assert indexed == sorted(key for key, word in words.items() if gram in word), gram
    assert words == dict(zip((row.id for row in stored), texts_of(stored), strict=True))


async def test_a_deleted_offer_leaves_the_index(copy: Database) -> None:
    await store(copy, [offer(1, name="Lampă"), offer(2, name="Lampă")])
    async with copy.transaction() as connection:
        await connection.execute(text("DELETE FROM offers WHERE emag_id = 2"))
    await store(copy, [offer(3, name="Scaun")])
    page = await list_offers(copy, OfferFilter(search="lampa"))
    assert [row.emag_id for row in page.offers] == [1]
    assert page.total == 1


@pytest.mark.databases("sqlite", "the index is a table there")
async def test_an_unchanged_offer_costs_the_index_nothing(copy: Database) -> None:
    await store(copy, rows(50))
    async with copy.snapshot() as connection:
        before = (await connection.execute(text("SELECT id, block FROM offer_search_index_data"))).all()
    await store(copy, [offer(row.emag_id, name=row.name, stock=99) for row in rows(50)])
    async with copy.snapshot() as connection:
        after = (await connection.execute(text("SELECT id, block FROM offer_search_index_data"))).all()
    assert before == after
