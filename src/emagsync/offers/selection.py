"""Which offers of the local copy, and in what order: the one meaning of every filter, for lists, exports and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, select, true

from emagsync.db.search_index import nulls_last, term_of
from emagsync.offers.search import SEARCH_INDEX
from emagsync.offers.tables import offer_search, offers

BY_KEY = (offers.c.account, offers.c.emag_id)


class SortKey(StrEnum):
    """What a list may be sorted by; those with the same value come by account and eMAG id, those without one last."""

    ACCOUNT = "account"  # account, then eMAG id
    EMAG_ID = "emag_id"
    SKU = "sku"
    NAME = "name"  # in any case, with or without diacritics
    PRICE = "price"
    STOCK = "stock_quantity"
    CREATED = "created_at"
    UPDATED = "updated_at"
    SYNCED = "last_synced_at"


@dataclass(frozen=True)
class Order:
    """`descending` reverses the whole order, ties included; offers without a value come last all the same."""

    key: SortKey = SortKey.ACCOUNT
    descending: bool = False

    @property
    def is_reversible(self) -> bool:
        """Whether the other direction is this order from its end; what has no value is last in both."""
        return self.key not in _SORTED_BY or not _SORTED_BY[self.key].nullable

    def reversed(self) -> Order:
        """The other direction."""
        return Order(self.key, descending=not self.descending)


@dataclass(frozen=True)
class OfferFilter:
    """Which offers of the local copy; everything that is given must be true of an offer.

    `accounts`: none for all. `search` is any part of name, part number, part number key, EAN or brand, in any case,
    with or without diacritics. `statuses`: 0 inactive, 1 active, 2 end of life. `changed_since`: content changed then
    or later.
    """

    accounts: tuple[str, ...] = ()
    search: str | None = None
    statuses: tuple[int, ...] = ()
    sellable: bool | None = None
    max_stock: int | None = None
    include_removed: bool = False
    validation_statuses: tuple[int, ...] = ()
    category_id: int | None = None
    changed_since: datetime | None = None
    emag_ids: tuple[int, ...] = ()

    @property
    def term(self) -> str:
        """What is searched for, folded; empty for no search."""
        return term_of((self.search or "").encode("utf-8", "replace").decode())  # half a character finds nothing

    @property
    def is_nothing_but_search(self) -> bool:
        """Whether no other filter is given; removed offers may be left out."""
        return replace(self, search=None, include_removed=False) == OfferFilter()


_SORTED_BY: Mapping[SortKey, Column[Any]] = {
    SortKey.SKU: offers.c.part_number,
    SortKey.NAME: offer_search.c.text,  # begins with the folded name
    SortKey.PRICE: offers.c.sale_price,
    SortKey.STOCK: offers.c.stock,
    SortKey.CREATED: offers.c.first_seen_at,
    SortKey.UPDATED: offers.c.changed_at,
    SortKey.SYNCED: offers.c.last_seen_at,
}


def condition(wanted: OfferFilter, dialect: str) -> ColumnElement[bool]:
    """`wanted` as a condition on `offers`."""
    found = offers.c.id.in_(SEARCH_INDEX.matching(dialect, wanted.term)) if wanted.term else true()
    return and_(true(), *_plain_conditions(wanted), found)


def ordered_ids(wanted: OfferFilter, order: Order, dialect: str, *, walking: bool = False) -> Select[Any]:
    """The ids of the selection, in order, each with what it is sorted by.

    `walking` looks for the term in one offer after the other instead of asking the search index for all that match:
    quicker where the first of very many matches are wanted.
    """
    selected = condition(wanted, dialect)
    if walking:
        selected = and_(*_plain_conditions(wanted), holds(wanted.term))
    sorted_by = _columns(order)
    query = select(offers.c.id, *sorted_by).where(selected).order_by(*order_terms(order, sorted_by))
    if order.key is SortKey.NAME:
        query = query.join(offer_search, offer_search.c.offer_id == offers.c.id)
    return query


def holds(term: str) -> ColumnElement[bool]:
    """Whether the words of an offer hold `term`, looked up offer by offer."""
    words = select(offer_search.c.offer_id).where(offer_search.c.offer_id == offers.c.id).correlate(offers)
    return words.where(SEARCH_INDEX.holds(term)).exists()


def order_terms(order: Order, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """`order` over `columns`, which are what it is sorted by, whatever they are called where it is needed."""
    terms: list[ColumnElement[Any]] = [column.desc() if order.descending else column.asc() for column in columns]
    if not order.is_reversible:
        terms[0] = nulls_last(columns[0], descending=order.descending)
    return terms


def _columns(order: Order) -> tuple[Column[Any], ...]:
    if order.key is SortKey.ACCOUNT:
        return BY_KEY
    return BY_KEY[::-1] if order.key is SortKey.EMAG_ID else (_SORTED_BY[order.key], *BY_KEY)


def _plain_conditions(wanted: OfferFilter) -> list[ColumnElement[bool]]:
    columns = offers.c
    found: list[ColumnElement[bool]] = [] if wanted.include_removed else [columns.removed_at.is_(None)]
    for column, values in (
        (columns.account, wanted.accounts),
        (columns.emag_id, wanted.emag_ids),
        (columns.status, wanted.statuses),
        (columns.validation_status, wanted.validation_statuses),
    ):
        if values:
            found.append(column == values[0] if len(values) == 1 else column.in_(values))
    if wanted.sellable is not None:
        found.append(columns.sellable.is_(wanted.sellable))
    if wanted.max_stock is not None:
        found.append(columns.stock <= wanted.max_stock)
    if wanted.category_id is not None:
        found.append(columns.category_id == wanted.category_id)
    if wanted.changed_since is not None:
        found.append(columns.changed_at >= wanted.changed_since)
    return found
