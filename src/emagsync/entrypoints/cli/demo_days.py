"""Two days of a shop for the demo: what eMAG and the shop's people do to the simulated marketplace's offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from emagsync.core.clock import SystemClock
from emagsync.sandbox.process import SandboxProcess

# Offers that a change needs in a certain state before it: on sale, with the buy button, prices that may be edited.
_ON_SALE: Final = {
    "status": 1,
    "validation_status": 9,
    "offer_validation_status": 1,
    "stock": [{"warehouse_id": 1, "value": 12}],
    "sale_price": "119.9000",
    "min_sale_price": "60.0000",
    "max_sale_price": "240.0000",
    "recommended_price": "159.9000",
    "best_offer_sale_price": "124.9000",
    "buy_button_rank": 1,
}
_SOLD_OUT: Final = {"stock": [{"warehouse_id": 1, "value": 0}]}
_BACK_IN_STOCK: Final = {"stock": [{"warehouse_id": 1, "value": 8}]}
CONFLICTING: Final = 1
"""The offer of main whose price the shop and eMAG both change."""


class EarlierClock(SystemClock):
    """The machine's clock, set back: what is done by it was done a while ago."""

    def __init__(self, ago: timedelta) -> None:
        self._ago = ago

    def now(self) -> datetime:
        """The moment that long ago."""
        return super().now() - self._ago


class DemoDays:
    """Makes the changes of each day; `sizes` is how many offers each account has."""

    def __init__(self, sandbox: SandboxProcess, sizes: Mapping[str, int]) -> None:
        self._sandbox = sandbox
        self._sizes = sizes

    def prepare(self) -> None:
        """Before the first copy."""
        self._change("main", range(1, 100), _ON_SALE)
        self._change("fbe", range(1, 2), _ON_SALE)

    def yesterday(self) -> None:
        """Orders, new prices, offers that come and go."""
        self._change("main", range(21, 29), {"sale_price": "109.9000"})
        self._change("main", range(31, 41), _SOLD_OUT)
        self._remove("main", range(41, 44))
        self._add("main", 4)

    def night(self) -> None:
        """Competitors, rejected documentation, a price that the shop changed too, and a reprice that is a mistake."""
        self._change("main", range(31, 36), _BACK_IN_STOCK)
        self._change("main", range(51, 57), {"buy_button_rank": 2, "best_offer_sale_price": "112.9000"})
        self._change("main", range(61, 63), {"validation_status": 8})
        self._change("main", range(71, 74), {"status": 0})
        self._change("main", [CONFLICTING], {"sale_price": "124.9000"})
        # More than the brake lets pass: most of the account at a tenth of what it was.
        self._change("fbe", range(2, self._sizes["fbe"] // 2), {"sale_price": "11.9900", "min_sale_price": "1.0000"})

    def _change(self, account: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        there = self._among(account, ids)
        if there:
            self._sandbox.control("POST", "/offers/change", {"account": account, "ids": there, "set": dict(values)})

    def _remove(self, account: str, ids: Sequence[int]) -> None:
        there = self._among(account, ids)
        if there:
            self._sandbox.control("POST", "/offers/remove", {"account": account, "ids": there})

    def _add(self, account: str, count: int) -> None:
        self._sandbox.control("POST", "/offers/add", {"account": account, "count": count})

    def _among(self, account: str, ids: Sequence[int]) -> list[int]:
        return [emag_id for emag_id in ids if emag_id <= self._sizes[account]]
