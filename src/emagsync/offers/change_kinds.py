"""The kinds of changes that people look for: what of an offer changed, by whom, and for better or worse. No SQL.

The change log says that a field went from one value to another. A kind says what that means in business: the price was
changed by eMAG or by us, the offer became unsellable and why, the buy button was lost. Kinds are noted in
`notable_changes` in the transaction that stores the change, so that counting them reads no offer.

The exact meaning of each kind, and what is counted of an offer that changed back, is in docs/changes.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from emagsync.offers.records import LOGGED_FIELDS, Comparison, Observation, OfferRecord, StoredRow

PUSH_SOURCE: Final = "push"  # the `source` of what was read back after a push: our own changes

# eMAG's documentation: 5 brand rejected, 6 EAN rejected, 8 documentation rejected, 10 blocked.
REJECTED_STATUSES: Final = (5, 6, 8, 10)
_FIRST_RANK: Final = 1  # whose offer the buy button sells

# Fields that have kinds of their own; a change of any other logged field is OTHER.
_COVERED: Final = frozenset(
    ("sale_price", "stock", "sellable", "buy_button_rank", "best_offer_sale_price", "main_offer_price")
)
_UNCOVERED: Final = tuple(field for field in LOGGED_FIELDS if field not in _COVERED)


class ChangeKind(StrEnum):
    """What happened to an offer. The values are stable: the table, the API and links of the page use them."""

    PRICE_BY_EMAG = "price_by_emag"
    PRICE_BY_US = "price_by_us"
    STOCK_BY_EMAG = "stock_by_emag"
    STOCK_BY_US = "stock_by_us"
    NEW = "new"
    GONE = "gone"
    BACK = "back"
    UNSELLABLE = "unsellable"
    SELLABLE = "sellable"
    BUY_BUTTON_LOST = "buy_button_lost"
    BUY_BUTTON_WON = "buy_button_won"
    UNDERCUT = "undercut"  # the best price of others fell below ours
    CHEAPEST = "cheapest"  # and is not below it any more
    DOCUMENTATION_REJECTED = "documentation_rejected"
    DOCUMENTATION_CLEARED = "documentation_cleared"  # not rejected any more
    EDIT_REFUSED = "edit_refused"
    CONFLICT = "conflict"
    OTHER = "other"  # anything else of the offer


# Of two opposite kinds, an offer is counted under the one that happened last.
OPPOSITES: Final[Mapping[ChangeKind, ChangeKind]] = {
    one: other
    for pair in (
        (ChangeKind.GONE, ChangeKind.BACK),
        (ChangeKind.UNSELLABLE, ChangeKind.SELLABLE),
        (ChangeKind.BUY_BUTTON_LOST, ChangeKind.BUY_BUTTON_WON),
        (ChangeKind.UNDERCUT, ChangeKind.CHEAPEST),
        (ChangeKind.DOCUMENTATION_REJECTED, ChangeKind.DOCUMENTATION_CLEARED),
    )
    for one, other in (pair, pair[::-1])
}


class NotableChange(NamedTuple):
    """A row of `notable_changes`, without its id. `detail`: of UNSELLABLE the codes of why, separated by spaces."""

    account: str
    emag_id: int
    kind: str
    at: datetime
    run_id: str | None
    detail: str | None = None


class _Found(NamedTuple):
    kind: ChangeKind
    detail: str | None = None


def notable_changes_of(
    observation: Observation, comparison: Comparison, stored: Mapping[int, StoredRow]
) -> list[NotableChange]:
    """The kinds of what storing these offers changes. Of an account's first copy nothing is new."""
    noted: list[NotableChange] = []
    if not observation.is_first_copy:
        for record in comparison.created:
            noted.extend(_noted(observation, record.emag_id, created_kinds(record)))
    noted.extend(
        notable(observation, record.emag_id, ChangeKind.BACK)
        for record in (*comparison.updated, *comparison.respelled)
        if stored[record.emag_id].removed_at is not None
    )
    for record in comparison.updated:
        found = update_kinds(stored[record.emag_id], record, by_us=observation.source == PUSH_SOURCE)
        noted.extend(_noted(observation, record.emag_id, found))
    return noted


def notable(observation: Observation, emag_id: int, kind: ChangeKind, detail: str | None = None) -> NotableChange:
    """One change of one offer."""
    return NotableChange(observation.account, emag_id, kind.value, observation.at, observation.run_id, detail)


def created_kinds(record: OfferRecord) -> Iterator[_Found]:
    """The kinds of an offer that the local copy did not have."""
    yield _Found(ChangeKind.NEW)
    if record.validation_status in REJECTED_STATUSES:
        yield _Found(ChangeKind.DOCUMENTATION_REJECTED)


def update_kinds(before: Any, after: OfferRecord, *, by_us: bool) -> Sequence[_Found]:
    """The kinds of a change of content: at least one. `before` has LOGGED_FIELDS as attributes."""
    found = [*_amounts(before, after, by_us=by_us), *_sale(before, after), *_competition(before, after)]
    if not found or any(getattr(before, field) != getattr(after, field) for field in _UNCOVERED):
        found.append(_Found(ChangeKind.OTHER))
    return found


def _amounts(before: Any, after: OfferRecord, *, by_us: bool) -> Iterator[_Found]:
    if before.sale_price != after.sale_price:
        yield _Found(ChangeKind.PRICE_BY_US if by_us else ChangeKind.PRICE_BY_EMAG)
    if before.stock != after.stock:
        yield _Found(ChangeKind.STOCK_BY_US if by_us else ChangeKind.STOCK_BY_EMAG)


def _sale(before: Any, after: OfferRecord) -> Iterator[_Found]:
    if before.sellable != after.sellable:
        yield _Found(ChangeKind.SELLABLE) if after.sellable else _Found(ChangeKind.UNSELLABLE, after.not_sellable)
    was, now = (status in REJECTED_STATUSES for status in (before.validation_status, after.validation_status))
    if was != now:
        yield _Found(ChangeKind.DOCUMENTATION_REJECTED if now else ChangeKind.DOCUMENTATION_CLEARED)


def _competition(before: Any, after: OfferRecord) -> Iterator[_Found]:
    had, has = (offer.buy_button_rank == _FIRST_RANK for offer in (before, after))
    if had != has:
        yield _Found(ChangeKind.BUY_BUTTON_WON if has else ChangeKind.BUY_BUTTON_LOST)
    was, now = (_is_undercut(offer.best_offer_sale_price, offer.sale_price) for offer in (before, after))
    if was != now:
        yield _Found(ChangeKind.UNDERCUT if now else ChangeKind.CHEAPEST)


def _is_undercut(best: Decimal | None, own: Decimal | None) -> bool:
    return best is not None and own is not None and best < own


def _noted(observation: Observation, emag_id: int, found: Iterator[_Found] | Sequence[_Found]) -> list[NotableChange]:
    return [notable(observation, emag_id, kind, detail) for kind, detail in found]
