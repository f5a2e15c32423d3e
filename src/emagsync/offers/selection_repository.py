"""Filters and orders of offers as SQL, and counting what a filter finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    collate,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.ready import Question, ask
from emagsync.db.search_index import Search, SearchShape, by_walking, nulls_last
from emagsync.offers import counts_repository, sightings_repository
from emagsync.offers.counts import kept_terms
from emagsync.offers.notable_repository import changed_offers
from emagsync.offers.position_repository import is_behind, value_at
from emagsync.offers.same_ean_repository import kept_same_eans, same_eans
from emagsync.offers.search_repository import SEARCH_INDEX
from emagsync.offers.selection import BuyButton, Hints, OfferFilter, Order, SortKey
from emagsync.offers.tables import REMOVED, offer_search, offers

# So much of a name an index of PostgreSQL's holds: a whole one may be longer than it takes. In the order of bytes, and
# in no other, names are also in the order of their beginnings.
NAME_BEGINNING: Final = 100
_BYTEWISE: Final = "C"
BY_KEY = (offers.c.account, offers.c.emag_id)

_SORTED_BY: Mapping[SortKey, tuple[Column[Any], ...]] = {
    SortKey.PART_NUMBER: (offers.c.part_number,),
    SortKey.NAME: (offer_search.c.text,),  # begins with the folded name
    SortKey.PRICE: (offers.c.currency, offers.c.sale_price),
    SortKey.STOCK: (offers.c.stock,),
    SortKey.CREATED: (offers.c.first_seen_at,),
    SortKey.UPDATED: (offers.c.changed_at,),
    SortKey.SYNCED: (offers.c.last_seen_at,),
}


def is_reversible(order: Order) -> bool:
    """Whether the opposite order is this one read from its end; offers without a value are last in both."""
    return order.key is not SortKey.RELEVANCE and not any(column.nullable for column in columns_of(order))


def is_ranked(offer_filter: OfferFilter, order: Order) -> bool:
    """Whether what the search names exactly comes first."""
    return order.key is SortKey.RELEVANCE and offer_filter.searched is not None


def condition(offer_filter: OfferFilter, dialect: str) -> ColumnElement[bool]:
    """`offer_filter` as a condition on `offers`."""
    searched = offer_filter.searched
    found = offers.c.id.in_(SEARCH_INDEX.matching(dialect, searched)) if searched else true()
    return and_(true(), *plain_conditions(offer_filter), found)


def ordered_ids(
    offer_filter: OfferFilter,
    order: Order,
    dialect: str,
    *,
    walking: SearchShape | None = None,
    behind: Sequence[bool] | None = None,
) -> Select[Any]:
    """The ids of the selection, in order, each with the columns it is sorted by.

    `behind`: only those behind a `Position`, whose `missing` this is. `walking` looks for the term in one offer after
    the other instead of asking the search index for all that match: quicker where the first of very many are wanted.
    """
    searched = offer_filter.searched
    if walking is None:
        selected = condition(offer_filter, dialect)
    else:
        selected = and_(*plain_conditions(offer_filter), _holds_one_by_one(SEARCH_INDEX.holds_words(dialect, walking)))
    sorted_by = sort_columns(order, dialect)
    if searched and is_ranked(offer_filter, order):
        sorted_by = (case((_is_named(searched, dialect), 0), else_=1).label("rank"), *sorted_by)
    query = select(offers.c.id, *sorted_by).where(selected)
    if order.key is SortKey.NAME:
        query = query.join(offer_search, offer_search.c.offer_id == offers.c.id)
        if dialect == "postgresql":
            query = _by_beginning(query, order, is_behind_some=behind is not None)
    query = query.order_by(*order_terms(order, sorted_by))
    if behind is not None:
        query = query.where(is_behind(sorted_by, columns_of(order), descending=order.descending, missing=behind))
    return query


def _by_beginning(query: Select[Any], order: Order, *, is_behind_some: bool) -> Select[Any]:
    """The same offers by name in the same order, in terms of what an index of PostgreSQL's can hold of a name."""
    name = offer_search.c.text
    # As the index says it: of a parameter in its place PostgreSQL does not know before it is given.
    length = literal_column(str(NAME_BEGINNING), Integer)
    begins = collate(func.left(name, length), _BYTEWISE)
    query = query.order_by(begins.desc() if order.descending else begins.asc())
    if is_behind_some:
        there = func.left(value_at(0, name), length)
        query = query.where(begins <= there if order.descending else begins >= there)
    return query


def order_terms(order: Order, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """`order` as ORDER BY terms over `columns`: those that it sorts by, or a subquery's copies of them."""

    def terms(column: ColumnElement[Any], *, nullable: bool) -> list[ColumnElement[Any]]:
        if order.descending:
            return [nulls_last(column, descending=True) if nullable else column.desc()]
        # In words, not as NULLS LAST: that way round no index of SQLite's has it (`order_index_repository`).
        return [column.is_(None), column.asc()] if nullable else [column.asc()]

    own = columns_of(order)
    first = [column.asc() for column in columns[: len(columns) - len(own)]]  # the rank: what is named exactly is first
    others = zip(columns[len(first) :], own, strict=True)
    return [*first, *(term for column, of in others for term in terms(column, nullable=bool(of.nullable)))]


def sort_columns(order: Order, dialect: str) -> tuple[ColumnElement[Any], ...]:
    """What an order sorts by, as the database compares it: names by their letters' numbers on both."""
    first, *others = columns_of(order)
    if order.key is SortKey.NAME and dialect == "postgresql":
        return (collate(first, _BYTEWISE).label("name_text"), *others)
    return (first, *others)


async def count(connection: AsyncConnection, offer_filter: OfferFilter) -> int:
    """How many offers `offer_filter` finds."""
    kept = kept_total(offer_filter)
    if kept is not None:
        [rows] = await ask(connection, kept.question)
        return kept.read(rows)
    searched = offer_filter.searched
    if searched and offer_filter.is_nothing_but_search:
        return await _count_found(connection, searched, include_removed=offer_filter.include_removed)
    if offer_filter.changes is not None and offer_filter.is_nothing_but_changes:
        # Every offer that something happened to has a row: none of them need be looked up.
        changed = changed_offers(offer_filter.changes, offer_filter.accounts).subquery()
        return await connection.scalar(select(func.count()).select_from(changed)) or 0
    query = select(func.count()).select_from(offers).where(condition(offer_filter, connection.dialect.name))
    return await connection.scalar(query) or 0


class KeptTotal(NamedTuple):
    """How many offers a selection has, where that is kept: what is to be asked, and what its rows say."""

    question: Question
    read: Callable[[Sequence[Any]], int]


def kept_total(offer_filter: OfferFilter) -> KeptTotal | None:
    """The number of offers of a selection by what numbers are kept of; None for any other."""
    terms, accounts = kept_terms(offer_filter), offer_filter.accounts
    if terms is not None:
        return KeptTotal(counts_repository.summed(terms, accounts), partial(counts_repository.sum_in, terms=terms))
    if offer_filter.seen_before is not None and _is_by_sightings(offer_filter):
        question = sightings_repository.counted_before(offer_filter.seen_before, accounts)
        return KeptTotal(question, sightings_repository.number_in)
    return None


async def with_hints(connection: AsyncConnection, offer_filter: OfferFilter) -> OfferFilter:
    """The same selection, with the hints that are worth looking up for it."""
    before = offer_filter.seen_before
    if before is None or offer_filter.include_removed:
        return offer_filter
    unseen = await sightings_repository.count_before(connection, before, offer_filter.accounts)
    return with_unseen(offer_filter, unseen)


def with_unseen(offer_filter: OfferFilter, unseen: int) -> OfferFilter:
    """The same selection with the hint that so many offers were not seen since its `seen_before`, if it has one."""
    if offer_filter.seen_before is None or offer_filter.include_removed:
        return offer_filter
    few = unseen <= sightings_repository.FEW
    return replace(offer_filter, hints=offer_filter.hints._replace(few_unseen=few))


def _is_by_sightings(offer_filter: OfferFilter) -> bool:
    return offer_filter.is_nothing_but("seen_before") and not offer_filter.include_removed


async def names_some(connection: AsyncConnection, offer_filter: OfferFilter) -> bool:
    """Whether what is searched for is exactly the SKU, the PNK or an EAN of an offer that `offer_filter` finds."""
    searched = offer_filter.searched
    if searched is None or not searched.code:
        return False
    is_named = _is_named(searched, connection.dialect.name)
    found = select(offers.c.id).where(*plain_conditions(offer_filter), is_named)
    return await connection.scalar(found.limit(1)) is not None


async def _count_found(connection: AsyncConnection, searched: Search, *, include_removed: bool) -> int:
    """The matches of the search index, which need no row each, less those of removed offers, which are few."""
    found = SEARCH_INDEX.matching(connection.dialect.name, searched)
    total = await connection.scalar(select(func.count()).select_from(found.subquery())) or 0
    if include_removed or not total:
        return total
    removed = select(func.count()).select_from(offers)
    removed = removed.where(offers.c.removed_at.is_not(None), _holds_one_by_one(SEARCH_INDEX.holds(searched)))
    return total - (await connection.scalar(by_walking(removed, offers, REMOVED)) or 0)


def _holds_one_by_one(words: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the searchable text of an offer holds the words, looked up offer by offer."""
    texts = select(offer_search.c.offer_id).where(offer_search.c.offer_id == offers.c.id).correlate(offers)
    return texts.where(words).exists()


def _is_named(searched: Search, dialect: str) -> ColumnElement[bool]:
    """Whether an offer has exactly what was searched for as its SKU, its PNK or an EAN."""
    return offers.c.id.in_(SEARCH_INDEX.holding_code(dialect, [searched.code]))


def columns_of(order: Order) -> tuple[Column[Any], ...]:
    """What an order sorts by, first things first."""
    if order.key in (SortKey.ACCOUNT, SortKey.RELEVANCE):
        return BY_KEY
    return BY_KEY[::-1] if order.key is SortKey.EMAG_ID else (*_SORTED_BY[order.key], *BY_KEY)


def plain_conditions(offer_filter: OfferFilter) -> list[ColumnElement[bool]]:
    """The conditions on `offers` of everything but what is searched for."""
    columns = offers.c
    found: list[ColumnElement[bool]] = [] if offer_filter.include_removed else [columns.removed_at.is_(None)]
    for column, values in (
        (columns.account, offer_filter.accounts),
        (columns.id, offer_filter.ids),
        (columns.emag_id, offer_filter.emag_ids),
        (columns.status, offer_filter.statuses),
        (columns.validation_status, offer_filter.validation_statuses),
        (columns.brand, offer_filter.brands),
        (columns.category_id, offer_filter.category_ids),
        (columns.currency, offer_filter.currencies),
        (columns.vat_id, offer_filter.vat_ids),
    ):
        if values:
            found.append(column == values[0] if len(values) == 1 else column.in_(values))
    if offer_filter.sellable is not None:
        found.append(columns.sellable.is_(offer_filter.sellable))
    for column, least, most in (
        (columns.stock, offer_filter.min_stock, offer_filter.max_stock),
        (columns.sale_price, offer_filter.min_price, offer_filter.max_price),
        (columns.buy_button_rank, offer_filter.min_rank, offer_filter.max_rank),
    ):
        found += [] if least is None else [column >= least]
        found += [] if most is None else [column <= most]
    if offer_filter.changed_since is not None:
        found.append(columns.changed_at >= offer_filter.changed_since)
    found.extend(_working_conditions(offer_filter))
    if offer_filter.changes is not None:
        found.append(tuple_(*BY_KEY).in_(changed_offers(offer_filter.changes, offer_filter.accounts)))
    return found


def _working_conditions(offer_filter: OfferFilter) -> list[ColumnElement[bool]]:
    """The conditions of the lists that people work through."""
    columns = offers.c
    found: list[ColumnElement[bool]] = []
    if offer_filter.reasons:
        found.append(columns.sellable.is_(False))  # which says at once that most have no reason
        codes = literal(" ") + columns.not_sellable + literal(" ")
        found.append(or_(*(_has_code(codes, code, offer_filter.hints) for code in offer_filter.reasons)))
    if offer_filter.buy_buttons:
        found.append(or_(*(_BUY_BUTTON[whose] for whose in offer_filter.buy_buttons)))
    if offer_filter.price_outside_limits is not None:
        is_outside = or_(columns.sale_price < columns.min_sale_price, columns.sale_price > columns.max_sale_price)
        found.append(func.coalesce(is_outside, false()).is_(offer_filter.price_outside_limits))
    if offer_filter.seen_before is not None:
        found.append(columns.last_seen_at < offer_filter.seen_before)
        if offer_filter.hints.few_unseen:
            found.append(
                tuple_(*BY_KEY).in_(sightings_repository.keys_before(offer_filter.seen_before, offer_filter.accounts))
            )
    if offer_filter.has_image is not None:
        found.append(columns.main_image.is_not(None) if offer_filter.has_image else columns.main_image.is_(None))
    if offer_filter.same_ean:
        found.append(columns.id.in_(kept_same_eans() if offer_filter.hints.eans_are_kept else same_eans()))
    return found


def _has_code(codes: ColumnElement[str], code: str, hints: Hints) -> ColumnElement[bool]:
    """Whether a code is among others. PostgreSQL takes it for rare by LIKE, and would sort all that have it instead of
    meeting the first of them in order; by the other way, for what nearly all have."""
    if hints.many_match:
        return func.replace(codes, f" {code} ", "") != codes
    return codes.contains(f" {code} ", autoescape=True)


_BUY_BUTTON: Mapping[BuyButton, ColumnElement[bool]] = {
    BuyButton.OURS: offers.c.buy_button_rank == 1,
    BuyButton.OTHERS: offers.c.buy_button_rank > 1,
    BuyButton.UNKNOWN: offers.c.buy_button_rank.is_(None),
}
