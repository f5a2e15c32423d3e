"""Reading the change log."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import ColumnElement, ScalarSelect, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.numbering import last_number
from emagsync.offers.currency_repository import with_currencies
from emagsync.offers.schemas import OfferChange
from emagsync.offers.tables import offer_changes

# Looking through more changes than that takes longer than most counts.
_MOST_CHANGES: Final = 5_000


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
    found = await with_currencies(connection, [row._asdict() for row in rows], account="account")
    return tuple(OfferChange.model_validate(row) for row in found)


async def newest_change(connection: AsyncConnection) -> int:
    """The newest `seq` of the change log, or 0."""
    return await connection.scalar(select(newest_seq())) or 0


async def window_end(connection: AsyncConnection, after: int, *, limit: int) -> int:
    """The `seq` of the last of the next `limit` changes after `after`; `after` when there is none."""
    window = select(offer_changes.c.seq).where(offer_changes.c.seq > after).order_by(offer_changes.c.seq).limit(limit)
    return await connection.scalar(select(func.max(window.subquery().c.seq))) or after


async def last_given(connection: AsyncConnection) -> int:
    """The last `seq` that was given, also to a change that is gone with its account; or 0."""
    return await last_number(connection, offer_changes)


async def check_of(connection: AsyncConnection, seq: int) -> str | None:
    """8 hex characters that are others for another change with the same number; None when there is no such change."""
    columns = offer_changes.c
    query = select(
        columns.account, columns.emag_id, columns.field, columns.old, columns.new, columns.at, columns.run_id
    ).where(columns.seq == seq)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    values = (value.isoformat() if isinstance(value, datetime) else value for value in row)
    return hashlib.blake2b(orjson.dumps(list(values)), digest_size=4).hexdigest()


async def newest_and_changed(connection: AsyncConnection, *, since: int, fields: Collection[str]) -> tuple[int, bool]:
    """The newest `seq`, and whether one of `fields` may have changed after `since`."""
    newest, changed = (await connection.execute(select(newest_seq(), changed_after(since, fields)))).one()
    return newest, changed or not is_near(since, newest)


def newest_seq() -> ScalarSelect[int]:
    """The newest `seq` of the change log or 0, as a column of another statement."""
    return select(func.coalesce(func.max(offer_changes.c.seq), 0)).scalar_subquery()


def changed_after(seq: int | ColumnElement[int], fields: Collection[str]) -> ColumnElement[bool]:
    """Whether one of the next changes after `seq`, of those that `is_near` covers, is of one of `fields`."""
    numbers = offer_changes.c.seq
    looked_through = select(numbers).where(numbers > seq, numbers <= seq + _MOST_CHANGES)
    # No `IN`, whose values SQLAlchemy writes out each time: a page's statement could not be ready (`ReadySelect`).
    is_of_them = or_(false(), *(offer_changes.c.field == field for field in sorted(fields)))
    return looked_through.where(is_of_them).exists()


def is_near(seq: int, newest: int) -> bool:
    """Whether `changed_after(seq, ...)` looks through all changes up to `newest`."""
    return newest - seq <= _MOST_CHANGES
