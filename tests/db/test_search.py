"""Folding text for search."""

from __future__ import annotations

import pytest
from sqlalchemy import column
from sqlalchemy.dialects import postgresql

from emagsync.db import search


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Încălțăminte", "incaltaminte"), ("ŞŢ", "st"), ("ABC-1", "abc-1"), ("Űrlap", "urlap"), ("ЧАЙ", "чаи"), ("", "")],
)
def test_text_is_folded_to_lower_case_without_diacritics(text: str, folded: str) -> None:
    assert search.fold(text) == folded


def test_no_text_stays_none() -> None:
    assert search.fold(None) is None


def test_the_letters_that_postgresql_folds_are_folded_to_the_same_here() -> None:
    assert search.fold(search._WITH) == search._WITHOUT


def test_postgresql_folds_with_its_own_functions_and_takes_wildcards_literally() -> None:
    statement = search.contains(column("name"), "50%_Ț").compile(dialect=postgresql.dialect())
    assert "translate(lower(name)" in str(statement)
    assert "ESCAPE '/'" in str(statement)
    assert list(statement.params.values()) == ["50/%/_t"]
