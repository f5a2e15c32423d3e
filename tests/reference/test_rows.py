"""Rows of VAT rates and categories are read leniently: what cannot be understood is left out, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from emagsync.reference.rows import Category, VatRate, categories_of, vat_rates_of


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        (Decimal("0.21"), "0.2100"),
        ("0.21", "0.2100"),
        ("0,21", "0.2100"),
        (21, "0.2100"),
        ("21", "0.2100"),
        ("21 %", "0.2100"),
        (Decimal("5.5"), "0.0550"),
        (0, "0.0000"),
        ("0", "0.0000"),
        (1, "0.0100"),
    ],
)
def test_a_rate_is_a_fraction_however_it_is_written(value: Any, rate: str) -> None:
    assert vat_rates_of([{"vat_id": 7, "vat_rate": value}]) == [VatRate(7, Decimal(rate))]


@pytest.mark.parametrize("value", [None, True, "", "free", "NaN", -1, 101, [], {}, "1e999999999"])
def test_what_is_no_rate_is_left_out(value: Any) -> None:
    assert vat_rates_of([{"vat_id": 7, "vat_rate": value}, {"id": 1, "rate": "0.09", "name": "redusă"}]) == [
        VatRate(1, Decimal("0.0900"), "redusă")
    ]


@pytest.mark.parametrize("value", [None, 0, -1, True, "x", 2**70, 1.5, "9" * 30])
def test_what_is_no_number_of_a_rate_or_category_is_left_out(value: Any) -> None:
    assert vat_rates_of([{"vat_id": value, "vat_rate": "0.21"}]) == []
    assert categories_of([{"id": value, "name": "Cafea"}]) == []


def test_names_are_texts_that_can_be_stored() -> None:
    rows = [{"id": "3", "name": " Cafea\0 \ud800boabe ", "parent_id": 2}, {"id": 4, "name": "\0"}, {"id": 5}]
    assert categories_of(rows) == [Category(3, "Cafea boabe", 2)]
