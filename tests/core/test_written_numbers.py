"""Numbers as people write them, by the table that the page's reader is held by too."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from emagsync.core.decimal_marks import DecimalMark
from emagsync.core.written_numbers import (
    Fault,
    NumberUnreadable,
    decimal_mark,
    mark_of_all,
    mark_of_locale,
    read_number,
)

CASES = json.loads((Path(__file__).parents[2] / "web/src/shared/numbers.cases.json").read_text(encoding="utf-8"))
LOCALES = {"ro": "ro", "en": "en-GB", "unknown": None}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["text"]))
def test_a_number_is_what_its_writer_means(case: dict[str, Any], locale: str) -> None:
    mark = mark_of_locale(LOCALES[locale])
    if case[locale] in set(Fault):
        with pytest.raises(NumberUnreadable) as caught:
            read_number(case["text"], mark)
        assert caught.value.fault == case[locale]
        return
    read = read_number(case["text"], mark)
    assert read.value == Decimal(case[locale])
    assert (read.currency, read.in_pieces, read.has_sign) == (case["currency"], case["pieces"], case["sign"])
    assert decimal_mark(case["text"]) == case["mark"]


def test_there_are_enough_of_them() -> None:
    assert len({case["text"] for case in CASES}) >= 50


# From a thousand million on, babel leaves out all but the last apostrophe of Swiss numbers.
@given(
    st.decimals(-(10**9) + 1, 10**9 - 1, places=4), st.sampled_from(["ro", "en", "bg", "hu", "de", "fr", "de_CH", "pl"])
)
def test_what_babel_writes_for_a_locale_is_read_for_that_locale(number: Decimal, locale: str) -> None:
    written = format_decimal(number, format="#,##0.0000", locale=locale)
    assert read_number(written, mark_of_locale(locale)).value == number


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.050", "189,90"], DecimalMark.COMMA),
        (["1.050", "1,599.90"], DecimalMark.POINT),
        (["1.050", "300", "buc"], None),
        (["189,90", "189.90"], None),
        ([], None),
    ],
)
def test_several_numbers_show_how_their_writer_writes(texts: list[str], mark: DecimalMark | None) -> None:
    assert mark_of_all(texts) == mark


@pytest.mark.parametrize("name", [None, "", "xx", "not a locale", "ro_", "*"])
def test_an_unknown_locale_has_no_decimal_mark(name: str | None) -> None:
    assert mark_of_locale(name) is None


def test_what_is_ambiguous_names_both_numbers() -> None:
    with pytest.raises(NumberUnreadable) as caught:
        read_number("1.050")
    assert caught.value.readings == (Decimal("1.050"), Decimal(1050))
