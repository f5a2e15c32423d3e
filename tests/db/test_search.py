"""Folding text for search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from emagsync.db import search
from emagsync.db.search_index import SearchIndex, by_walking, searchable, searchable_texts, term_of
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


@given(st.lists(_NAMES, max_size=5))
def test_many_texts_are_folded_as_each_of_them_is(texts: list[str]) -> None:
    assert search.fold_all(texts) == [search.fold(text) for text in texts]


@given(st.lists(st.lists(st.none() | _NAMES, max_size=4), max_size=4))
def test_what_a_search_looks_in_does_not_depend_on_other_offers(rows: list[list[str | None]]) -> None:
    assert searchable_texts(rows) == [searchable(parts) for parts in rows]
    terms = [[term_of(part) for part in parts if part] for parts in rows]
    assert searchable_texts(rows) == ["\n".join(parts) for parts in terms]


def test_no_text_stays_none() -> None:
    assert search.fold(None) is None


def test_a_term_on_postgresql_takes_wildcards_literally() -> None:
    index = SearchIndex(offer_search, key=offer_search.c.offer_id, content=offer_search.c.text)
    statement = index.matching("postgresql", term_of("50%_Ț")).compile(dialect=postgresql.dialect())
    assert "ESCAPE '/'" in str(statement)
    assert list(statement.params.values()) == ["50/%/_t"]


@pytest.mark.parametrize("hint", [False, True])
def test_every_statement_of_a_list_compiles_on_postgresql(hint: bool) -> None:
    wanted = OfferFilter(search="lampă", accounts=("main",), statuses=(0, 1))
    for key in SortKey:
        for descending in (False, True):
            statement = ordered_ids(wanted, Order(key, descending), "postgresql", walking=hint).limit(50).offset(100)
            assert "INDEXED BY" not in str(by_walking(statement, offers, FACETS).compile(dialect=postgresql.dialect()))
