"""Pages of offers and orders, with every row exactly as eMAG sent it, and eMAG's counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from emagsync.marketplace.platforms import Platform
from emagsync.marketplace.rows.parse import ParsedRow, parse, payload


@dataclass(frozen=True)
class OfferPage:
    """One page of `product_offer/read`. A page without rows is past the end, and nothing else is."""

    number: int
    per_page: int
    raw_rows: tuple[bytes, ...]
    platform: Platform

    def __len__(self) -> int:
        return len(self.raw_rows)

    @cached_property
    def rows(self) -> tuple[ParsedRow, ...]:
        """The rows parsed, when they are first asked for."""
        return self.parsed(self.platform)

    def parsed(self, platform: Platform) -> tuple[ParsedRow, ...]:
        """The rows parsed as `platform`'s."""
        return tuple(parse(raw, platform) for raw in self.raw_rows)


@dataclass(frozen=True)
class OrderPage:
    """One page of `order/read`."""

    number: int
    per_page: int
    raw_rows: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.raw_rows)

    @cached_property
    def rows(self) -> tuple[dict[str, Any], ...]:
        """The orders as eMAG sent them, numbers with a fraction as Decimal. They hold personal data."""
        return tuple(payload(raw) for raw in self.raw_rows)


# Ids are 1..16777215, so no account has more offers. A count beyond is nonsense, and neither pages nor columns are
# made for it.
_MOST_ITEMS: Final = 16_777_215


class OfferCount(NamedTuple):
    """The result of `count`; None where it cannot be read. A hint: never a reason to stop reading."""

    items: int | None
    pages: int | None


def read_count(results: object) -> OfferCount:
    """[seen]: `{"noOfItems": "2545", "noOfPages": "26"}` with numbers as text; other shapes have been met."""
    if isinstance(results, list) and len(results) == 1:
        results = results[0]
    if isinstance(results, dict):
        return OfferCount(_number(results.get("noOfItems")), _number(results.get("noOfPages")))
    return OfferCount(_number(results), None)


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:18])
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_ITEMS:
        return value
    return None
