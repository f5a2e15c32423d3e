"""The API documentation's table of what may be sold."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.rows.row_shapes import offer, row

SELLABLE = {3, 9, 11, 12}


@pytest.mark.parametrize("value", [*range(19), 99])
def test_only_the_documented_validation_statuses_are_sellable(value: int) -> None:
    read = offer(row(validation_status=[{"value": value}]))

    assert read.validation_status == value
    assert read.sellable == (value in SELLABLE)
    assert read.not_sellable == (() if value in SELLABLE else (f"validation_{value}",))


@pytest.mark.parametrize("value", [9, 13, 14, 15, 16, 17, None])
def test_the_translation_does_not_decide(value: int | None) -> None:
    assert offer(row(translation_validation_status=value)).sellable


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        pytest.param({}, (), id="sellable"),
        pytest.param({"status": 0}, ("inactive",), id="inactive"),
        pytest.param({"status": 2}, ("end_of_life",), id="end of life"),
        pytest.param({"status": 7}, ("unknown_status",), id="a new status"),
        pytest.param({"status": None}, ("unknown_status",), id="no status"),
        pytest.param({"status": "odd"}, ("unknown_status",), id="unreadable status"),
        pytest.param({"general_stock": 0}, ("no_stock",), id="no stock"),
        pytest.param({"stock": [{"warehouse_id": 1, "value": 0}]}, ("no_stock",), id="empty warehouse"),
        pytest.param({"stock": "?", "general_stock": "?"}, ("unknown_stock",), id="unreadable stock"),
        pytest.param({"offer_validation_status": {"value": 2}}, ("invalid_price",), id="invalid price"),
        pytest.param({"offer_validation_status": 3}, ("offer_validation_3",), id="a new offer validation"),
        pytest.param({"offer_validation_status": ...}, ("unknown_offer_validation",), id="no offer validation"),
        pytest.param({"validation_status": "x"}, ("unknown_validation",), id="unreadable validation"),
        pytest.param(
            {"status": 0, "general_stock": 0, "offer_validation_status": 2, "validation_status": 10},
            ("inactive", "no_stock", "invalid_price", "validation_10"),
            id="everything at once",
        ),
    ],
)
def test_an_offer_says_everything_that_keeps_it_from_sale(fields: dict[str, Any], reasons: tuple[str, ...]) -> None:
    read = offer(row(**fields))

    assert read.not_sellable == reasons
    assert read.sellable == (not reasons)
