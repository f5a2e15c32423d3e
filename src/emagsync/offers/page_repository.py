"""Reading a selection: one page of it with its total, or all of it in batches.

What makes a page of a quarter of a million offers quick, on both databases:

- ids first: an index has what is filtered and sorted by (`FACETS`), so only the page's own rows are read whole;
- from the nearer end: a page in the second half is read backwards, so at most half of the ids are skipped (`_Window`);
- the total is remembered (`total_cache`), and the page's own statement tells whether it is still right;
- where a search finds very many offers, the list is walked in order instead of sorting all matches (`by_walking`);
- so is a list in any other order, whose index is made when it is asked for (`order_indexes`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.search_index import by_walking
from emagsync.offers.change_repository import changed_after, is_near, newest_seq
from emagsync.offers.order_index_repository import OrderIndex
from emagsync.offers.schemas import Offer
from emagsync.offers.selection import OfferFilter, Order, SortKey
from emagsync.offers.selection_repository import (
    BY_KEY,
    condition,
    count,
    is_reversible,
    names_some,
    order_terms,
    ordered_ids,
    with_found,
    with_hints,
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
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    *,
    limit: int,
    skip: int,
    order: Order | None = None,
    totals: TotalCache | None = None,
    index: OrderIndex | None = None,
) -> tuple[Sequence[Row[Any]], int]:
    """One page of a selection, with `columns` of `offers`, and the selection's total; both of the same moment.

    What is skipped is never read, only its place in an index. A remembered total is used if nothing that the selection
    depends on has changed since, as the page's own statement says. `index` has the order, if one does
    (`order_indexes.order_index`).
    """
    totals = totals or TotalCache()
    offer_filter = await with_hints(connection, offer_filter)
    wanted = _Window(order or Order(), skip, limit, index)
    cached = totals.get(offer_filter)
    selected = offer_filter
    if cached is None:
        selected = await with_found(connection, offer_filter)
        total, names_some = await _count(connection, selected)
    else:
        total, names_some = cached.total, cached.names_some
    window = wanted.with_rank(names_some)
    page = await _read_page(connection, selected, columns, window, total, cached)
    if cached is not None and not cached.is_good(offer_filter, page.version, changed=page.changed):
        # The page was read from the end that the outdated total made the nearer one: with the right total, that may be
        # the other end, or other rows.
        selected = await with_found(connection, offer_filter)
        total, names_some = await _count(connection, selected)
        window = wanted.with_rank(names_some)
        if window.of(total) != wanted.with_rank(cached.names_some).of(cached.total):
            page = await _read_page(connection, selected, columns, window, total, None)
    totals.put(offer_filter, CachedTotal(page.version, total, names_some))
    return page.rows, total


async def _count(connection: AsyncConnection, offer_filter: OfferFilter) -> tuple[int, bool]:
    """How many offers there are, and whether the search names some of them."""
    total = await count(connection, offer_filter)
    return total, total > 0 and await names_some(connection, offer_filter)


async def offer_batches(
    connection: AsyncConnection, offer_filter: OfferFilter, *, batch: int
) -> AsyncGenerator[Sequence[Row[Any]], None]:
    """The whole selection by account and id, in lists of at most `batch` rows of OFFER_COLUMNS.

    Each batch starts after the key of the last one, so memory and cost per batch do not grow.
    """
    selected = condition(offer_filter, connection.dialect.name)
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
    order_index: OrderIndex | None = None

    def with_rank(self, names_some: bool) -> _Window:
        """The same window; where no offer is first by its rank, in the plain order, which an index has."""
        if self.order.key is not SortKey.RELEVANCE or names_some:
            return self
        return self._replace(order=Order(SortKey.ACCOUNT, descending=self.order.descending))

    def of(self, total: int) -> _Window:
        """The same rows, counted from the end where that is nearer; `total` must be exact then."""
        taken = min(self.limit, total - self.skip)
        if taken <= 0 or 2 * self.skip < total or not is_reversible(self.order):
            return self
        return _Window(self.order.reversed(), total - self.skip - taken, taken, self.order_index)


class _Page(NamedTuple):
    rows: Sequence[Row[Any]]
    version: CopyVersion
    changed: bool  # whether what the selection looks at may have changed since the cached total was counted


async def _read_page(
    connection: AsyncConnection,
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    window: _Window,
    total: int,
    cached: CachedTotal | None,
) -> _Page:
    """The page of a selection of `total` offers. Its rows have three more columns at the end, those of the version."""
    version = _version_columns(offer_filter, cached)
    # A total that was counted is one of this moment: where it is 0, there is no row to look for.
    is_empty = cached is None and total <= window.skip
    query = _page_query(offer_filter, (*columns, *version), window, total, connection)
    rows = [] if is_empty else (await connection.execute(query)).all()
    # The version comes with each row, so that it is of the same moment; a page without rows has none.
    last = rows[0] if rows else (await connection.execute(select(*version))).one()
    change, searchable, changed = last[-3:]
    is_far = cached is not None and not is_near(cached.version.change, change)
    return _Page(rows, CopyVersion(change, searchable), bool(changed) or is_far)


def _version_columns(offer_filter: OfferFilter, cached: CachedTotal | None) -> tuple[ColumnElement[Any], ...]:
    """The two numbers of the CopyVersion, and whether the log has a later change that the filter depends on."""
    searchable = select(func.coalesce(func.max(offer_search.c.offer_id), 0)).scalar_subquery()
    changed = false() if cached is None else changed_after(cached.version.change, fields_of(offer_filter))
    return newest_seq(), searchable, changed


def _page_query(
    offer_filter: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    window: _Window,
    total: int,
    connection: AsyncConnection,
) -> Select[Any]:
    found = window.of(total)
    if total > _MANY:
        offer_filter = replace(offer_filter, hints=offer_filter.hints._replace(many_match=True))
    by_index = found.order_index is not None and total > _MANY
    by_key = offer_filter.searched is not None and (found.order.key is SortKey.ACCOUNT or by_index)
    walking = by_key and total > _SOME and (found.skip + found.limit) * _FEW < total
    ids = ordered_ids(offer_filter, found.order, connection.dialect.name, walking=walking)
    ids = ids.limit(found.limit).offset(found.skip)
    if found.order_index is not None and by_index:
        ids = by_walking(
            ids, offer_search if found.order_index.table == offer_search.name else offers, found.order_index.name
        )
    elif walking or (by_key and total > _MANY) or (found.order_index is not None and offer_filter.is_by_facets):
        # The last of these: to look through all offers in order for the few that match takes longer than to sort these.
        ids = by_walking(ids, offers, FACETS)
    page = ids.subquery("page")
    return (
        select(*columns)
        .join_from(page, offers, offers.c.id == page.c.id)
        .order_by(*order_terms(window.order, list(page.c)[1:]))
    )
