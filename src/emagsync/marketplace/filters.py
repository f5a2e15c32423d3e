"""Filters of `product_offer/read` and `order/read`. [seen]: they are top-level keys of the request's body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from emagsync.marketplace.errors import RequestInvalid

MOST_PER_PAGE = 100
_ONE_MONTH = timedelta(days=31)


@dataclass(frozen=True)
class OfferFilters:
    """Filters of `product_offer/read` and `count`; None does not filter. `general_stock`: rows with stock 0..value."""

    id: int | None = None
    status: int | None = None
    part_number: str | None = None
    part_number_key: str | None = None
    general_stock: int | None = None
    estimated_stock: int | None = None
    offer_validation_status: int | None = None
    validation_status: int | None = None
    translation_validation_status: int | None = None

    def body(self) -> dict[str, Any]:
        """The top-level keys to send."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if value is not None}


@dataclass(frozen=True)
class OrderFilters:
    """Filters of `order/read` and `count`. Times are aware; eMAG takes a span of at most one month, and an end only
    with its beginning.

    `status`: 0 cancelled, 1 new, 2 in progress, 3 prepared, 4 finalized, 5 returned; `payment_mode_id`: 1 on delivery,
    2 bank transfer, 3 card; one or several of each.
    `type`: 2 fulfilled by eMAG, 3 by the seller (eMAG's default).
    """

    id: int | None = None
    status: int | Sequence[int] | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    modified_after: datetime | None = None
    modified_before: datetime | None = None
    payment_mode_id: int | Sequence[int] | None = None
    is_complete: bool | None = None
    type: int | None = None

    def body(self, zone: ZoneInfo) -> dict[str, Any]:
        """The top-level keys to send, times in the platform's local time. Raises RequestInvalid."""
        _check_span("created", self.created_after, self.created_before)
        _check_span("modified", self.modified_after, self.modified_before)
        values: dict[str, Any] = {
            "id": self.id,
            "status": _one_or_several(self.status),
            "createdAfter": _local(self.created_after, zone),
            "createdBefore": _local(self.created_before, zone),
            "modifiedAfter": _local(self.modified_after, zone),
            "modifiedBefore": _local(self.modified_before, zone),
            "payment_mode_id": _one_or_several(self.payment_mode_id),
            "is_complete": None if self.is_complete is None else int(self.is_complete),
            "type": self.type,
        }
        return {name: value for name, value in values.items() if value is not None}

    def check_both_ends(self) -> None:
        """Raise RequestInvalid for a stretch of time with one end only, which `order/count` does not take."""
        for name in ("created", "modified"):
            if (getattr(self, f"{name}_after") is None) is not (getattr(self, f"{name}_before") is None):
                raise RequestInvalid(f"order/count takes {name}_after and {name}_before together")


def _one_or_several(values: int | Sequence[int] | None) -> int | list[int] | None:
    return values if values is None or isinstance(values, int) else list(values)


def page_body(page: int, per_page: int) -> dict[str, Any]:
    """`currentPage` and `itemsPerPage`. Raises RequestInvalid: eMAG silently takes more than 100 for 100 [seen]."""
    if page < 1:
        raise RequestInvalid(f"page is {page}; pages are numbered from 1")
    if not 1 <= per_page <= MOST_PER_PAGE:
        raise RequestInvalid(f"per_page is {per_page}; eMAG takes 1 to {MOST_PER_PAGE}")
    return {"currentPage": page, "itemsPerPage": per_page}


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise RequestInvalid("order filters take times with a zone, such as datetime.now(UTC)")
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _check_span(name: str, after: datetime | None, before: datetime | None) -> None:
    if before is not None and after is None:
        raise RequestInvalid(f"{name}_before is only taken together with {name}_after")
    if after is None or before is None or after.tzinfo is None or before.tzinfo is None:
        return
    if not timedelta(0) <= before - after <= _ONE_MONTH:
        raise RequestInvalid(f"{name}_after and {name}_before may be at most one month apart, the earlier first")
