"""The request body of one change to many offers: those that somebody chose, or all that a filter finds.

It becomes a change request for each offer. A percentage is worked out where every edit is planned, so that it applies
to the price that the offer has when the edit is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.vocabulary import RequestModel
from emagsync.edits.change_request import MOST_ROWS, ChangeRequest, PriceStep
from emagsync.edits.errors import CurrencyNeeded, SelectionTooLarge
from emagsync.edits.fields import PRICES
from emagsync.edits.offer_repository import currencies_of, keys_found, keys_of
from emagsync.edits.request_schemas import ListOptions, OfferValues, WarehouseId
from emagsync.offers.errors import ProductNotFound
from emagsync.offers.product_parameters import OfferSelection, ProductId

_MOST_DECIMALS: Final = 4
_MOST_PERCENT: Final = 1000
_MOST_AMOUNT: Final = 10**9
Percent = Annotated[Decimal, Field(gt=-100, le=_MOST_PERCENT, max_digits=10, decimal_places=4)]
Amount = Annotated[Decimal, Field(ge=-_MOST_AMOUNT, le=_MOST_AMOUNT, max_digits=14, decimal_places=_MOST_DECIMALS)]


class PriceChange(RequestModel):
    """By how much a price changes: a percentage of what the offer has, pending edits included, or an amount."""

    percent: Percent | None = Field(default=None, examples=["-12.5"])
    change: Amount | None = Field(default=None, description="Without VAT.", examples=["-10.00"])
    decimals: int = Field(default=2, ge=0, le=_MOST_DECIMALS, description="The result is rounded to so many, half up.")

    @model_validator(mode="after")
    def _one_of_them(self) -> PriceChange:
        if (self.percent is None) == (self.change is None):
            raise ValueError("give either percent or change")
        return self

    def step(self) -> PriceStep:
        """The step that changes the price."""
        return PriceStep(percent=self.percent, amount=self.change, decimals=self.decimals)


class PriceChanges(RequestModel):
    """Changes of prices, starting from each offer's own. `set` gives every offer the same price instead."""

    sale_price: PriceChange | None = None
    recommended_price: PriceChange | None = None
    min_sale_price: PriceChange | None = None
    max_sale_price: PriceChange | None = None


class ValuesForAll(OfferValues):
    """Values that every offer of the selection gets; `stock_change` is a difference."""


class ChangeForAll(RequestModel):
    """One change to many offers: the same values for all, or a step from each one's own price."""

    set: ValuesForAll | None = None
    adjust: PriceChanges | None = None
    warehouse_id: WarehouseId | None = Field(
        default=None, description="Of stock and handling time, where offers have several."
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.given():
            raise ValueError("nothing to change: give set or adjust")
        if twice := sorted(set(self._set()) & set(self._adjusted())):
            raise ValueError(f"{', '.join(twice)} can be set or adjusted, not both")
        return self

    def given(self) -> dict[str, Any]:
        """The values and price steps for each offer, by field."""
        return self._set() | self._adjusted()

    def change_request(self, *, confirm: bool) -> ChangeRequest:
        """The request for each offer, which does not name it yet."""
        return ChangeRequest(
            self.given(),
            currency=self.currency,
            warehouse_id=self.warehouse_id,
            confirm=confirm or (self.set is not None and self.set.confirm),
        )

    def check_currencies(self, currencies: Sequence[str]) -> None:
        """Raises CurrencyNeeded where one amount would hold for offers in several currencies."""
        if self._names_amounts and self.currency is None and len(currencies) > 1:
            raise CurrencyNeeded(currencies)

    @property
    def currency(self) -> str | None:
        """The currency that the values are said to be in."""
        return None if self.set is None else self.set.currency

    @property
    def _names_amounts(self) -> bool:
        """Whether a price is set to an amount, or changed by one: that is of one currency. A percentage is of any."""
        steps = [step for step in self._adjusted().values() if step.amount is not None]
        return bool(steps) or any(name in PRICES for name in self._set())

    def _set(self) -> dict[str, Any]:
        return {} if self.set is None else self.set.given()

    def _adjusted(self) -> dict[str, Any]:
        steps = {} if self.adjust is None else {name: getattr(self.adjust, name) for name in PRICES}
        return {name: change.step() for name, change in steps.items() if change is not None}


class SelectionEdit(ListOptions, ChangeForAll):
    """One change to many offers: those of `ids`, ours, or all that `filter` finds (an empty one: all there are)."""

    preview: bool = Field(default=True, description="Only previewed unless this is false.")
    ids: list[ProductId] | None = Field(default=None, min_length=1, max_length=MOST_ROWS)
    filter: OfferSelection | None = None

    @model_validator(mode="after")
    def _selects(self) -> SelectionEdit:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give either ids or filter")
        return self


async def change_requests_of(connection: AsyncConnection, edit: SelectionEdit) -> list[ChangeRequest]:
    """A request for each offer of the selection, ordered by account and eMAG's id.

    Raises ProductNotFound, SelectionTooLarge where the filter finds more than may be edited at once, and CurrencyNeeded
    where one amount would hold for offers in several currencies.
    """
    keys = await _chosen(connection, edit.ids) if edit.ids is not None else await _found(connection, edit.filter)
    edit.check_currencies(await currencies_of(connection, keys))
    request = edit.change_request(confirm=edit.confirm)
    return [
        replace(request, row=number, account=account, emag_id=emag_id)
        for number, (account, emag_id) in enumerate(keys, start=1)
    ]


async def _chosen(connection: AsyncConnection, ids: Sequence[int]) -> list[tuple[str, int]]:
    found = await keys_of(connection, ids)
    for one in ids:
        if one not in found:
            raise ProductNotFound(one)
    return sorted(set(found.values()))


async def _found(connection: AsyncConnection, selection: OfferSelection | None) -> list[tuple[str, int]]:
    keys = await keys_found(connection, (selection or OfferSelection()).filter(), limit=MOST_ROWS + 1)
    if len(keys) > MOST_ROWS:
        raise SelectionTooLarge(MOST_ROWS)
    return keys
