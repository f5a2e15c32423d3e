"""Reading the local copy: lists, one offer with everything about it, totals, and the whole selection as a stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Row, Select, Text, and_, cast, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.db.search_index import by_walking
from emagsync.offers.errors import OfferNotFound
from emagsync.offers.schemas import Offer, OfferChange, OfferDetail, OfferList, OfferRemark
from emagsync.offers.selection import BY_KEY, OfferFilter, Order, SortKey, condition, order_terms, ordered_ids
from emagsync.offers.tables import FACETS, offer_changes, offer_payloads, offers
from emagsync.offers.total_cache import Moment, Remembered, Totals, count, is_good, moment_columns, moment_of

PUBLIC_FIELDS = tuple(Offer.model_fields)
_PUBLIC_COLUMNS = tuple(offers.c[name] for name in PUBLIC_FIELDS)
# From so many matches on it takes longer to sort them all than to walk the list and test whether each is one of them,
_MANY = 5_000
# and from so many on the first of them are found soonest by looking into one offer after the other.
_SOME = 1_000
_FEW = 8  # first: before an eighth of all matches


async def list_offers(
    database: Database,
    wanted: OfferFilter,
    *,
    limit: int = 50,
    skip: int = 0,
    order: Order | None = None,
    totals: Totals | None = None,
) -> OfferList:
    """Offers by account and id, or in `order`: `limit` of them after the first `skip`, and how many there are."""
    async with database.snapshot() as connection:
        rows, total = await select_page(
            connection, wanted, _PUBLIC_COLUMNS, limit=limit, skip=skip, order=order, totals=totals
        )
        return OfferList(offers=tuple(_offer(row) for row in rows), total=total)


async def select_page(
    connection: AsyncConnection,
    wanted: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    *,
    limit: int,
    skip: int,
    order: Order | None = None,
    totals: Totals | None = None,
) -> tuple[Sequence[Row[Any]], int]:
    """One page of a selection, with `columns` of `offers`, and the selection's total; both of one moment.

    What is skipped is never read, only its place in an index. A total that is remembered is believed if nothing has
    changed since that the selection looks at, which the page's own statement tells.
    """
    totals = totals or Totals()
    window = _Window(order or Order(), skip, limit)
    known = totals.remembered(wanted)
    total = known.total if known else await count(connection, wanted)
    page = await _read_page(connection, wanted, columns, window, total, known)
    if known is not None and not is_good(known, wanted, page.at, changed=page.changed):
        total = await count(connection, wanted)
        if window.of(total) != window.of(known.total):
            page = await _read_page(connection, wanted, columns, window, total, None)
    totals.remember(wanted, page.at, total)
    return page.rows, total


class _Window(NamedTuple):
    """Which rows of a selection, in which order."""

    order: Order
    skip: int
    limit: int

    def of(self, total: int) -> _Window:
        """The same rows, found from the end where that is nearer; `total` must be exact then."""
        taken = min(self.limit, total - self.skip)
        if taken <= 0 or 2 * self.skip < total or not self.order.is_reversible:
            return self
        return _Window(self.order.reversed(), total - self.skip - taken, taken)


class _Page(NamedTuple):
    rows: Sequence[Row[Any]]
    at: Moment
    changed: bool  # since the total was counted, in what the selection looks at


async def _read_page(
    connection: AsyncConnection,
    wanted: OfferFilter,
    columns: Sequence[ColumnElement[Any]],
    window: _Window,
    total: int,
    known: Remembered | None,
) -> _Page:
    """The page of a selection of `total` offers; the last three columns of its rows tell of its moment."""
    told = moment_columns(wanted, known)
    rows = (await connection.execute(_page_query(wanted, (*columns, *told), window, total, connection))).all()
    at, changed = moment_of(rows[0] if rows else (await connection.execute(select(*told))).one())
    return _Page(rows, at, changed)


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
    ids = (
        ordered_ids(wanted, found.order, connection.dialect.name, walking=walking).limit(found.limit).offset(found.skip)
    )
    if walking or (by_key and total > _MANY):
        ids = by_walking(ids, offers, FACETS)
    page = ids.subquery("page")
    return (
        select(*columns)
        .join_from(page, offers, offers.c.id == page.c.id)
        .order_by(*order_terms(window.order, list(page.c)[1:]))
    )


async def find_offer(database: Database, account: str, emag_id: int, *, changes: int = 20) -> OfferDetail:
    """Everything about one offer, with its newest `changes`. Raises OfferNotFound."""
    key = (offers.c.account == account, offers.c.emag_id == emag_id)
    async with database.snapshot() as connection:
        row = (await connection.execute(select(*_PUBLIC_COLUMNS, offers.c.remarks).where(*key))).one_or_none()
        if row is None:
            raise OfferNotFound(account, emag_id)
        payload = await connection.scalar(
            select(cast(offer_payloads.c.payload, Text)).where(
                offer_payloads.c.account == account, offer_payloads.c.emag_id == emag_id
            )
        )
        return OfferDetail(
            offer=_offer(row),
            remarks=remarks_of(row.remarks),
            payload=payload,
            changes=await _changes(connection, account, emag_id, changes),
        )


async def stream_offers(
    database: Database, wanted: OfferFilter, *, batch: int = 500
) -> AsyncGenerator[Sequence[Row[Any]], None]:
    """The whole selection as it is at one moment, by account and id, in lists of at most `batch` rows.

    The rows have `PUBLIC_FIELDS`, with `eans` and `not_sellable` as stored: text separated by single spaces. Each
    batch starts after the key of the last one, so memory and cost per batch do not grow.
    """
    async with database.snapshot() as connection:
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
    return select(*_PUBLIC_COLUMNS).where(selected).order_by(*BY_KEY).limit(batch)


def _offer(row: Any) -> Offer:
    values = {name: getattr(row, name) for name in PUBLIC_FIELDS}
    values["eans"] = tuple(row.eans.split())
    values["not_sellable"] = tuple(row.not_sellable.split())
    return Offer.model_validate(values)


def remarks_of(stored: str | None) -> tuple[OfferRemark, ...]:
    """The remarks of an offer from how `offers.remarks` holds them."""
    if stored is None:
        return ()
    pairs = msgspec.json.decode(stored, type=list[tuple[str, str]])
    return tuple(OfferRemark(field=field, reason=reason) for field, reason in pairs)


async def _changes(connection: AsyncConnection, account: str, emag_id: int, limit: int) -> tuple[OfferChange, ...]:
    rows = await connection.execute(
        select(offer_changes)
        .where(offer_changes.c.account == account, offer_changes.c.emag_id == emag_id)
        .order_by(offer_changes.c.seq.desc())
        .limit(limit)
    )
    return tuple(OfferChange.model_validate(dict(row)) for row in rows.mappings())
