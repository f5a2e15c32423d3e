"""What eMAG's numbers mean, as lists, pages and exports of offers show it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple


class References(NamedTuple):
    """What eMAG's numbers mean: VAT rates as fractions, and names of categories, by account and number."""

    vat_rates: Mapping[tuple[str, int], Decimal]
    categories: Mapping[tuple[str, int], str]


NOTHING_KNOWN: Final = References({}, {})


@dataclass(frozen=True)
class ReferenceReader:
    """Tells what the numbers of offers mean. Handed in from above, because this room does not know eMAG's lists."""

    read: Callable[[], Awaitable[References]]
