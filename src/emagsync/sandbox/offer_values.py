"""The values of a saved offer: what eMAG takes, and how they get into a row, in the shapes that the row has."""

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from emagsync.sandbox.answers import Refusal
from emagsync.sandbox.platforms import Platform
from emagsync.sandbox.row_seed import natural_or_none, whole_or_none
from emagsync.sandbox.rows import price_text

PRICES: Final = ("sale_price", "recommended_price", "min_sale_price", "max_sale_price")
BY_WAREHOUSE: Final = {"stock": 65_535, "handling_time": 255}
# The keys of `offer/save` beside the id: those whose values have rules of their own.
LIGHT: Final = frozenset((*PRICES, *BY_WAREHOUSE, "currency_type", "vat_id", "status"))
_TOO_DEAR: Final = 10**12
_CURRENCY_TYPES: Final = ("EUR", "PLN")


def apply_values(row: dict[str, Any], entity: dict[str, Any], platform: Platform) -> None:
    """Put the offer's values into *row*, in the shapes that the row already has. Raises :class:`Refusal`."""
    for key in PRICES:
        if key in entity:
            row[key] = _shaped_price(row.get(key), price_of(entity, key))
    for key, largest in BY_WAREHOUSE.items():
        if key in entity:
            _set_warehouses(row, key, _warehouse_values(entity, key, largest))
    for key, allowed in (("status", (0, 1, 2)), ("vat_id", platform.vat_ids)):
        if key in entity:
            row[key] = like(row.get(key), choice(entity, key, allowed))
    if "currency_type" in entity:
        if entity["currency_type"] not in _CURRENCY_TYPES:
            raise invalid("currency_type", " or ".join(_CURRENCY_TYPES))
        row["currency_type"] = entity["currency_type"]
    _check_prices(row, entity)


def multiplied_prices(row: dict[str, Any], factor: Decimal) -> dict[str, Any]:
    """The row's prices times *factor*, in their shapes, to four decimals."""
    found = {key: _readable(row.get(key)) for key in PRICES}
    return {key: _shaped_price(row[key], round(price * factor, 4)) for key, price in found.items() if price is not None}


def invalid(key: str, expected: str) -> Refusal:
    """The refusal of a value."""
    return Refusal(f"Invalid {key}: {expected} is expected")


def choice(entity: dict[str, Any], key: str, allowed: tuple[int, ...]) -> int:
    """The entity's whole number, which may come as text, when it is one of *allowed*. Raises :class:`Refusal`."""
    text = str(entity[key])
    if isinstance(entity[key], bool) or text not in {str(value) for value in allowed}:
        raise invalid(key, "one of " + ", ".join(str(value) for value in allowed))
    return int(text)


def like(old: Any, value: int) -> Any:
    """*value* in the shape that the row had: text stays text."""
    return str(value) if isinstance(old, str) else value


def _check_prices(row: dict[str, Any], entity: dict[str, Any]) -> None:
    if not entity.keys() & set(PRICES):
        return
    sale, recommended, low, high = (_readable(row.get(key)) for key in PRICES)
    if sale is None or sale <= 0:
        raise invalid("sale_price", "a price above 0")
    if (low is not None and sale < low) or (high is not None and sale > high):
        raise Refusal("sale_price must be between min_sale_price and max_sale_price")
    if "recommended_price" in entity and recommended is not None and recommended <= sale:
        raise Refusal("recommended_price must be greater than sale_price")


def _readable(value: Any) -> Decimal | None:
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() else None


def price_of(entity: dict[str, Any], key: str) -> Decimal | None:
    """The entity's price, a number or text with at most four decimals. Raises :class:`Refusal`."""
    value = entity[key]
    if value is None and key == "recommended_price":
        return None
    is_number = isinstance(value, str | int | Decimal) and not isinstance(value, bool) and "_" not in str(value)
    price = _readable(value) if is_number else None
    if price is None or not 0 <= price < _TOO_DEAR or price != round(price, 4):
        raise invalid(key, "a price with at most four decimals")
    return price


def _shaped_price(old: Any, price: Decimal | None) -> Any:
    if price is None:
        return None
    return price if isinstance(old, Decimal | int) else price_text(price)


def _warehouse_values(entity: dict[str, Any], key: str, largest: int) -> dict[int, int]:
    entries = entity[key]
    expected = f"a list of {{warehouse_id, value 0..{largest}}}"
    if not isinstance(entries, list) or not entries:
        raise invalid(key, expected)
    values: dict[int, int] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise invalid(key, expected)
        warehouse, value = natural_or_none(entry.get("warehouse_id")), natural_or_none(entry.get("value"))
        if warehouse is None or value is None or value > largest:
            raise invalid(key, expected)
        values[warehouse] = value
    return values


def _set_warehouses(row: dict[str, Any], key: str, values: dict[int, int]) -> None:
    if isinstance(row.get(key), list):
        kept = [
            entry for entry in row[key] if isinstance(entry, dict) and whole_or_none(entry.get("value")) is not None
        ]
        row[key] = _merged(kept, values)
        values = dict(enumerate(int(entry["value"]) for entry in row[key]))
    if key == "stock":
        total = sum(values.values())
        row["general_stock"] = like(row.get("general_stock"), total)
        row["estimated_stock"] = like(row.get("estimated_stock"), total)


def _merged(entries: list[dict[str, Any]], values: dict[int, int]) -> list[dict[str, Any]]:
    """The entries with the new values; one without a warehouse stands for warehouse 1, new warehouses come last."""
    left = dict(values)
    merged = []
    for entry in entries:
        warehouse = whole_or_none(entry.get("warehouse_id", 1)) or 1
        merged.append({**entry, "value": like(entry["value"], left.pop(warehouse))} if warehouse in left else entry)
    return merged + [{"warehouse_id": warehouse, "value": value} for warehouse, value in left.items()]
