"""Reading the change log."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.offers.product_schemas import ProductChange
from emagsync.offers.schemas import OfferChange
from emagsync.offers.tables import offer_changes, offers

# Looking through more changes than that takes longer than most counts.
_MOST_CHANGES: Final = 5_000

_product_changes = select(
    offer_changes.c.seq,
    offers.c.id.label("product_id"),
    offer_changes.c.account.label("account_type"),
    offer_changes.c.emag_id,
    offer_changes.c.field,
    offer_changes.c.old,
    offer_changes.c.new,
    offer_changes.c.at,
    offer_changes.c.source,
    offer_changes.c.run_id,
).outerjoin(offers, and_(offers.c.account == offer_changes.c.account, offers.c.emag_id == offer_changes.c.emag_id))


async def changes_after(
    connection: AsyncConnection, after: int, *, limit: int, accounts: Collection[str] = ()
) -> list[ProductChange]:
    """The first `limit` changes whose `seq` is above `after`, oldest first, of all accounts or of some."""
    query = _product_changes.where(offer_changes.c.seq > after).order_by(offer_changes.c.seq).limit(limit)
    if accounts:
        query = query.where(offer_changes.c.account.in_(accounts))
    return await _read(connection, query)


async def product_changes(
    connection: AsyncConnection, account: str, emag_id: int, *, limit: int, before: int | None = None
) -> list[ProductChange]:
    """The newest `limit` changes of one offer, or those whose `seq` is below `before`; newest first."""
    query = (
        _product_changes.where(offer_changes.c.account == account, offer_changes.c.emag_id == emag_id)
        .order_by(offer_changes.c.seq.desc())
        .limit(limit)
    )
    return await _read(connection, query if before is None else query.where(offer_changes.c.seq < before))


async def offer_changes_of(
    connection: AsyncConnection, account: str, emag_id: int, *, limit: int
) -> tuple[OfferChange, ...]:
    """The newest `limit` changes of one offer, newest first, under the names of the local copy."""
    rows = await connection.execute(
        select(offer_changes)
        .where(offer_changes.c.account == account, offer_changes.c.emag_id == emag_id)
        .order_by(offer_changes.c.seq.desc())
        .limit(limit)
    )
    return tuple(OfferChange.model_validate(dict(row)) for row in rows.mappings())


async def newest_change(connection: AsyncConnection) -> int:
    """The newest `seq` of the change log, or 0."""
    return await connection.scalar(select(newest_seq())) or 0


async def newest_and_changed(connection: AsyncConnection, *, since: int, fields: Collection[str]) -> tuple[int, bool]:
    """The newest `seq`, and whether one of `fields` may have changed after `since`."""
    newest, changed = (await connection.execute(select(newest_seq(), changed_after(since, fields)))).one()
    return newest, changed or not is_near(since, newest)


def newest_seq() -> ScalarSelect[int]:
    """The newest `seq` of the change log or 0, as a column of another statement."""
    return select(func.coalesce(func.max(offer_changes.c.seq), 0)).scalar_subquery()


def changed_after(seq: int, fields: Collection[str]) -> ColumnElement[bool]:
    """Whether one of the next changes after `seq`, of those that `is_near` covers, is of one of `fields`."""
    numbers = offer_changes.c.seq
    looked_through = select(numbers).where(numbers > seq, numbers <= seq + _MOST_CHANGES)
    return looked_through.where(offer_changes.c.field.in_(fields)).exists()


def is_near(seq: int, newest: int) -> bool:
    """Whether `changed_after(seq, ...)` looks through all changes up to `newest`."""
    return newest - seq <= _MOST_CHANGES


async def _read(connection: AsyncConnection, query: Select[tuple[object, ...]]) -> list[ProductChange]:
    rows = (await connection.execute(query)).mappings()
    return [ProductChange.model_validate(dict(row)) for row in rows]
