"""The values of an offer that can be edited, as canonical text, and how eMAG's rows say them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Protocol

import msgspec

from emagsync.core import money
from emagsync.core.edit_rules import EditableField
from emagsync.marketplace.rows import coerce

PRICES: Final = (
    EditableField.SALE_PRICE.value,
    EditableField.RECOMMENDED_PRICE.value,
    EditableField.MIN_SALE_PRICE.value,
    EditableField.MAX_SALE_PRICE.value,
)
STOCK: Final = EditableField.STOCK.value
HANDLING_TIME: Final = EditableField.HANDLING_TIME.value
BY_WAREHOUSE: Final = (STOCK, HANDLING_TIME)
VAT_ID: Final = EditableField.VAT_ID.value
STATUS: Final = EditableField.STATUS.value
# The kinds of an edit: its value is the one that is wanted, or a difference to what eMAG has.
ABSOLUTE: Final = "absolute"
RELATIVE: Final = "relative"
MOST_STOCK: Final = 65_535
FIELDS: Final = tuple(field.value for field in EditableField)
MOST: Final[Mapping[str, int]] = {STOCK: MOST_STOCK, HANDLING_TIME: 255}
# For a field that is not per warehouse.
NO_WAREHOUSE: Final = 0
# What the prices among an offer's values are in. It cannot be edited.
CURRENCY: Final = ("currency", NO_WAREHOUSE)
# Where a row of eMAG's names no warehouse, and neither does the edit: the seller's only one.
FIRST_WAREHOUSE: Final = 1
STATUSES: Final[Mapping[str, int]] = {"inactive": 0, "active": 1, "end_of_life": 2}
# Of STATUS.
ACTIVE: Final = "1"
END_OF_LIFE: Final = "2"

# Field and warehouse.
Key = tuple[str, int]
# Values as canonical text: prices with four decimals, everything else a whole number. None: eMAG has no value.
Values = Mapping[Key, str | None]


class Columns(Protocol):
    """An offer's own columns: a row of `offers`, a record of it, or what the client parsed."""

    @property
    def currency(self) -> str: ...
    @property
    def sale_price(self) -> Decimal | None: ...
    @property
    def recommended_price(self) -> Decimal | None: ...
    @property
    def min_sale_price(self) -> Decimal | None: ...
    @property
    def max_sale_price(self) -> Decimal | None: ...
    @property
    def stock(self) -> int: ...
    @property
    def handling_time(self) -> int | None: ...
    @property
    def vat_id(self) -> int | None: ...
    @property
    def status(self) -> int | None: ...


class _Levels(msgspec.Struct, gc=False):
    stock: Any = None
    handling_time: Any = None


_DECODER = msgspec.json.Decoder(_Levels, float_hook=Decimal)


def values_of(offer: Columns, payload: str | bytes | None) -> dict[Key, str | None]:
    """Every editable value of an offer by field and warehouse, and the currency of its prices (`CURRENCY`); `payload`
    is its row as eMAG sent it.

    Where the row names no warehouse, the seller has one, which eMAG numbers 1, and the offer's own columns are the
    truth about it: `general_stock` is [seen] right where `stock` is absent or names no warehouse.
    """
    values: dict[Key, str | None] = {(name, NO_WAREHOUSE): money.text(getattr(offer, name)) for name in PRICES}
    values[CURRENCY] = offer.currency
    for name in (VAT_ID, STATUS):
        number = getattr(offer, name)
        values[name, NO_WAREHOUSE] = None if number is None else str(number)
    levels = _levels(payload)
    for name in BY_WAREHOUSE:
        by_warehouse = _by_warehouse(getattr(levels, name))
        if not by_warehouse:
            total = getattr(offer, name)
            by_warehouse = {FIRST_WAREHOUSE: None if total is None else str(total)}
        values |= {(name, warehouse): value for warehouse, value in by_warehouse.items()}
    return values


def warehouses(values: Values, name: str) -> list[int]:
    """The warehouses that an offer has for `stock` or `handling_time`, ascending."""
    return sorted(warehouse for field, warehouse in values if field == name)


def _levels(payload: str | bytes | None) -> _Levels:
    if payload is None:
        return _Levels()
    try:
        return _DECODER.decode(payload)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return _Levels()


def _by_warehouse(entries: object) -> dict[int, str | None]:
    """The values of a list that names a warehouse in each entry and can be read throughout, else nothing."""
    entries = coerce.unfolded(entries)
    if not isinstance(entries, list):
        return {}
    found: dict[int, str | None] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            return {}
        try:
            warehouse, value = coerce.whole(entry.get("warehouse_id")), coerce.whole(entry.get("value"))
        except coerce.Unreadable:
            return {}
        if not warehouse or value is None:
            return {}
        found[warehouse] = str(value)
    return found
