"""Folding text for search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from emagsync.db import search
from emagsync.db.search_index import (
    Search,
    Searchable,
    SearchIndex,
    by_walking,
    search_for,
    searchable,
    searchable_texts,
    shape_of,
)
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.selection_repository import ordered_ids
from emagsync.offers.tables import FACETS, offer_search, offers


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Încălțăminte", "incaltaminte"), ("ŞŢ", "st"), ("ABC-1", "abc-1"), ("Űrlap", "urlap"), ("ЧАЙ", "чаи"), ("", "")],
)
def test_text_is_folded_to_lower_case_without_diacritics(text: str, folded: str) -> None:
    assert search.fold(text) == folded


_NAMES = st.text(st.sampled_from("aÎșŢİΣσß ẞŕ°\x1e\n\0Ű") | st.characters(codec="utf-8"), max_size=6)


@given(st.lists(_NAMES.map(lambda text: search.fold(text) or ""), max_size=5))
def test_words_and_codes_of_many_texts_are_those_of_each(texts: list[str]) -> None:
    assert search.words_of_all(texts) == [search.words_of(text) for text in texts]
    assert search.codes_of_all(texts) == [search.code_of(text) for text in texts]


@given(st.lists(_NAMES, max_size=5))
def test_many_texts_are_folded_as_each_of_them_is(texts: list[str]) -> None:
    assert search.fold_all(texts) == [search.fold(text) for text in texts]


_PART = st.none() | _NAMES
_ROWS = st.builds(Searchable, _PART, st.lists(_PART, max_size=3), _PART)


@given(st.lists(_ROWS, max_size=4))
def test_what_a_search_looks_in_does_not_depend_on_other_offers(rows: list[Searchable]) -> None:
    assert searchable_texts(rows) == [searchable(row) for row in rows]


@given(_ROWS)
def test_a_text_has_a_line_for_the_title_each_code_and_the_note(row: Searchable) -> None:
    title, *codes, note = searchable(row).split("\n")
    assert [title, note] == [search.words_of(search.fold(part) or "") for part in (row.title, row.note)]
    assert codes == [code for part in row.codes if (code := search.code_of(search.fold(part) or ""))]


@given(_NAMES)
def test_words_and_codes_are_letters_and_digits(text: str) -> None:
    folded = search.fold(text) or ""
    words = search.words_of(folded)
    assert words.split() == "".join(one if one.isalnum() else " " for one in folded).split()
    assert words == " ".join(words.split())
    assert search.code_of(folded) == words.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        ("Oțel inoxidabil, VERDE!", (("otel",), ("inoxidabil",), ("verde",)), "otelinoxidabilverde"),
        ("ab-77", (("ab 77", "ab77"),), "ab77"),
        ("- 50% -", (("50",),), "50"),
        ("lampa LAMPĂ", (("lampa",),), "lampalampa"),
        ("%_", (), ""),
    ],
)
def test_a_search_is_its_words_and_all_of_it_as_a_code(
    text: str, words: tuple[tuple[str, ...], ...], code: str
) -> None:
    assert search_for(text) == Search(words, code)


@pytest.mark.parametrize("text", [None, "", " \t\n"])
def test_white_space_searches_for_nothing(text: str | None) -> None:
    assert search_for(text) is None


def test_no_text_stays_none() -> None:
    assert search.fold(None) is None


def test_a_search_on_postgresql_is_a_condition_for_each_word() -> None:
    index = SearchIndex(offer_search, key=offer_search.c.offer_id, content=offer_search.c.text)
    wanted = search_for("50%_Ț lampă")
    assert wanted is not None
    statement = index.matching("postgresql", wanted).compile(dialect=postgresql.dialect())
    assert list(statement.params.values()) == ["50 t", "50t", "lampa"]


@pytest.mark.parametrize("walks", [False, True])
def test_every_statement_of_a_list_compiles_on_postgresql(walks: bool) -> None:
    wanted = OfferFilter(search="lampă", accounts=("main",), statuses=(0, 1))
    assert wanted.searched is not None
    shape = shape_of(wanted.searched) if walks else None
    for key in SortKey:
        for descending in (False, True):
            statement = ordered_ids(wanted, Order(key, descending), "postgresql", walking=shape).limit(50).offset(100)
            assert "INDEXED BY" not in str(by_walking(statement, offers, FACETS).compile(dialect=postgresql.dialect()))
