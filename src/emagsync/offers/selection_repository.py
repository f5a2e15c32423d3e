"""Filters and orders of offers as SQL, and counting what a filter finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.search_index import by_walking, nulls_last
from emagsync.offers.notable_repository import changed_offers
from emagsync.offers.search_repository import SEARCH_INDEX
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.tables import REMOVED, offer_search, offers

BY_KEY = (offers.c.account, offers.c.emag_id)

_SORTED_BY: Mapping[SortKey, tuple[Column[Any], ...]] = {
    SortKey.SKU: (offers.c.part_number,),
    SortKey.NAME: (offer_search.c.text,),  # begins with the folded name
    SortKey.PRICE: (offers.c.currency, offers.c.sale_price),
    SortKey.STOCK: (offers.c.stock,),
    SortKey.CREATED: (offers.c.first_seen_at,),
    SortKey.UPDATED: (offers.c.changed_at,),
    SortKey.SYNCED: (offers.c.last_seen_at,),
}


def is_reversible(order: Order) -> bool:
    """Whether the opposite order is this one read from its end; offers without a value are last in both."""
    return not any(column.nullable for column in _columns(order))


def condition(offer_filter: OfferFilter, dialect: str) -> ColumnElement[bool]:
    """`offer_filter` as a condition on `offers`."""
    found = offers.c.id.in_(SEARCH_INDEX.matching(dialect, offer_filter.term)) if offer_filter.term else true()
    return and_(true(), *_plain_conditions(offer_filter), found)


def ordered_ids(offer_filter: OfferFilter, order: Order, dialect: str, *, walking: bool = False) -> Select[Any]:
    """The ids of the selection, in order, each with the columns it is sorted by.

    `walking` looks for the term in one offer after the other instead of asking the search index for all that match:
    quicker where the first of very many matches are wanted.
    """
    selected = condition(offer_filter, dialect)
    if walking:
        selected = and_(*_plain_conditions(offer_filter), _contains_term(offer_filter.term))
    sorted_by = _columns(order)
    query = select(offers.c.id, *sorted_by).where(selected).order_by(*order_terms(order, sorted_by))
    if order.key is SortKey.NAME:
        query = query.join(offer_search, offer_search.c.offer_id == offers.c.id)
    return query


def order_terms(order: Order, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """`order` as ORDER BY terms over `columns`: those that it sorts by, or a subquery's copies of them."""

    def term(column: ColumnElement[Any], *, nullable: bool) -> ColumnElement[Any]:
        if nullable:
            return nulls_last(column, descending=order.descending)
        return column.desc() if order.descending else column.asc()

    own = _columns(order)
    return [term(column, nullable=bool(of.nullable)) for column, of in zip(columns, own, strict=True)]


async def count(connection: AsyncConnection, offer_filter: OfferFilter) -> int:
    """How many offers `offer_filter` finds."""
    if offer_filter.is_nothing_but_search:
        return await (_count_found if offer_filter.term else _count_all)(connection, offer_filter)
    query = select(func.count()).select_from(offers).where(condition(offer_filter, connection.dialect.name))
    return await connection.scalar(query) or 0


async def _count_all(connection: AsyncConnection, offer_filter: OfferFilter) -> int:
    """SQLite counts all rows without looking at any; removed ones have an index of their own."""
    everything = select(func.count()).select_from(offers).scalar_subquery()
    if offer_filter.include_removed:
        return await connection.scalar(select(everything)) or 0
    removed = select(func.count()).select_from(offers).where(offers.c.removed_at.is_not(None))
    left_out = by_walking(removed, offers, REMOVED).scalar_subquery()
    return await connection.scalar(select(everything - left_out)) or 0


async def _count_found(connection: AsyncConnection, offer_filter: OfferFilter) -> int:
    """The matches of the search index, which need no row each, less those of removed offers, which are few."""
    found = SEARCH_INDEX.matching(connection.dialect.name, offer_filter.term)
    total = await connection.scalar(select(func.count()).select_from(found.subquery())) or 0
    if offer_filter.include_removed or not total:
        return total
    removed = select(func.count()).select_from(offers)
    removed = removed.where(offers.c.removed_at.is_not(None), _contains_term(offer_filter.term))
    return total - (await connection.scalar(by_walking(removed, offers, REMOVED)) or 0)


def _contains_term(term: str) -> ColumnElement[bool]:
    """Whether the searchable text of an offer contains `term`, looked up offer by offer."""
    words = select(offer_search.c.offer_id).where(offer_search.c.offer_id == offers.c.id).correlate(offers)
    return words.where(SEARCH_INDEX.holds(term)).exists()


def _columns(order: Order) -> tuple[Column[Any], ...]:
    if order.key is SortKey.ACCOUNT:
        return BY_KEY
    return BY_KEY[::-1] if order.key is SortKey.EMAG_ID else (*_SORTED_BY[order.key], *BY_KEY)


def _plain_conditions(offer_filter: OfferFilter) -> list[ColumnElement[bool]]:
    columns = offers.c
    found: list[ColumnElement[bool]] = [] if offer_filter.include_removed else [columns.removed_at.is_(None)]
    for column, values in (
        (columns.account, offer_filter.accounts),
        (columns.emag_id, offer_filter.emag_ids),
        (columns.status, offer_filter.statuses),
        (columns.validation_status, offer_filter.validation_statuses),
    ):
        if values:
            found.append(column == values[0] if len(values) == 1 else column.in_(values))
    if offer_filter.sellable is not None:
        found.append(columns.sellable.is_(offer_filter.sellable))
    if offer_filter.max_stock is not None:
        found.append(columns.stock <= offer_filter.max_stock)
    if offer_filter.category_id is not None:
        found.append(columns.category_id == offer_filter.category_id)
    if offer_filter.currency is not None:
        found.append(columns.currency == offer_filter.currency)
    if offer_filter.changed_since is not None:
        found.append(columns.changed_at >= offer_filter.changed_since)
    if offer_filter.changes is not None:
        found.append(tuple_(*BY_KEY).in_(changed_offers(offer_filter.changes, offer_filter.accounts)))
    return found
