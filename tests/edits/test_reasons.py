"""Reasons are stored as codes with values, and become sentences where they are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emagsync.edits import reasons
from emagsync.edits.push.items import Item, Result, items_of, items_text
from emagsync.edits.reasons import (
    Reason,
    ReasonCode,
    ReasonView,
    reason_columns,
    reason_fields,
    reason_text,
    reason_view,
    stored_reason,
)
from emagsync.edits.refusals import ADVICE, Advice, remarks_in

NAMES: Mapping[ReasonCode, list[str]] = {
    code: re.findall(r"\{(\w+)\}", sentence) for code, sentence in reasons._SENTENCES.items()
}
ANYTHING = st.none() | st.text(st.characters(codec="utf-8"), max_size=60)


def stored_and_read(reason: Reason) -> Reason | None:
    columns = reason_columns(reason)
    values = columns["reason_values"]
    return stored_reason(columns["reason"], columns["reason_code"], None if values is None else orjson.loads(values))


@pytest.mark.often(first=6)
@pytest.mark.parametrize("code", ReasonCode)
@given(data=st.data())
def test_whatever_the_names_and_values_are_a_stored_reason_is_read_as_it_was(
    code: ReasonCode, data: st.DataObject
) -> None:
    values = {name: data.draw(ANYTHING, label=name) for name in NAMES[code]}
    reason = Reason.of(code, **values)
    assert stored_and_read(reason) == reason
    view = reason_view(reason)
    assert view is not None
    assert (view.code, view.values) == (code, {name: value or "" for name, value in values.items()})
    item = Item(1, "stock", 1, "absolute", "5", result=Result.REJECTED, reason=reason)
    assert items_of(items_text([item])) == (item,)


@given(words=st.text(st.characters(codec="utf-8")))
def test_somebody_elses_words_are_never_taken_for_a_reason_of_ours(words: str) -> None:
    assert stored_and_read(Reason.quoted(words)) == Reason.quoted(words)
    assert reason_view(Reason.quoted(words)) is None


@pytest.mark.parametrize(
    ("reason", "text", "code", "values"),
    [
        pytest.param(
            Reason.of(ReasonCode.REFUSED_BY, by="ana (hold 3)"),
            "refused by ana (hold 3)",
            ReasonCode.REFUSED_BY,
            {"by": "ana (hold 3)"},
            id="a user's name that ends like another sentence",
        ),
        pytest.param(
            Reason.quoted("withdrawn by seller"), "withdrawn by seller", None, {}, id="eMAG's words that are like ours"
        ),
        pytest.param(
            Reason.of(ReasonCode.CHANGED_MEANWHILE, base="1 to 2", emag="3"),
            "eMAG changed it from 1 to 2 to 3 meanwhile",
            ReasonCode.CHANGED_MEANWHILE,
            {"base": "1 to 2", "emag": "3"},
            id="a value that is like the words between two",
        ),
        pytest.param(
            Reason.of(ReasonCode.CHANGED_MEANWHILE, base=None, emag="5.0000"),
            "eMAG changed it from nothing to 5.0000 meanwhile",
            ReasonCode.CHANGED_MEANWHILE,
            {"base": "", "emag": "5.0000"},
            id="no value",
        ),
        pytest.param(
            Reason.of(ReasonCode.WITHDRAWN_BY, by="nothing"),
            "withdrawn by nothing",
            ReasonCode.WITHDRAWN_BY,
            {"by": "nothing"},
            id="a user whose name is nothing",
        ),
        pytest.param(
            Reason.of(ReasonCode.REFUSED_BY_HOLD, by="ana", hold=3),
            "refused by ana (hold 3)",
            ReasonCode.REFUSED_BY_HOLD,
            {"by": "ana", "hold": "3"},
            id="a number",
        ),
    ],
)
def test_what_a_reason_is_shown_as(reason: Reason, text: str, code: ReasonCode | None, values: dict[str, str]) -> None:
    read = stored_and_read(reason)
    assert read is not None
    assert reason_text(read) == text
    assert reason_view(read) == (None if code is None else ReasonView(code=code, values=values))


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        pytest.param(["sale_price must be between min_sale_price and max_sale_price"], "price_limits", id="limits"),
        pytest.param(["Prețul minim este mai mare decât prețul"], "price_limits", id="limits, in Romanian"),
        pytest.param(["recommended_price must be greater than sale_price"], "recommended_price", id="recommended"),
        pytest.param(["Invalid sale_price"], "price_value", id="a price"),
        pytest.param(["Offer 1000000388 not found"], "offer_missing", id="seen: an offer that is not there"),
        pytest.param(["This offer does not exist"], "offer_missing", id="documented: an offer that is not there"),
        pytest.param(["Invalid vat_id"], "vat_rate", id="VAT"),
        pytest.param(["handling_time: invalid value"], "handling_time", id="handling time"),
        pytest.param(["Unknown warehouse_id 4 in stock"], "warehouse", id="warehouse"),
        pytest.param(["stock: value must be at most 65535"], "stock_value", id="stock"),
        pytest.param(["currency_type must be EUR or PLN"], "currency", id="currency"),
        pytest.param(["Your vendor account is suspended"], "account", id="account"),
        pytest.param(["Product documentation was rejected"], "documentation", id="documentation"),
        pytest.param(["This category is not allowed"], "category", id="category"),
        pytest.param(["The offer is at its end of life"], "status", id="status"),
        pytest.param(["Computer says no"], None, id="not known"),
    ],
)
def test_a_refusal_keeps_emags_words_and_says_what_to_do_where_that_is_known(
    words: list[str], advice: str | None
) -> None:
    read = stored_and_read(Reason.refusal(words))
    view = reason_view(read)
    assert view == ReasonView(
        code=ReasonCode.REFUSED_BY_EMAG,
        values={"message": words[0]} | ({} if advice is None else {"advice": advice}),
    )
    text = reason_text(read)
    assert text is not None
    assert words[0] in text
    assert ("What to do: " in text) == (advice is not None)


@pytest.mark.parametrize(
    "words",
    [
        ["Offer has stock in site and cannot be updated"],
        ["bad luck", "STOCK-IN-SITE"],
        ["Oferta este în campanie"],
        ["The offer takes part in a campaign"],
    ],
)
def test_a_campaign_is_no_refusal(words: list[str]) -> None:
    reason = Reason.refusal(words)
    assert (reason.is_campaign, reason.is_refusal, reason.advice) == (True, False, None)
    assert reason.values == {"message": "; ".join(words)}


@pytest.mark.parametrize(
    ("words", "remarks"),
    [
        ([], None),
        (["The offer was saved"], None),
        (["OK", "Product has been updated successfully."], None),
        (["The offer was saved", "Price is far from that of others"], "Price is far from that of others"),
        (["The offer was saved at a lower price", "Look"], "The offer was saved at a lower price; Look"),
        ([""], None),
    ],
)
def test_what_emag_says_besides_that_it_saved_the_offer_is_a_remark(words: list[str], remarks: str | None) -> None:
    assert remarks_in(words) == remarks


def test_a_refusal_without_words_says_so() -> None:
    assert reason_text(Reason.refusal([])) == "eMAG refused it without giving a reason"


def test_no_reason_is_no_text_and_no_columns() -> None:
    assert (reason_text(None), reason_view(None), stored_reason(None, None, None)) == (None, None, None)
    nothing: dict[str, Any] = {"reason": None, "reason_code": None, "reason_values": None}
    assert reason_fields(None) == reason_columns(None) == nothing


def test_every_code_has_a_sentence() -> None:
    assert set(reasons._SENTENCES) == set(ReasonCode)
    assert set(ADVICE) == set(Advice)


@pytest.mark.parametrize("language", ["ro", "en"])
def test_the_page_has_words_for_each(language: str) -> None:
    file = Path(__file__).parents[2] / f"web/src/features/edits/i18n/{language}.json"
    text = file.read_text(encoding="utf-8")
    said = text[text.index('"reasons"') :]
    assert [code for code in ReasonCode if f'"{code}":' not in said] == []
    advice = json.loads(text)["advice"]
    assert {*Advice} == set(advice)
