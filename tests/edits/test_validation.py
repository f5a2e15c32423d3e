"""What eMAG would refuse, and what looks like a slip."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.fields import Key
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.planning import plan
from emagsync.edits.validation import FieldChange, doubts
from emagsync.marketplace.platforms import PLATFORMS, VatRates

RO_VAT = PLATFORMS["emag-ro"].vat_until(date(2026, 11, 28))

VALUES: dict[Key, str | None] = {
    ("sale_price", 0): "100.0000",
    ("recommended_price", 0): "150.0000",
    ("min_sale_price", 0): "80.0000",
    ("max_sale_price", 0): "200.0000",
    ("stock", 1): "10",
    ("handling_time", 1): "2",
    ("vat_id", 0): "1",
    ("status", 0): "1",
}


def offer(*, currency: str = "RON", removed: bool = False, **values: str | None) -> StoredOffer:
    changed = {(name, 0): value for name, value in values.items()}
    return StoredOffer(1, "main", 7, "SKU-7", currency, "f" * 32, removed, {**VALUES, **changed})


def codes(
    of: StoredOffer | None = None,
    /,
    *,
    confirm: bool = False,
    currency: str | None = None,
    vat: Sequence[VatRates] = RO_VAT,
    **given: Any,
) -> Any:
    """The faults and the doubts about an edit."""
    made = plan(of or offer(), (), ChangeRequest(given, currency=currency, confirm=confirm), most_percent=50, vat=vat)
    return [one.code for one in made.faults], [one.code for one in made.doubts]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        pytest.param({"sale_price": "79.99"}, "below_min_price", id="below-the-least-price"),
        pytest.param({"sale_price": "140", "max_sale_price": "130"}, "above_max_price", id="above-the-highest-price"),
        pytest.param({"min_sale_price": "201"}, "min_above_max", id="least-above-highest"),
        pytest.param({"min_sale_price": "101"}, "below_min_price", id="least-above-the-price"),
        pytest.param({"recommended_price": "100"}, "not_above_sale_price", id="recommended-not-above-the-price"),
        pytest.param({"sale_price": "150"}, "not_above_sale_price", id="price-not-below-recommended"),
        pytest.param({"sale_price": "100.00001"}, "too_many_decimals", id="five-decimals"),
        pytest.param({"sale_price": "0"}, "out_of_range", id="price-of-nothing"),
        pytest.param({"sale_price": "-5"}, "out_of_range", id="price-below-nothing"),
        pytest.param({"sale_price": "1,234"}, "ambiguous_amount", id="a-comma-that-could-be-either"),
        pytest.param({"sale_price": "1.234,50"}, "not_an_amount", id="points-and-commas"),
        pytest.param({"sale_price": "12,5 lei/buc"}, "not_an_amount", id="an-amount-and-words"),
        pytest.param({"sale_price": "1,2,3"}, "not_an_amount", id="commas"),
        pytest.param({"sale_price": "cheap"}, "not_an_amount", id="a-word"),
        pytest.param({"sale_price": "1e2"}, "not_an_amount", id="an-exponent"),
        pytest.param({"sale_price": "NaN"}, "not_an_amount", id="not-a-number"),
        pytest.param({"sale_price": "99999999999"}, "out_of_range", id="more-than-anything-costs"),
        pytest.param({"stock": "65536"}, "out_of_range", id="more-stock-than-emag-takes"),
        pytest.param({"stock": "-1"}, "out_of_range", id="stock-below-zero"),
        pytest.param({"stock": "1.5"}, "not_a_whole_number", id="half-a-piece"),
        pytest.param({"stock": [{"warehouse_id": 9, "value": 1}]}, "unknown_warehouse", id="unknown-warehouse"),
        pytest.param({"stock": [{"warehouse_id": 1}]}, "value_or_change", id="neither-value-nor-change"),
        pytest.param({"handling_time": "256"}, "out_of_range", id="longer-handling-than-emag-takes"),
        pytest.param(
            {"handling_time": [{"warehouse_id": 1, "change": 1}]}, "value_or_change", id="relative-handling-time"
        ),
        pytest.param({"vat_id": "0"}, "out_of_range", id="no-vat-id"),
        pytest.param({"status": "3"}, "unknown_status", id="unknown-status"),
        pytest.param({"colour": "red"}, "unknown_field", id="unknown-field"),
        pytest.param({"stock": "5", "stock_change": "1"}, "given_twice", id="a-value-and-a-change"),
    ],
)
def test_what_emag_would_refuse_is_a_fault(given: dict[str, Any], fault: str) -> None:
    assert fault in codes(**given)[0]


@pytest.mark.parametrize(
    "values",
    [
        {"sale_price": "150.0000"}, {"sale_price": "300.0000", "recommended_price": "350.0000"},
        {"sale_price": "70.0000"}, {"min_sale_price": "201.0000"}, {"recommended_price": "90.0000"},
    ],
)  # fmt: skip
def test_what_emag_has_already_is_no_fault_of_a_row_that_repeats_it(values: dict[str, str]) -> None:
    of = offer(**values)
    as_it_is = {name: of.values[name, place] for name, place in of.values}
    made = plan(of, (), ChangeRequest({**as_it_is, "stock": "11"}), most_percent=50, vat=RO_VAT)
    assert ([change.field for change in made.changes], made.faults) == (["stock"], ())
    cheaper = plan(of, (), ChangeRequest({"sale_price": "10"}), most_percent=50, vat=RO_VAT)
    assert "below_min_price" in [one.code for one in cheaper.faults]


@pytest.mark.parametrize("language", ["ro", "en"])
@pytest.mark.parametrize(
    "given",
    [
        {"sale_price": "79.99"}, {"sale_price": "140", "max_sale_price": "130"}, {"min_sale_price": "201"},
        {"recommended_price": "100"}, {"sale_price": "1,234"}, {"sale_price": "1.234,50"}, {"sale_price": "5 lei/buc"},
        {"sale_price": "12,5 lei/buc"}, {"sale_price": ","}, {"stock": "1,5"}, {"status": "x"}, {"vat_id": "1,234"},
    ],
)  # fmt: skip
def test_a_fault_says_all_that_its_words_on_the_page_name(given: dict[str, Any], language: str) -> None:
    texts = Path(__file__).parents[2] / "web/src/features/edits/i18n" / f"{language}.json"
    worded = json.loads(texts.read_text(encoding="utf-8"))["objections"]
    faults = plan(offer(), (), ChangeRequest(given), most_percent=50, vat=RO_VAT).faults
    assert faults
    for issue in faults:
        assert set(re.findall(r"{{(\w+)", worded[issue.code])) <= set(issue.values), issue


@pytest.mark.parametrize(
    "given",
    [
        {"sale_price": "105.5"},
        {"sale_price": "105,5"},
        {"sale_price": "105,50"},
        {"sale_price": "80", "min_sale_price": "80"},
        {"sale_price": "130", "recommended_price": "130.0001"},
        {"stock": "0"},
        {"stock": "65535"},
        {"stock_change": "-30"},
        {"stock": [{"warehouse_id": 1, "value": 3}], "handling_time": "0"},
        {"status": "inactive"},
        {"vat_id": "2"},
    ],
)
def test_what_is_within_bounds_is_neither_fault_nor_doubt(given: dict[str, Any]) -> None:
    assert codes(**given) == ([], [])


def test_prices_are_checked_together_with_those_of_the_same_edit() -> None:
    together = {"sale_price": "300", "max_sale_price": "320", "recommended_price": "310"}
    assert codes(confirm=True, **together)[0] == []


def test_a_recommended_price_that_was_too_low_already_does_not_stop_an_edit_of_the_price() -> None:
    assert codes(offer(recommended_price="90.0000"), sale_price="110")[0] == []


def test_bounds_that_emag_does_not_give_do_not_bind() -> None:
    free = offer(min_sale_price=None, max_sale_price=None, recommended_price=None)
    assert codes(free, sale_price="70")[0] == []
    assert codes(offer(min_sale_price="0.0000", max_sale_price="0.0000"), sale_price="70")[0] == []


def test_several_warehouses_must_be_named() -> None:
    two = offer()
    two.values["stock", 2] = "3"
    assert codes(two, stock="5")[0] == ["warehouse_needed"]
    assert codes(two, stock=[{"warehouse_id": 2, "value": 5}])[0] == []


def test_another_currency_and_a_removed_offer_are_faults() -> None:
    assert codes(currency="EUR", stock="5")[0] == ["other_currency"]
    assert codes(currency="ron", stock="5")[0] == []
    assert codes(offer(removed=True), stock="5")[0] == ["offer_removed"]


@pytest.mark.parametrize(
    ("price", "code"),
    [
        pytest.param("40", "implausible_change", id="sixty-percent-less"),
        pytest.param("151", "implausible_change", id="half-more-and-a-little"),
        pytest.param("121", "vat_slip", id="with-21-percent"),
        pytest.param("121.9", "vat_slip", id="with-about-21-percent"),
        pytest.param("82.64", "vat_slip", id="without-21-percent"),
        pytest.param("119", "vat_slip", id="with-19-percent"),
        pytest.param("111", "vat_slip", id="with-exactly-11-percent"),
    ],
)
def test_a_price_that_looks_like_a_slip_needs_a_confirmation(price: str, code: str) -> None:
    free = offer(min_sale_price=None, max_sale_price=None, recommended_price=None)
    assert codes(free, sale_price=price) == ([], [code])


@pytest.mark.parametrize("price", ["50", "150", "90", "95", "105", "110.5", "115", "130"])
def test_an_ordinary_change_of_price_needs_none(price: str) -> None:
    free = offer(min_sale_price=None, max_sale_price=None, recommended_price=None)
    assert codes(free, sale_price=price) == ([], [])


@pytest.mark.parametrize("currency", ["RON", "EUR", "PLN", "BGN", "HUF"])
@pytest.mark.parametrize(
    ("platform", "day", "slips", "ordinary"),
    [
        ("emag-ro", date(2025, 8, 1), ["121", "119", "111"], ["124", "127", "109", "105", "115"]),
        ("fd-ro", date(2025, 7, 31), ["119", "109", "105"], ["121", "111", "127"]),
        ("emag-bg", date(2026, 1, 1), ["120", "109"], ["117", "111", "127", "105"]),
        ("fd-bg", date(2025, 12, 31), ["120", "109"], ["117", "111", "127", "105"]),
        ("emag-hu", date(2026, 11, 28), ["127", "118", "105"], ["121", "119", "120", "109"]),
    ],
)
def test_vat_is_that_of_the_platforms_country_on_the_day_whatever_the_currency(
    currency: str, platform: str, day: date, slips: list[str], ordinary: list[str]
) -> None:
    free = offer(currency=currency, min_sale_price=None, max_sale_price=None, recommended_price=None)
    vat = PLATFORMS[platform].vat_until(day)
    for price in slips:
        assert codes(free, sale_price=price, vat=vat) == ([], ["vat_slip"]), price
    for price in ordinary:
        assert codes(free, sale_price=price, vat=vat) == ([], []), price


def test_the_day_is_the_platforms_own() -> None:
    late = datetime(2025, 7, 31, 21, 30, tzinfo=UTC)  # in Bucharest it is August already
    assert PLATFORMS["emag-ro"].day_of(late) == date(2025, 8, 1)
    assert PLATFORMS["emag-hu"].day_of(late) == date(2025, 7, 31)


def test_the_end_of_an_offers_life_needs_a_confirmation() -> None:
    assert codes(status="end_of_life") == ([], ["ends_offer"])


def test_a_vat_id_that_no_offer_of_the_account_has_needs_a_confirmation() -> None:
    change = FieldChange("vat_id", 0, "absolute", "9")

    def codes_knowing(*known: int) -> list[str]:
        return [one.code for one in doubts(VALUES, [change], most_percent=50, vat_ids=known)]

    assert codes_knowing(1, 2) == ["unfamiliar_vat_id"]
    assert codes_knowing(1, 9) == []
    assert codes_knowing() == []


def test_a_doubt_is_about_what_emag_has_and_not_about_what_waits() -> None:
    change = FieldChange("sale_price", 0, "absolute", "100.0000")
    assert doubts({("sale_price", 0): "30.0000"}, [change], most_percent=50)
