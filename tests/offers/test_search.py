"""Searching the local copy: whatever is typed, the index finds exactly what reading every offer would."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from emagsync.db.engine import Database
from emagsync.db.search import fold
from emagsync.offers import found_repository, page_repository
from emagsync.offers.queries import list_offers
from emagsync.offers.records import OfferRecord
from emagsync.offers.search_repository import texts_of
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.total_cache import TotalCache
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
    *("incaltaminte", "ÎNCĂLŢĂ", "încăl", "caș", "cas", "ști", "stı", "țe", "te", "t", "", " ", "ppr 50%", "50%"),
    *("42 sport", "mărimea, incaltaminte", "bărbați încălțăminte", "marimea 42 zzz", "sport sport", "iarna de inc"),
    *("%", "_", "'", '"', "* or", "or and not", "near(", "NOT", "b_i", "'a2'", '"lung"', "lung a2 m6", "m6", "A2/m6"),
    *(
        "in-ear",
        "in ear",
        "inear",
        "ear-in",
        "lampa cu spatii",
        "spatii lampa",
        "u   s",
        "🎧",
        "i 🎧 i",
        "\\",
        "^",
        "-",
    ),
    *("urlap", "őszi", "oszi űrlap", "чай", "ЧАЙНИК", "електрически чайник", "й", "d00", "5940000", "nordika", "dika"),
    *("sku-1", "SKU-12", "sku 12", "sku12", "12-sku", "sku-1 d0", "nordika sku", "594 nordika lampa", "zzz", "zzzz"),
    *("a\nn", "a\0b", "bărbați, mărimea", "sku_1 5940000000", "1", "1 2", "lampa " * 30),
)


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


def rows(count: int) -> list[OfferRecord]:
    return [offer(number, name=NAMES[number % len(NAMES)], stock=number % 4) for number in range(1, count + 1)]


def plain(text: str | None, gap: str) -> str:
    """Letters and digits of a text, without diacritics, with `gap` for everything between them."""
    return gap.join("".join(one if one.isalnum() else " " for one in fold(text) or "").split())


def expected(offers: list[OfferRecord], wanted: str) -> list[int]:
    """The ids of the offers that hold every word, compared as a person would."""
    words = [word for word in wanted.split() if plain(word, "")]
    if wanted.strip() and not words:
        return []
    return [row.emag_id for row in offers if all(any(holds(part, word) for part in parts(row)) for word in words)]


def holds(part: tuple[str, str], word: str) -> bool:
    text, gap = part
    return any(plain(word, between) in plain(text, gap) for between in (" ", ""))


def parts(row: OfferRecord) -> list[tuple[str, str]]:
    """The texts of an offer, and what is between their words: nothing in a code."""
    codes = (row.part_number, row.part_number_key, *read_list(row.eans))
    return [(row.name or "", " "), (row.brand or "", " "), *((code or "", "") for code in codes)]


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    ("few", "many"),
    [
        pytest.param(100, 5_000, id="few by one statement"),
        pytest.param(0, 5_000, id="by looking up the matches"),
        pytest.param(0, 0, id="by walking the list"),
    ],
)
async def test_every_term_finds_what_reading_all_offers_finds(
    copy: Database, monkeypatch: pytest.MonkeyPatch, few: int, many: int
) -> None:
    monkeypatch.setattr(found_repository, "FEW", few)
    monkeypatch.setattr(page_repository, "_MANY", many)
    offers = rows(60)
    await store(copy, offers)
    for term in TERMS:
        page = await list_offers(copy, OfferFilter(search=term), limit=500)
        assert [row.emag_id for row in page.offers] == expected(offers, term), term
        assert page.total == len(page.offers), term
        skip = page.total // 2
        part = await list_offers(copy, OfferFilter(search=term), limit=3, skip=skip)
        assert [row.emag_id for row in part.offers] == expected(offers, term)[skip : skip + 3], term


async def test_no_term_matches_across_two_texts(copy: Database) -> None:
    await store(copy, [offer(1, name="abc", part_number="def", part_number_key=None, brand=None, eans=[])])
    for term in ("cd", "cde", "bc-de", "abcdef", "abc/def"):
        assert (await list_offers(copy, OfferFilter(search=term))).total == 0
    assert (await list_offers(copy, OfferFilter(search="def abc"))).total == 1


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        pytest.param("oțel inoxidabil verde", [1], id="in any order, over a comma"),
        pytest.param("verde OTEL", [1], id="without diacritics, in capitals"),
        pytest.param("AB-77", [5, 2], id="an SKU is first, then parts of others"),
        pytest.param("ab 77", [5, 1, 2, 3], id="as two words, parts of others too"),
        pytest.param("ab77", [5, 2], id="without its hyphen too"),
        pytest.param("d4", [6, 4], id="a short PNK is first"),
        pytest.param("594777", [3, 1], id="an EAN is first"),
        pytest.param("verde", [7, 1], id="an SKU that is a word of others"),
        pytest.param("kulcs", [8], id="Hungarian"),
        pytest.param("шапка зимна", [9], id="Bulgarian"),
        pytest.param("acme", [10, 11], id="a brand alone names no offer"),
        pytest.param("zzz", [12], id="an SKU where name and brand are missing"),
        pytest.param("!?", [], id="punctuation finds nothing, rather than everything"),
    ],
)
async def test_words_are_found_in_any_order_and_what_is_named_exactly_is_first(
    copy: Database, search: str, ids: list[int]
) -> None:
    bare: dict[str, Any] = {"name": "x", "brand": "y", "part_number": "x", "part_number_key": "x", "eans": []}

    def some(emag_id: int, **given: Any) -> OfferRecord:
        return offer(emag_id, **{**bare, **given})

    await store(
        copy,
        [
            some(1, name="Cană termică din oţel inoxidabil, Verde", eans=["1594777"]),
            some(2, part_number="AB-771"),
            some(3, name="ab şi 77", eans=["1", "594777"]),
            some(4, part_number_key="D45"),
            some(5, part_number="ab/77"),
            some(6, part_number_key="D4"),
            some(7, part_number="VERDE"),
            some(8, name="Kulcstartó űr"),
            some(9, name="Зимна шапка"),
            some(10, brand="Acme"),
            some(11, brand="Acme"),
            some(12, name=None, brand=None, part_number="ZZZ", part_number_key=None),
        ],
    )
    for totals in (TotalCache(), None):
        page = await list_offers(copy, OfferFilter(search=search), order=Order(SortKey.RELEVANCE), totals=totals)
        assert ([row.emag_id for row in page.offers], page.total) == (ids, len(ids))
    second = await list_offers(copy, OfferFilter(search=search), order=Order(SortKey.RELEVANCE), skip=1, limit=1)
    assert [row.emag_id for row in second.offers] == ids[1:2]


async def test_an_offer_that_comes_to_be_named_is_first_although_the_total_was_remembered(copy: Database) -> None:
    await store(copy, [offer(1, name="abc"), offer(2, name="abc"), offer(3, name="x")])
    remembered = TotalCache()
    for expected_ids in ([1, 2], [2, 1]):
        page = await list_offers(copy, OfferFilter(search="abc"), order=Order(SortKey.RELEVANCE), totals=remembered)
        assert [row.emag_id for row in page.offers] == expected_ids
        await store(copy, [offer(2, name="abc", part_number="ABC")])


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
