"""How many offers a selection has, remembered for as long as nothing changes that the selection looks at.

The change log has every change of what a filter looks at (`changed_since` and `changes` apart, whose totals are not
remembered), so a total is good as long as the log has no such change after the one that was the newest when it was
counted. A run that changes stock and prices therefore costs no counting of what is searched for.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from emagsync.offers.records import LIFECYCLE
from emagsync.offers.selection import OfferFilter

_REMEMBERED: Final = 1_000
_SEARCHED: Final = ("name", "part_number", "part_number_key", "eans", "brand")


class CopyVersion(NamedTuple):
    """The state of the local copy that a count depends on: the newest `seq` of the change log, and the newest offer
    that search finds.

    On SQLite new offers enter the search index some time after they were logged.
    """

    change: int
    searchable: int


class CachedTotal(NamedTuple):
    """A total, and the version of the local copy it was counted for, or last found to be good for.

    `names_some`: whether the search names some of the offers exactly (`selection_repository.names_some`).
    """

    version: CopyVersion
    total: int
    names_some: bool

    def is_good(self, offer_filter: OfferFilter, version: CopyVersion, *, changed: bool) -> bool:
        """Whether the total of `offer_filter` still is right at `version`.

        `changed`: whether one of the fields that it depends on may have changed since.
        """
        if changed:
            return False
        return offer_filter.searched is None or version.searchable == self.version.searchable


class TotalCache:
    """Totals by selection, for one database. At most a thousand selections are remembered."""

    def __init__(self) -> None:
        self._totals: OrderedDict[OfferFilter, CachedTotal] = OrderedDict()

    def get(self, offer_filter: OfferFilter) -> CachedTotal | None:
        """The total that was counted last for `offer_filter`, where the change log tells whether it is still right."""
        return self._totals.get(offer_filter) if is_in_the_log(offer_filter) else None

    def guess(self, offer_filter: OfferFilter) -> CachedTotal | None:
        """The total that was counted last for `offer_filter`, right or not."""
        return self._totals.get(offer_filter)

    def put(self, offer_filter: OfferFilter, found: CachedTotal) -> None:
        """Remember what `offer_filter` finds."""
        self._totals[offer_filter] = found
        self._totals.move_to_end(offer_filter)
        if len(self._totals) > _REMEMBERED:
            self._totals.popitem(last=False)


def fields_of(offer_filter: OfferFilter) -> list[str]:
    """The fields of the change log that move an offer into the selection or out of it."""
    given = {
        "status": offer_filter.statuses,
        "sellable": offer_filter.sellable is not None,
        "stock": offer_filter.max_stock is not None or offer_filter.min_stock is not None,
        "validation_status": offer_filter.validation_statuses,
        "category_id": offer_filter.category_ids,
        "currency": offer_filter.currencies,
        "brand": offer_filter.brands,
        "vat_id": offer_filter.vat_ids,
        "buy_button_rank": offer_filter.buy_buttons or _looks_at_rank(offer_filter),
        "eans": offer_filter.same_ean,
        "min_sale_price": offer_filter.price_outside_limits is not None,
        "max_sale_price": offer_filter.price_outside_limits is not None,
        "sale_price": _looks_at_price(offer_filter),
    }
    searched = _SEARCHED if offer_filter.searched else ()
    return [LIFECYCLE, *searched, *(field for field, is_given in given.items() if is_given)]


def _looks_at_price(offer_filter: OfferFilter) -> bool:
    given = (offer_filter.price_outside_limits, offer_filter.min_price, offer_filter.max_price)
    return any(value is not None for value in given)


def _looks_at_rank(offer_filter: OfferFilter) -> bool:
    return offer_filter.min_rank is not None or offer_filter.max_rank is not None


def is_in_the_log(offer_filter: OfferFilter) -> bool:
    """Whether the change log has every change of what the filter looks at."""
    unlogged = (offer_filter.changed_since, offer_filter.changes, offer_filter.seen_before, offer_filter.has_image)
    return not offer_filter.reasons and all(value is None for value in unlogged)
