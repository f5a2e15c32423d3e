"""Prices that are made of the offer's own: by a percentage, or by an amount more or less. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class PriceStep:
    """What to make of a price: `percent` of it more (less, if negative), or so much more; rounded half up.

    Exactly one of `percent` and `amount` is given. `decimals` is how many the result has, at most four.
    """

    percent: Decimal | None = None
    amount: Decimal | None = None
    decimals: int = 2

    def of(self, price: Decimal) -> Decimal:
        """The price that comes of `price`, which may be no price any more: 0 or less."""
        changed = price + self.amount if self.amount is not None else price * (100 + (self.percent or 0)) / 100
        return changed.quantize(Decimal(1).scaleb(-self.decimals), rounding=ROUND_HALF_UP)
