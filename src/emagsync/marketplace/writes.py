"""Builds and checks the bodies of requests that change offers.

Source: eMAG's API documentation v4.5.1, "Writing offers": at most 50 entities in one save and 4000 elements in one
request; `offer/save` takes the bare list, only the keys that change, and cannot create; it answers for each offer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from emagsync.core import money
from emagsync.marketplace.errors import RequestInvalid, WriteRefused

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


class SaveResult(NamedTuple):
    """A save that eMAG accepted. Read the offers back before believing it.

    `remarks`: what eMAG objects to in the *documentation* of the product; the offer itself was saved.
    `refused`: the offers that eMAG did not take, by id, with its words.
    """

    remarks: tuple[str, ...] = ()
    refused: Mapping[int, tuple[str, ...]] = MappingProxyType({})


def save_body(entities: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The list wrapped in `data`, as every save but `offer/save` wants it. Raises RequestInvalid."""
    return {"data": save_list(entities)}


def save_list(entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The bare list, as `offer/save` wants it. Raises RequestInvalid."""
    if not 1 <= len(entities) <= MOST_ENTITIES:
        raise RequestInvalid(f"{len(entities)} entities in one save; eMAG takes 1 to {MOST_ENTITIES}")
    if (elements := _elements(entities)) > MOST_ELEMENTS:
        raise RequestInvalid(f"{elements} elements in one save; eMAG takes {MOST_ELEMENTS}: send fewer offers at once")
    return [dict(entity) for entity in entities]


def read_verdicts(results: object) -> SaveResult:
    """What `offer/save` answered for each offer: `{id: {isError, messages}}`, or a list of such with their `id`."""
    refused: dict[int, tuple[str, ...]] = {}
    for emag_id, verdict in _by_id(results):
        if isinstance(verdict, Mapping) and verdict.get("isError") is True:
            messages = verdict.get("messages")
            refused[emag_id] = tuple(str(message) for message in messages) if isinstance(messages, list) else ()
    return SaveResult(refused=refused)


def _by_id(results: object) -> list[tuple[int, object]]:
    pairs: list[tuple[object, object]] = []
    if isinstance(results, Mapping):
        pairs = list(results.items())
    elif isinstance(results, list):
        pairs = [(verdict.get("id"), verdict) for verdict in results if isinstance(verdict, Mapping)]
    return [(int(str(key)), verdict) for key, verdict in pairs if str(key).isdecimal()]


def documentation_remarks(error: WriteRefused) -> SaveResult | None:
    """The success that an `isError: true` about documentation is, on `product_offer/save` only; else None.

    The exceptions, where nothing was saved, are "Maximum input vars ..." and [seen] "You already hold a Product
    associated with this PN". A refusal that does not speak of documentation is a refusal.
    """
    said = " ".join(error.messages).casefold()
    nothing_saved = "maximum input vars" in said or "already hold a product associated" in said
    return None if nothing_saved or "documentation" not in said else SaveResult(error.messages)


def _elements(value: object) -> int:
    if isinstance(value, Mapping):
        return sum(map(_elements, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_elements, value))
    return 1
