"""Indexes that have the offers in the orders that people ask for: without one, each page sorts the whole catalogue.

They are no part of the schema. An index for each order would cost a first copy 3 to 4 %, and most shops never sort by
most columns: one is made when a larger catalogue is sorted so for the first time, in about a third of a second for a
quarter of a million offers, and kept up by the database from then on.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import Column, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.ordering import serialise_indexes
from emagsync.offers import counts, counts_repository
from emagsync.offers.selection import Order, SortKey
from emagsync.offers.selection_repository import NAME_BEGINNING, columns_of
from emagsync.offers.tables import offer_search, offers


class OrderIndex(NamedTuple):
    """An index by its name, on a table; `terms` are what it holds, as SQL."""

    name: str
    table: str
    terms: str


# From so many offers on an index is worth its room: fewer are sorted in some milliseconds.
LEAST_OFFERS: Final = 5_000
# The orders of an index that is there. PostgreSQL's lacks the ids, so that each row that is skipped would be read.
_BY_KEY: Final = (SortKey.ACCOUNT, SortKey.RELEVANCE)
_KEYS: Final = OrderIndex("ix_offers_by_key", offers.name, "account, emag_id, removed_at, id")
# What goes with prices and stock, so that the first offers that match may be last in the order: without these in the
# index, all rows would be looked up for them.
_FILTERED_BY: Final = (
    *(offers.c.removed_at, offers.c.status, offers.c.sellable, offers.c.stock, offers.c.sale_price, offers.c.currency),
    *(offers.c.validation_status, offers.c.category_id, offers.c.brand, offers.c.not_sellable),
)


def index_for(order: Order, dialect: str) -> OrderIndex | None:
    """The index that has an order, if there may be one.

    Where the order has offers without a value, last in both directions, each direction has an index of its own; any
    other is read from either end. Of names, which are longer than PostgreSQL keeps in an index, there it has the
    beginnings.
    """
    if order.key is SortKey.SYNCED:
        return None  # `last_seen_at` changes with every run
    if order.key in _BY_KEY:
        return _KEYS if dialect == "postgresql" else None
    if order.key is SortKey.NAME:
        begins = f'(left(text, {NAME_BEGINNING})) COLLATE "C"'
        return OrderIndex("ix_offer_search_by_name", offer_search.name, begins if dialect == "postgresql" else "text")
    columns = columns_of(order)
    falls = order.descending and any(column.nullable for column in columns)
    terms = [term for column in columns for term in _terms(column, falls=falls, dialect=dialect)]
    others = [column.name for column in _FILTERED_BY if column not in columns]
    if dialect == "postgresql":
        others.append(offers.c.id.name)  # SQLite's indexes have it anyway
    return OrderIndex(f"ix_offers_by_{order.key}{'_falling' * falls}", offers.name, ", ".join((*terms, *others)))


def _terms(column: Column[Any], *, falls: bool, dialect: str) -> list[str]:
    """What an index holds of a column, as `selection_repository.order_terms` orders by it."""
    if not falls:
        return [f"({column.name} IS NULL)", column.name] if column.nullable else [column.name]
    # SQLite has those without a value last there, of itself, and knows no other way for an index.
    return [f"{column.name} DESC NULLS LAST" if column.nullable and dialect == "postgresql" else f"{column.name} DESC"]


async def are_many(connection: AsyncConnection) -> bool:
    """Whether there are so many offers that an index for an order is worth its room."""
    return await counts_repository.sum_of(connection, {counts.OFFERS: 1}) >= LEAST_OFFERS


async def make(connection: AsyncConnection, index: OrderIndex) -> None:
    """Make an index that may be there already. Who writes offers waits meanwhile."""
    await serialise_indexes(connection)
    if connection.dialect.name == "postgresql":
        await _make_on_postgresql(connection, index)
    else:
        await connection.execute(text(f"CREATE INDEX IF NOT EXISTS {index.name} ON {index.table} ({index.terms})"))


async def _make_on_postgresql(connection: AsyncConnection, index: OrderIndex) -> None:
    if await connection.scalar(select(func.to_regclass(index.name))) is not None:
        return
    await connection.execute(text(f"CREATE INDEX {index.name} ON {index.table} ({index.terms})"))
    # Until it knows how many offers there are, and how often the beginnings of names repeat, it sorts them all.
    await connection.execute(text(f"ANALYZE {offers.name}, {offer_search.name}"))
