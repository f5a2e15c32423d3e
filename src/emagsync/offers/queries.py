"""Reading the local copy: lists, one offer with everything about it, totals, and the whole selection as a stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, Text, and_, case, cast, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.db.search import contains, enable_folding
from emagsync.offers.errors import OfferNotFound
from emagsync.offers.schemas import AccountTotals, Offer, OfferChange, OfferDetail, OfferList, OfferRemark
from emagsync.offers.tables import offer_changes, offer_payloads, offers

PUBLIC_FIELDS = tuple(Offer.model_fields)
_PUBLIC_COLUMNS = tuple(offers.c[name] for name in PUBLIC_FIELDS)
_SEARCHED = (offers.c.name, offers.c.part_number, offers.c.part_number_key, offers.c.eans, offers.c.brand)
_BY_KEY = (offers.c.account, offers.c.emag_id)


@dataclass(frozen=True)
class OfferFilter:
    """Which offers of the local copy. `search` is any part of name, part number, part number key, EAN or brand, in any
    case, with or without diacritics. `statuses`: 0 inactive, 1 active, 2 end of life."""

    account: str | None = None
    search: str | None = None
    statuses: Sequence[int] = ()
    sellable: bool | None = None
    max_stock: int | None = None
    include_removed: bool = False


async def list_offers(database: Database, wanted: OfferFilter, *, limit: int = 50, skip: int = 0) -> OfferList:
    """Offers by account and id, `limit` of them after the first `skip`."""
    condition = _condition(wanted)
    async with database.reading() as connection:
        if wanted.search:
            await enable_folding(connection)
        total = await connection.scalar(select(func.count()).select_from(offers).where(condition))
        if not total:
            return OfferList(offers=(), total=0)
        rows = await connection.execute(
            select(*_PUBLIC_COLUMNS).where(condition).order_by(*_BY_KEY).limit(limit).offset(skip)
        )
        return OfferList(offers=tuple(_offer(row) for row in rows), total=total)


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
            remarks=_remarks(row.remarks),
            payload=payload,
            changes=await _changes(connection, account, emag_id, changes),
        )


async def account_totals(database: Database) -> dict[str, AccountTotals]:
    """What the local copy holds, by account. An account without rows is not there."""
    present = offers.c.removed_at.is_(None)

    def counted(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((and_(present, *conditions), 1), else_=0)), 0)

    query = select(
        offers.c.account,
        counted().label("offers"),
        counted(offers.c.status == 1).label("active"),
        counted(offers.c.sellable).label("sellable"),
        counted(offers.c.stock <= 0).label("out_of_stock"),
        (func.count() - counted()).label("removed"),
        func.min(case((present, offers.c.last_seen_at))).label("oldest_seen_at"),
    ).group_by(offers.c.account)
    async with database.reading() as connection:
        rows = (await connection.execute(query)).mappings()
        return {row["account"]: AccountTotals.model_validate(dict(row)) for row in rows}


async def stream_offers(
    database: Database, wanted: OfferFilter, *, batch: int = 500
) -> AsyncGenerator[Sequence[Row[Any]], None]:
    """The whole selection as it is at one moment, by account and id, in lists of at most `batch` rows.

    The rows have `PUBLIC_FIELDS`, with `eans` and `not_sellable` as stored: text separated by single spaces. Each
    batch starts after the key of the last one, so memory and cost per batch do not grow.
    """
    condition = _condition(wanted)
    async with database.reading() as connection:
        if wanted.search:
            await enable_folding(connection)
        query = _batch_query(condition, batch)
        while True:
            rows = (await connection.execute(query)).all()
            if rows:
                yield rows
            if len(rows) < batch:
                return
            last = rows[-1]
            query = _batch_query(and_(condition, tuple_(*_BY_KEY) > tuple_(last.account, last.emag_id)), batch)


def _batch_query(condition: ColumnElement[bool], batch: int) -> Select[Any]:
    return select(*_PUBLIC_COLUMNS).where(condition).order_by(*_BY_KEY).limit(batch)


def _condition(wanted: OfferFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if not wanted.include_removed:
        conditions.append(offers.c.removed_at.is_(None))
    if wanted.account is not None:
        conditions.append(offers.c.account == wanted.account)
    if wanted.statuses:
        conditions.append(offers.c.status.in_(wanted.statuses))
    if wanted.sellable is not None:
        conditions.append(offers.c.sellable.is_(wanted.sellable))
    if wanted.max_stock is not None:
        conditions.append(offers.c.stock <= wanted.max_stock)
    if wanted.search:
        conditions.append(_matches(wanted.search))
    return and_(offers.c.account.is_not(None), *conditions)


def _matches(term: str) -> ColumnElement[bool]:
    # One call of the folding function for each row instead of five; the term has no line end, so no
    # match reaches from one column into the next.
    text: ColumnElement[Any] = func.coalesce(_SEARCHED[0], "")
    for column in _SEARCHED[1:]:
        text = text + "\n" + func.coalesce(column, "")
    return contains(text, term.strip().replace("\n", " "))


def _offer(row: Any) -> Offer:
    values = {name: getattr(row, name) for name in PUBLIC_FIELDS}
    values["eans"] = tuple(row.eans.split())
    values["not_sellable"] = tuple(row.not_sellable.split())
    return Offer.model_validate(values)


def _remarks(stored: str | None) -> tuple[OfferRemark, ...]:
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
