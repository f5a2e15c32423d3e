"""Reading the local copy: lists, one offer with everything about it, totals, and the whole selection as a stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, Text, and_, cast, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.db.search_index import by_walking
from emagsync.offers.errors import OfferNotFound
from emagsync.offers.schemas import Offer, OfferChange, OfferDetail, OfferList, OfferRemark
from emagsync.offers.selection import BY_KEY, OfferFilter, Order, SortKey, condition, ordered_ids
from emagsync.offers.tables import FACETS, offer_changes, offer_payloads, offers
from emagsync.offers.totals import Totals

PUBLIC_FIELDS = tuple(Offer.model_fields)
_PUBLIC_COLUMNS = tuple(offers.c[name] for name in PUBLIC_FIELDS)
# From so many matches on it takes longer to sort them than to walk the list and test each offer.
_MANY = 5_000
_FEW = 8  # a page is near the beginning when it ends before an eighth of the matches


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
    async with database.reading() as connection:
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
) -> tuple[list[Row[Any]], int]:
    """One page of a selection, with `columns` of `offers`, and the selection's total; both of one moment.

    The ids come first, from an index: what is skipped is never read.
    """
    total = await (totals or Totals()).of(connection, wanted)
    if skip >= total:
        return [], total
    order = order or Order()
    many = bool(wanted.term) and order.key is SortKey.ACCOUNT and total > _MANY
    walking = bool(wanted.term) and order.key is SortKey.ACCOUNT and (skip + limit) * _FEW < total
    query = ordered_ids(wanted, order, connection.dialect.name, walking=walking).limit(limit).offset(skip)
    if many:
        query = by_walking(query, offers, FACETS)
    ids = (await connection.execute(query)).scalars().all()
    rows = await connection.execute(select(offers.c.id.label("_id"), *columns).where(offers.c.id.in_(ids)))
    by_id = {row._id: row for row in rows}
    return [by_id[offer_id] for offer_id in ids], total


async def find_offer(database: Database, account: str, emag_id: int, *, changes: int = 20) -> OfferDetail:
    """Everything about one offer, with its newest `changes`. Raises OfferNotFound."""
    key = (offers.c.account == account, offers.c.emag_id == emag_id)
    async with database.reading() as connection:
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
    async with database.reading() as connection:
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
