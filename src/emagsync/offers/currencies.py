"""What the amounts of an offer are in, now and at each moment that the change log remembers. Pure.

An amount says nothing without its currency: two are compared, put in one order or drawn on one axis only where they are
in the same one. Whoever shows or uses an amount of the past asks here what it was in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

# The fields that are amounts in the offer's currency.
AMOUNTS: Final = (
    "sale_price",
    "recommended_price",
    "min_sale_price",
    "max_sale_price",
    "best_offer_sale_price",
    "main_offer_price",
)


class CurrencyChange(NamedTuple):
    """An entry of the change log about an offer's currency; None: not known."""

    at: datetime
    old: str | None
    new: str | None


@dataclass(frozen=True)
class CurrencyCourse:
    """The currencies of one offer: the present one, and the changes that the log has, oldest first. None: not known.

    What was read together is written with the same time, so the currency changes with the prices of that moment.
    """

    now: str | None
    changes: Sequence[CurrencyChange] = ()

    def before(self, at: datetime) -> str | None:
        """What amounts were in until that moment: those that were replaced then."""
        return next((change.old for change in self.changes if change.at >= at), self.now)

    def since(self, at: datetime) -> str | None:
        """What amounts were in from that moment on: those that were new then."""
        return next((change.old for change in self.changes if change.at > at), self.now)
