"""Rows of `vat/read` and `category/read` as eMAG sends them, read leniently: what cannot be understood is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from emagsync.core import money

_LARGEST_ID: Final = 2**62
_LONGEST_NAME: Final = 500
_PERCENT: Final = Decimal(100)


class VatRate(NamedTuple):
    """One VAT rate: eMAG's number of it, the rate as a fraction (0.2100), and its name if eMAG has one."""

    vat_id: int
    rate: Decimal
    name: str | None = None


class Category(NamedTuple):
    """One category of eMAG's tree."""

    category_id: int
    name: str
    parent_id: int | None = None


def vat_rates_of(rows: Iterable[Mapping[str, Any]]) -> list[VatRate]:
    """The rates by id, each once. A rate is a fraction, or percent from 1 up: 0.21, "0.21" and 21 are the same."""
    found = {}
    for row in rows:
        vat_id = _id(row.get("vat_id", row.get("id")))
        rate = _fraction(row.get("vat_rate", row.get("rate")))
        if vat_id is not None and rate is not None:
            found[vat_id] = VatRate(vat_id, rate, _name(row.get("name", row.get("vat_name"))))
    return [found[vat_id] for vat_id in sorted(found)]


def categories_of(rows: Iterable[Mapping[str, Any]]) -> list[Category]:
    """The categories that have an id and a name."""
    found = []
    for row in rows:
        category_id, name = _id(row.get("id")), _name(row.get("name"))
        if category_id is not None and name is not None:
            found.append(Category(category_id, name, _id(row.get("parent_id"))))
    return found


def _id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _LARGEST_ID:
        return None
    return value


def _fraction(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, str):
        value = value.strip().removesuffix("%").rstrip().replace(",", ".")
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 <= number <= _PERCENT:
        return None
    return (number if number < 1 else number / _PERCENT).quantize(money.UNIT)


def _name(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    # What no database takes is taken out.
    text = " ".join("".join(letter for letter in value if letter.isprintable() or letter.isspace()).split())
    return text[:_LONGEST_NAME] or None
