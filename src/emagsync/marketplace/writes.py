"""Builds and checks the bodies of requests that change offers.

Source: eMAG's API documentation v4.5.1, "Writing offers": at most 50 entities in one save and 4000 elements in one
request; `offer/save` takes only the keys that change, and cannot create. Its body is the bare list; every other save
wraps the list in `data`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from emagsync.core import money
from emagsync.marketplace.errors import RequestInvalid

MOST_ENTITIES: Final = 50
MOST_ELEMENTS: Final = 4000
LARGEST_ID: Final = 16_777_215
_PRICES: Final = ("sale_price", "recommended_price", "min_sale_price", "max_sale_price")


class Level(NamedTuple):
    """A value by warehouse: pieces of stock (0..65535), or days of handling time (0..255)."""

    warehouse_id: int
    value: int


@dataclass(frozen=True)
class OfferUpdate:
    """What changes in one existing offer (`offer/save`); None leaves a value as it is. Prices are without VAT."""

    id: int
    sale_price: Decimal | None = None
    recommended_price: Decimal | None = None
    min_sale_price: Decimal | None = None
    max_sale_price: Decimal | None = None
    currency_type: str | None = None
    stock: Sequence[Level] | None = None
    handling_time: Sequence[Level] | None = None
    vat_id: int | None = None
    status: int | None = None

    def body(self) -> dict[str, Any]:
        """The keys to send. Raises RequestInvalid with the offer's id."""
        if not 1 <= self.id <= LARGEST_ID:
            raise RequestInvalid(f"offer id {self.id} is outside 1..{LARGEST_ID}")
        values: dict[str, Any] = {"id": self.id}
        for name in _PRICES:
            price: Decimal | None = getattr(self, name)
            if price is not None:
                values[name] = self._price(name, price)
        values |= self._levels("stock", self.stock, 65_535)
        values |= self._levels("handling_time", self.handling_time, 255)
        for name in ("currency_type", "vat_id", "status"):
            if getattr(self, name) is not None:
                values[name] = getattr(self, name)
        if len(values) == 1:
            raise RequestInvalid(f"offer {self.id}: nothing to change")
        return values

    def _price(self, name: str, price: Decimal) -> str | None:
        try:
            if price < 0:
                raise ValueError("it is negative")
            return money.text(money.exact(price))
        except ValueError as error:
            raise RequestInvalid(f"offer {self.id}: {name} {price} cannot be sent: {error}") from error

    def _levels(self, name: str, levels: Sequence[Level] | None, most: int) -> dict[str, Any]:
        if levels is None:
            return {}
        for level in levels:
            if not 0 <= level.value <= most:
                raise RequestInvalid(f"offer {self.id}: {name} {level.value} is outside 0..{most}")
        return {name: [level._asdict() for level in levels]}


def save_list(entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The body of an `offer/save`, which every other save wraps in `data`. Raises RequestInvalid."""
    if not 1 <= len(entities) <= MOST_ENTITIES:
        raise RequestInvalid(f"{len(entities)} entities in one save; eMAG takes 1 to {MOST_ENTITIES}")
    if (elements := _elements(entities)) > MOST_ELEMENTS:
        raise RequestInvalid(f"{elements} elements in one save; eMAG takes {MOST_ELEMENTS}: send fewer offers at once")
    return [dict(entity) for entity in entities]


def ids_of(entities: Sequence[Mapping[str, Any]]) -> list[int]:
    """The ids of the offers of a save, each once. Raises RequestInvalid: the answer speaks of offers by their id."""
    ids = [_id_of(entity.get("id")) for entity in entities]
    if twice := {emag_id for emag_id in ids if ids.count(emag_id) > 1}:
        raise RequestInvalid(f"offer {min(twice)} is twice in one save")
    return ids


def _id_of(value: object) -> int:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:18]) <= LARGEST_ID):
        raise RequestInvalid(f"offer id {value!r} is not a whole number of 1 to {LARGEST_ID}")
    return int(text)


def _elements(value: object) -> int:
    if isinstance(value, Mapping):
        return sum(map(_elements, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_elements, value))
    return 1
