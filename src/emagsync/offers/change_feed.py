"""The change feed: every change of every offer in one order, without gaps, to be read on from a number.

A reader that keeps the last `seq` it saw misses nothing, whoever writes meanwhile: numbers are given in the order in
which the changes become visible (`emagsync.db.ordering`), and are never given twice.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.offers.errors import AfterTheEnd
from emagsync.offers.product_schemas import ProductChange
from emagsync.offers.tables import offer_changes, offers
from emagsync.offers.total_cache import newest_change

_changes = select(
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


class Stretch(NamedTuple):
    """Some changes in order, the number to go on after, and whether there are more already."""

    changes: list[ProductChange]
    next_after: int
    has_more: bool


async def read_feed(database: Database, *, after: int, limit: int, accounts: tuple[str, ...] = ()) -> Stretch:
    """The first `limit` changes whose `seq` is above `after`, of all accounts or of some. Raises AfterTheEnd."""
    query = _changes.where(offer_changes.c.seq > after).order_by(offer_changes.c.seq).limit(limit + 1)
    if accounts:
        query = query.where(offer_changes.c.account.in_(accounts))
    async with database.snapshot() as connection:
        newest = await newest_change(connection)
        if after > newest:
            raise AfterTheEnd(after, newest)
        found = await _read(connection, query)
    if len(found) > limit:
        return Stretch(found[:limit], found[limit - 1].seq, has_more=True)
    # Nothing of these accounts is between the last one found and the newest of all.
    return Stretch(found, newest, has_more=False)


async def changes_of(
    connection: AsyncConnection, account: str, emag_id: int, *, limit: int, before: int | None = None
) -> list[ProductChange]:
    """The newest `limit` changes of one offer, or those before a number; newest first."""
    query = (
        _changes.where(offer_changes.c.account == account, offer_changes.c.emag_id == emag_id)
        .order_by(offer_changes.c.seq.desc())
        .limit(limit)
    )
    return await _read(connection, query if before is None else query.where(offer_changes.c.seq < before))


async def _read(connection: AsyncConnection, query: Select[tuple[object, ...]]) -> list[ProductChange]:
    rows = (await connection.execute(query)).mappings()
    return [ProductChange.model_validate(dict(row)) for row in rows]
