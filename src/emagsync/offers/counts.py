"""The numbers of the local copy that are kept: what is counted of an offer, and what storing offers does to it. No SQL.

A number is of an account and of a `what`, a text:

    offers, active, sellable, out_of_stock, rejected    of the offers that are not removed
    removed                                             of those that are
    status=1, currency=RON, reason=no_stock, validation_status=9    of those that are not removed and have that value

They change in the transaction in which an offer does (`counts_repository`), so they are always those of a recount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

from emagsync.offers.change_kinds import REJECTED_STATUSES
from emagsync.offers.records import Comparison
from emagsync.offers.selection import OfferFilter

OFFERS: Final = "offers"
ACTIVE: Final = "active"
SELLABLE: Final = "sellable"
OUT_OF_STOCK: Final = "out_of_stock"
REJECTED: Final = "rejected"
REMOVED: Final = "removed"

# The columns that are looked at, in the order of a state. `stock` counts only by whether there is any.
STATE_COLUMNS: Final = (
    "status", "sellable", "validation_status", "offer_validation_status", "currency", "not_sellable", "stock",
)  # fmt: skip

# eMAG's documentation, of the offer itself: 2 invalid price.
_INVALID_PRICE: Final = 2
_ACTIVE_STATUS: Final = 1

# The values of STATE_COLUMNS of an offer that is not removed, with whether there is any stock in the place of `stock`:
# so there are few of them, and what each is counted as is found once for many offers.
State = tuple[Any, ...]

_values_of: Final = attrgetter(*STATE_COLUMNS)


def state_of(offer: Any) -> State:
    """The state of an offer that has STATE_COLUMNS as attributes."""
    *values, stock = _values_of(offer)
    return (*values, stock > 0)


def of_status(status: int) -> str:
    """The `what` of offers with this status."""
    return f"status={status}"


def of_currency(currency: str) -> str:
    """The `what` of offers whose prices are in this currency."""
    return f"currency={currency}"


def of_reason(code: str) -> str:
    """The `what` of offers that a code of `not_sellable` keeps from sale."""
    return f"reason={code}"


def of_validation_status(status: int) -> str:
    """The `what` of offers with this status of their documentation."""
    return f"validation_status={status}"


def currency_of(what: str) -> str | None:
    """The currency that `what` is about, if it is about one."""
    kind, _, currency = what.partition("=")
    return currency if kind == "currency" else None


def counted_as(state: State) -> Iterator[str]:
    """What an offer in this state is counted as."""
    status, sellable, validation, offer_validation, currency, not_sellable, has_stock = state
    yield OFFERS
    yield of_currency(currency)
    if status is not None:
        yield of_status(status)
    if status == _ACTIVE_STATUS:
        yield ACTIVE
    if sellable:
        yield SELLABLE
    else:
        yield from map(of_reason, sorted(set(not_sellable.split())))
    if not has_stock:
        yield OUT_OF_STOCK
    if validation is not None:
        yield of_validation_status(validation)
    if validation in REJECTED_STATUSES or offer_validation == _INVALID_PRICE:
        yield REJECTED


def tally(states: Mapping[State, int], removed: int = 0) -> dict[str, int]:
    """The numbers of so many offers of each state, and of so many removed ones; none is 0."""
    found: Counter[str] = Counter({REMOVED: removed})
    for state, number in states.items():
        for what in counted_as(state):
            found[what] += number
    return {what: number for what, number in found.items() if number}


def kept_terms(offer_filter: OfferFilter) -> dict[str, int] | None:
    """The numbers whose sum, each times its factor, is how many offers the filter finds; None: it is not kept."""
    if offer_filter.is_nothing_but():
        return {OFFERS: 1, REMOVED: 1} if offer_filter.include_removed else {OFFERS: 1}
    if offer_filter.include_removed:
        return None
    for field, whats in (
        ("statuses", map(of_status, offer_filter.statuses)),
        ("validation_statuses", map(of_validation_status, offer_filter.validation_statuses)),
        ("currencies", map(of_currency, offer_filter.currencies)),
        # An offer may have several reasons: of two, their sum says nothing.
        ("reasons", map(of_reason, offer_filter.reasons if len(offer_filter.reasons) == 1 else ())),
        ("max_stock", [OUT_OF_STOCK] if offer_filter.max_stock == 0 else []),
        ("sellable", [SELLABLE] if offer_filter.sellable else []),
    ):
        terms = dict.fromkeys(whats, 1)
        if terms and offer_filter.is_nothing_but(field):
            return terms
    if offer_filter.sellable is False and offer_filter.is_nothing_but("sellable"):
        return {OFFERS: 1, SELLABLE: -1}
    return None


def changes_of(comparison: Comparison, stored: Mapping[int, Any]) -> dict[str, int]:
    """What storing these offers adds to the numbers of their account.

    `stored` has, by id, STATE_COLUMNS and `removed_at` of those that have a row.
    """
    states = Counter(map(state_of, comparison.created))
    returned = 0
    for record in (*comparison.updated, *comparison.respelled):
        before = stored[record.emag_id]
        states[state_of(record)] += 1
        if before.removed_at is None:
            states[state_of(before)] -= 1
        else:
            returned += 1
    return tally(states, -returned)


def changes_of_removal(removed: Iterable[Any]) -> dict[str, int]:
    """What marking these offers removed adds to the numbers of their account; they have STATE_COLUMNS as attributes."""
    states = Counter(map(state_of, removed))
    return tally({state: -number for state, number in states.items()}, states.total())
