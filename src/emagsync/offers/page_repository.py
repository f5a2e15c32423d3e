"""Reading a selection: one page of it with its total, or all of it in batches."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.search_index import by_walking
from emagsync.offers.change_repository import changed_after, is_near, newest_seq
from emagsync.offers.schemas import Offer
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.selection_repository import (
    BY_KEY,
    condition,
    count,
    is_reversible,
    order_terms,
    ordered_ids,
)
from emagsync.offers.tables import FACETS, offer_search, offers
from emagsync.offers.total_cache import CachedTotal, CopyVersion, TotalCache, fields_of

OFFER_COLUMNS = tuple(offers.c[name] for name in Offer.model_fields)

# From so many matches on it takes longer to sort them all than to walk the list and test whether each is one of them,
_MANY = 5_000
# and from so many on the first of them are found soonest by looking into one offer after the other.
_SOME = 1_000
_FEW = 8  # first: before an eighth of all matches


async def select_page(
    connection: AsyncConnection,
    wanted: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    *,
    limit: int,
    skip: int,
    order: Order | None = None,
    totals: TotalCache | None = None,
) -> tuple[Sequence[Row[Any]], int]:
    """One page of a selection, with `columns` of `offers`, and the selection's total; both of the same moment.

    What is skipped is never read, only its place in an index. A remembered total is used if nothing has changed since
    that the selection looks at, which the page's own statement tells.
    """
    totals = totals or TotalCache()
    window = _Window(order or Order(), skip, limit)
    cached = totals.get(wanted)
    total = cached.total if cached else await count(connection, wanted)
    page = await _read_page(connection, wanted, columns, window, total, cached)
    if cached is not None and not cached.is_good(wanted, page.version, changed=page.changed):
        total = await count(connection, wanted)
        if window.of(total) != window.of(cached.total):
            page = await _read_page(connection, wanted, columns, window, total, None)
    totals.put(wanted, page.version, total)
    return page.rows, total


async def offer_batches(
    connection: AsyncConnection, wanted: OfferFilter, *, batch: int
) -> AsyncGenerator[Sequence[Row[Any]], None]:
    """The whole selection by account and id, in lists of at most `batch` rows of OFFER_COLUMNS.

    Each batch starts after the key of the last one, so memory and cost per batch do not grow.
    """
    selected = condition(wanted, connection.dialect.name)
    query = _batch_query(selected, batch)
    while True:
        rows = (await connection.execute(query)).all()
        if rows:
            yield rows
        if len(rows) < batch:
            return
        last = rows[-1]
        query = _batch_query(and_(selected, tuple_(*BY_KEY) > tuple_(last.account, last.emag_id)), batch)


def _batch_query(selected: ColumnElement[bool], batch: int) -> Select[Any]:
    return select(*OFFER_COLUMNS).where(selected).order_by(*BY_KEY).limit(batch)


class _Window(NamedTuple):
    """Which rows of a selection, in which order."""

    order: Order
    skip: int
    limit: int

    def of(self, total: int) -> _Window:
        """The same rows, counted from the end where that is nearer; `total` must be exact then."""
        taken = min(self.limit, total - self.skip)
        if taken <= 0 or 2 * self.skip < total or not is_reversible(self.order):
            return self
        return _Window(self.order.reversed(), total - self.skip - taken, taken)


class _Page(NamedTuple):
    rows: Sequence[Row[Any]]
    version: CopyVersion
    changed: bool  # whether what the selection looks at may have changed since the cached total was counted


async def _read_page(
    connection: AsyncConnection,
    wanted: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    window: _Window,
    total: int,
    cached: CachedTotal | None,
) -> _Page:
    """The page of a selection of `total` offers. Its rows have three more columns at the end, those of the version."""
    version = _version_columns(wanted, cached)
    rows = (await connection.execute(_page_query(wanted, (*columns, *version), window, total, connection))).all()
    # A page without rows tells no version.
    last = rows[0] if rows else (await connection.execute(select(*version))).one()
    change, searchable, changed = last[-3:]
    is_far = cached is not None and not is_near(cached.version.change, change)
    return _Page(rows, CopyVersion(change, searchable), bool(changed) or is_far)


def _version_columns(wanted: OfferFilter, cached: CachedTotal | None) -> tuple[ColumnElement[Any], ...]:
    """The two numbers of the CopyVersion, and whether the log has a change after `cached` of what `wanted` looks at."""
    searchable = select(func.coalesce(func.max(offer_search.c.offer_id), 0)).scalar_subquery()
    changed = false() if cached is None else changed_after(cached.version.change, fields_of(wanted))
    return newest_seq(), searchable, changed


def _page_query(
    wanted: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    window: _Window,
    total: int,
    connection: AsyncConnection,
) -> Select[Any]:
    found = window.of(total)
    by_key = bool(wanted.term) and found.order.key is SortKey.ACCOUNT
    walking = by_key and total > _SOME and (found.skip + found.limit) * _FEW < total
    ids = ordered_ids(wanted, found.order, connection.dialect.name, walking=walking)
    ids = ids.limit(found.limit).offset(found.skip)
    if walking or (by_key and total > _MANY):
        ids = by_walking(ids, offers, FACETS)
    page = ids.subquery("page")
    return (
        select(*columns)
        .join_from(page, offers, offers.c.id == page.c.id)
        .order_by(*order_terms(window.order, list(page.c)[1:]))
    )
