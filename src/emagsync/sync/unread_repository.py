"""The offers that a run should have read and did not: what the copy has and nobody has seen since the run began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.offers.tables import offers

_ACTIVE = 1


class UnreadOffer(NamedTuple):
    """An offer of the copy that is not known to be as it is there."""

    product_id: int
    emag_id: int
    part_number: str | None
    name: str | None


async def unread_offers(
    connection: AsyncConnection, account: str, *, since: datetime, only_active: bool, limit: int
) -> tuple[Sequence[UnreadOffer], int]:
    """Offers of the account that were not seen at `since` or later, at most `limit` of them by eMAG's id, and how many
    there are. `only_active`: of those that are active in the copy, for a run that reads no others."""
    unseen = [offers.c.account == account, offers.c.removed_at.is_(None), offers.c.last_seen_at < since]
    if only_active:
        unseen.append(offers.c.status == _ACTIVE)
    columns = (offers.c.id, offers.c.emag_id, offers.c.part_number, offers.c.name)
    query = select(*columns, func.count().over()).where(*unseen).order_by(offers.c.emag_id).limit(limit)
    rows = (await connection.execute(query)).all()
    return [UnreadOffer(*row[:4]) for row in rows], rows[0][4] if rows else 0
