"""Entries of the change log as the REST API shows them. Names are fixed: existing scripts read them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, Field

from emagsync.core.vocabulary import OfAccount
from emagsync.offers.picked_schema import PickedFields


class ProductChange(OfAccount):
    """One entry of the change log.

    `field` is a field of eMAG's offer (`sale_price`, `stock`, ...), or `lifecycle`, whose values are `created`,
    `removed` and `returned`. Values are text: amounts with four decimals, truth as `true` or `false`.
    """

    seq: int = Field(description="Grows with every change, over all accounts.")
    product_id: int | None = Field(description="The `id` of the product.")
    emag_id: int
    part_number: str | None = Field(default=None, description="The offer's SKU, as it is now.")
    field: str
    old: str | None
    new: str | None
    old_currency: str | None = Field(default=None, description="Of an amount: what `old` is in. Null: not known.")
    currency: str | None = Field(
        default=None, description="Of an amount: what `new` is in. Do not compare it with one of another currency."
    )
    at: datetime
    source: str = Field(description="`sync`, or who else changed it.")
    run_id: str | None


# What says which change it is, and of which offer.
CHANGE_KEYS: Final = ("seq", "account", "emag_id")


class PickedChange(PickedFields, ProductChange):
    """One entry of the change log with the fields that were asked for by `fields`, and its `seq`, `account` and
    `emag_id`."""

    keys: ClassVar[tuple[str, ...]] = CHANGE_KEYS


class ProductChangesData(BaseModel):
    """Newest first; `next_before` is null on the last page."""

    changes: list[ProductChange]
    count: int
    next_before: int | None


class ProductChanges(BaseModel):
    """The history of one product."""

    status: Literal["success"] = "success"
    data: ProductChangesData


class PickedProductChangesData(ProductChangesData):
    """Newest first, with the fields that were asked for."""

    changes: list[PickedChange]  # type: ignore[assignment]


class PickedProductChanges(BaseModel):
    """The history of one product, with the fields that were asked for by `fields`."""

    status: Literal["success"] = "success"
    data: PickedProductChangesData


class FeedData(BaseModel):
    """Oldest first. Ask with `cursor=next_cursor` the next time, also when nothing came; at once while `has_more`, also
    where `changes` are none: a request looks through so many changes of the log, and the filters found none of them.

    `next_after` is the same place as a number alone, which does not say in which history of the database it is.
    """

    changes: list[ProductChange]
    count: int
    next_after: int
    next_cursor: str
    has_more: bool


class Feed(BaseModel):
    """What changed after a place in the change log."""

    status: Literal["success"] = "success"
    data: FeedData


class PickedFeedData(FeedData):
    """Oldest first, with the fields that were asked for."""

    changes: list[PickedChange]  # type: ignore[assignment]


class PickedFeed(BaseModel):
    """What changed after a place in the change log, with the fields that were asked for by `fields`."""

    status: Literal["success"] = "success"
    data: PickedFeedData
