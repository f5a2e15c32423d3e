"""Writing offers: ``offer/save``, ``product_offer/save`` and ``PATCH offer_stock/{id}``: all or nothing."""

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Answer, Refusal, failure, success
from emagsync.sandbox.catalogue import MAX_ID
from emagsync.sandbox.changes import template
from emagsync.sandbox.filters import matching
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.row_seed import whole_or_none
from emagsync.sandbox.rows import price_text, validation

MOST_ENTITIES: Final = 50
MOST_ELEMENTS: Final = 4000
_TOO_DEAR: Final = 10**12
_PRICES: Final = ("sale_price", "recommended_price", "min_sale_price", "max_sale_price")
_BY_WAREHOUSE: Final = {"stock": 65_535, "handling_time": 255}
_LIGHT: Final = frozenset((*_PRICES, *_BY_WAREHOUSE, "currency_type", "vat_id", "status"))
_UPDATE_NEEDS: Final = ("id", "status", "sale_price", "vat_id", "handling_time", "stock")
_NEW_PRODUCT_NEEDS: Final = ("category_id", "name", "part_number", "brand")
_NOT_PLAIN: Final = (*_PRICES, *_BY_WAREHOUSE, "id", "status", "vat_id")


def save_light(request: ApiRequest) -> Answer:
    """``offer/save``: only the keys that change, only offers that exist."""
    changed = [_light(request.account, entity) for entity in entities(request.body)]
    _store(request.account, changed)
    return success([])


def save_products(request: ApiRequest) -> Answer:
    """``product_offer/save``: creates offers, attaches them to catalogue products, or updates them."""
    taken: set[str] = set()
    changed = [_product(request.account, entity, taken) for entity in entities(request.body)]
    _store(request.account, changed)
    if request.marketplace.settings.documentation_errors:
        return failure(["Documentation errors: the product documentation was not saved; the offer was saved"])
    return success([])


def patch_stock(request: ApiRequest) -> Answer:
    """``PATCH offer_stock/{id}``: documented, but failing in production [seen] unless ``offer_stock_works`` is set."""
    if not request.marketplace.settings.offer_stock_works:
        raise Refusal("An internal error occurred", status=500)
    _store(request.account, [_light(request.account, {"id": request.path_id, "stock": request.body.get("stock")})])
    return success([])


def entities(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The entities of a save. Raises :class:`Refusal` when they are not a list of objects, or too many."""
    if elements(body) > MOST_ELEMENTS:
        raise Refusal(f"Maximum input vars of {MOST_ELEMENTS} exceeded")
    data = body.get("data")
    if not isinstance(data, list) or not data or not all(isinstance(entity, dict) for entity in data):
        raise Refusal("Invalid request: data must be a list of objects")
    if len(data) > MOST_ENTITIES:
        raise Refusal(f"Maximum {MOST_ENTITIES} entities are allowed in one request, {len(data)} received")
    return data


def elements(value: Any) -> int:
    """Single values in a body, as PHP counts input variables."""
    if isinstance(value, dict):
        return sum(elements(inner) for inner in value.values())
    return sum(elements(inner) for inner in value) if isinstance(value, list) else 1


def _store(account: Account, changed: list[tuple[int, dict[str, Any]]]) -> None:
    for emag_id, row in changed:
        account.catalogue.put(emag_id, row)


def _light(account: Account, entity: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    emag_id = _id(entity)
    if emag_id not in account.catalogue:
        raise Refusal(f"Offer {emag_id} does not exist")
    if unknown := set(entity) - _LIGHT - {"id"}:
        raise Refusal(f"Offer {emag_id}: {', '.join(sorted(unknown))} cannot be changed by offer/save")
    row = account.catalogue.build(emag_id)
    _apply_values(row, entity)
    return emag_id, row


def _product(account: Account, entity: dict[str, Any], taken: set[str]) -> tuple[int, dict[str, Any]]:
    emag_id = _id(entity)
    if missing := [key for key in _UPDATE_NEEDS if entity.get(key) is None]:
        raise Refusal(f"Offer {emag_id}: missing {', '.join(missing)}")
    if emag_id in account.catalogue:
        row = account.catalogue.build(emag_id)
    else:
        row = _new_row(account, emag_id, entity, taken)
    row |= {key: value for key, value in entity.items() if key not in _NOT_PLAIN}
    _apply_values(row, entity)
    return emag_id, row


def _new_row(account: Account, emag_id: int, entity: dict[str, Any], taken: set[str]) -> dict[str, Any]:
    key, ean = entity.get("part_number_key"), entity.get("ean")
    attached = key is not None or (ean is not None and all(entity.get(name) is None for name in _NEW_PRODUCT_NEEDS))
    if key is not None:
        if key in taken or matching(account.catalogue, (("part_number_key", str(key)),)):
            raise Refusal("You already hold a Product associated with this PN")
        taken.add(key)
    missing = [name for name in _NEW_PRODUCT_NEEDS if entity.get(name) is None]
    if not attached and missing:
        raise Refusal(f"Offer {emag_id}: to create it, give part_number_key, one ean, or {', '.join(missing)}")
    row = template(account, emag_id)
    row |= dict.fromkeys(_PRICES) | {"part_number_key": key, "ean": [], "part_number": "", "start_date": None}
    row["min_sale_price"], row["max_sale_price"] = "0.0000", "100387.5800"
    row["validation_status"] = [validation(9 if attached else 1)]
    row["offer_validation_status"] = {"value": 1, "description": "Saleable", "errors": None}
    return row


def _apply_values(row: dict[str, Any], entity: dict[str, Any]) -> None:
    """Put the offer's values into *row*, in the shapes that the row already has. Raises :class:`Refusal`."""
    for key in _PRICES:
        if key in entity:
            row[key] = _shaped_price(row.get(key), _price(entity, key))
    for key, largest in _BY_WAREHOUSE.items():
        if key in entity:
            _set_warehouses(row, key, _warehouse_values(entity, key, largest))
    for key, allowed in (("status", (0, 1, 2)), ("vat_id", (1, 2, 3))):
        if key in entity:
            row[key] = _like(row.get(key), _choice(entity, key, allowed))
    if "currency_type" in entity:
        if entity["currency_type"] not in ("EUR", "PLN"):
            raise _invalid(entity, "currency_type", "EUR or PLN")
        row["currency_type"] = entity["currency_type"]
    _check_prices(row, entity)


def _check_prices(row: dict[str, Any], entity: dict[str, Any]) -> None:
    if not entity.keys() & set(_PRICES):
        return
    sale, recommended, low, high = (_readable(row.get(key)) for key in _PRICES)
    if sale is None or sale <= 0:
        raise _invalid(entity, "sale_price", "a price above 0")
    if (low is not None and sale < low) or (high is not None and sale > high):
        raise Refusal(f"Offer {entity['id']}: sale_price must be between min_sale_price and max_sale_price")
    if "recommended_price" in entity and recommended is not None and recommended <= sale:
        raise Refusal(f"Offer {entity['id']}: recommended_price must be greater than sale_price")


def _readable(value: Any) -> Decimal | None:
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() else None


def _price(entity: dict[str, Any], key: str) -> Decimal | None:
    value = entity[key]
    if value is None and key == "recommended_price":
        return None
    price = _readable(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    if price is None or not 0 <= price < _TOO_DEAR or price != round(price, 4):
        raise _invalid(entity, key, "a price with at most four decimals")
    return price


def _shaped_price(old: Any, price: Decimal | None) -> Any:
    if price is None:
        return None
    return price if isinstance(old, Decimal | int) else price_text(price)


def _like(old: Any, value: int) -> Any:
    return str(value) if isinstance(old, str) else value


def _choice(entity: dict[str, Any], key: str, allowed: tuple[int, ...]) -> int:
    text = str(entity[key])
    if isinstance(entity[key], bool) or text not in {str(value) for value in allowed}:
        raise _invalid(entity, key, "one of " + ", ".join(str(value) for value in allowed))
    return int(text)


def _warehouse_values(entity: dict[str, Any], key: str, largest: int) -> dict[int, int]:
    entries = entity[key]
    expected = f"a list of {{warehouse_id, value 0..{largest}}}"
    if not isinstance(entries, list) or not entries:
        raise _invalid(entity, key, expected)
    values: dict[int, int] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise _invalid(entity, key, expected)
        warehouse, value = str(entry.get("warehouse_id", 1)), str(entry.get("value"))
        if not (warehouse.isdecimal() and value.isdecimal() and int(value) <= largest):
            raise _invalid(entity, key, expected)
        values[int(warehouse)] = int(value)
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
        row["general_stock"] = _like(row.get("general_stock"), total)
        row["estimated_stock"] = _like(row.get("estimated_stock"), total)


def _merged(entries: list[dict[str, Any]], values: dict[int, int]) -> list[dict[str, Any]]:
    """The entries with the new values; one without a warehouse stands for warehouse 1, new warehouses come last."""
    left = dict(values)
    merged = []
    for entry in entries:
        warehouse = whole_or_none(entry.get("warehouse_id", 1)) or 1
        merged.append({**entry, "value": _like(entry["value"], left.pop(warehouse))} if warehouse in left else entry)
    return merged + [{"warehouse_id": warehouse, "value": value} for warehouse, value in left.items()]


def _id(entity: dict[str, Any]) -> int:
    text = str(entity.get("id"))
    if isinstance(entity.get("id"), bool) or not text.isdecimal() or not 1 <= int(text) <= MAX_ID:
        raise Refusal(f"Invalid id {text}: a whole number of 1 to {MAX_ID} is expected")
    return int(text)


def _invalid(entity: dict[str, Any], key: str, expected: str) -> Refusal:
    return Refusal(f"Offer {entity['id']}: invalid {key}, {expected} is expected")
