"""The lists to work through, as the page's tabs have them: offers with something to be done about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal

ListName = Literal[
    "out_of_stock",
    "low_stock",
    "not_for_sale",
    "buy_button_lost",
    "outside_limits",
    "not_seen",
    "no_image",
    "same_ean",
]
_LOW_STOCK: Final = 5
_NOT_SEEN: Final = timedelta(days=7)

WORKING_LISTS: Final[dict[ListName, tuple[str, dict[str, Any]]]] = {
    "out_of_stock": ("Active offers without stock.", {"status": ["active"], "stock_max": 0}),
    "low_stock": ("Active offers with 1 to 5 pieces.", {"status": ["active"], "stock_min": 1, "stock_max": _LOW_STOCK}),
    "not_for_sale": ("Offers that cannot be bought.", {"sellable": False}),
    "buy_button_lost": (
        "Offers that sell, where another seller has the buy button.",
        {"sellable": True, "buy_button": ["others"]},
    ),
    "outside_limits": ("The price is below its minimum or above its maximum.", {"price_outside_limits": True}),
    "not_seen": ("No run has seen them for a week.", {}),
    "no_image": ("Offers without an image.", {"has_image": False}),
    "same_ean": ("Several offers of the account have the same EAN.", {"same_ean": True}),
}


def filters_of(name: ListName, now: datetime) -> dict[str, Any]:
    """The list as filters of `ProductQuery`. `now` decides what was seen long ago; days begin at midnight UTC."""
    if name == "not_seen":
        return {"seen_before": now.replace(hour=0, minute=0, second=0, microsecond=0) - _NOT_SEEN}
    return WORKING_LISTS[name][1]
