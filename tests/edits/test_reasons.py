"""Reasons are kept as sentences, and can be told apart by programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.edits import reasons
from emagsync.edits.reasons import ReasonCode, reason_of, told

# What people and eMAG put into the sentences: names, numbers, messages.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="(){};:,'"), max_size=30).filter(
    lambda value: not re.search(r"nothing|meanwhile| to | in | and | nor | below | above | chose | by ", value)
)
EXACT = {
    "cause": st.sampled_from(["timeout", "server_failure"]),
    "hold": st.integers(1, 99),
    "times": st.integers(1, 9),
}


@pytest.mark.parametrize("why", ReasonCode)
@given(data=st.data())
def test_each_sentence_is_recognised_with_its_values(why: ReasonCode, data: st.DataObject) -> None:
    names = reasons._PATTERNS[why].groupindex
    values = {name: str(data.draw(EXACT.get(name, VALUES), label=name)) for name in names}
    found = reason_of(told(why, **values))
    assert found is not None
    assert (found.why, dict(found.values)) == (why, values)


def test_no_value_is_told_and_found_again() -> None:
    text = told(ReasonCode.CHANGED_MEANWHILE, base=None, emag="5.0000")
    assert text == "eMAG changed it from nothing to 5.0000 meanwhile"
    found = reason_of(text)
    assert found is not None
    assert found.values == {"base": "", "emag": "5.0000"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="none"),
        pytest.param("The sale price must be between min_sale_price and max_sale_price", id="eMAG's"),
        pytest.param("no certain answer (two words): x", id="almost"),
        pytest.param("and its edits were withdrawn, settled or overtaken", id="within"),
    ],
)
def test_what_is_not_ours_has_no_code(text: str | None) -> None:
    assert reason_of(text) is None


@pytest.mark.parametrize("language", ["ro", "en"])
def test_the_page_has_words_for_each(language: str) -> None:
    file = Path(__file__).parents[2] / f"web/src/features/editing/i18n/{language}.json"
    text = file.read_text(encoding="utf-8")
    said = text[text.index('"reasons"') :]
    assert [why for why in ReasonCode if f'"{why}":' not in said] == []
