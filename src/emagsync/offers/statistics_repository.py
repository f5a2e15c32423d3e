"""Counting the local copy by account, and finding the offers that were seen longest ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkSelect, among
from emagsync.db.search_index import by_walking
from emagsync.db.types import UtcDateTime
from emagsync.offers.change_kinds import REJECTED_STATUSES
from emagsync.offers.tables import FACETS, REMOVED, offers

# eMAG's documentation, of the offer itself: 2 invalid price.
_INVALID_PRICE: Final = 2
_OLDEST: Final = 1_000  # ten pages of a run
_COUNTED: Final = ("offers", "active", "sellable", "out_of_stock", "rejected")

# By account, then by the names of `AccountTotals`.
Counts = Mapping[str, Mapping[str, Any]]


class OldestOffers(NamedTuple):
    """The offers of an account that were seen longest ago: their ids, and when the first of them was seen.

    `until` is when the last of them was seen at the time they were found: all other offers were seen then or later.
    """

    ids: tuple[int, ...]
    seen_at: datetime
    until: datetime


_first_seen = BulkSelect(
    select(func.min(offers.c.last_seen_at).label("seen_at")).where(
        among(offers.c.account, offers.c.emag_id),
        offers.c.removed_at.is_(None),
        offers.c.last_seen_at <= bindparam("until", type_=UtcDateTime),
    )
)


async def count_offers(connection: AsyncConnection) -> Counts:
    """The counts of every account that has rows: all of `AccountTotals` but `oldest_seen_at`."""
    columns = offers.c
    number = func.count()
    rejected = or_(columns.validation_status.in_(REJECTED_STATUSES), columns.offer_validation_status == _INVALID_PRICE)
    present = (
        select(
            columns.account,
            columns.currency,
            number.label("offers"),
            number.filter(columns.status == 1).label("active"),
            number.filter(columns.sellable).label("sellable"),
            number.filter(columns.stock <= 0).label("out_of_stock"),
            number.filter(rejected).label("rejected"),
        )
        .where(columns.removed_at.is_(None))
        .group_by(columns.account, columns.currency)
    )
    removed = select(columns.account, number.label("removed")).where(columns.removed_at.is_not(None))
    removed = removed.group_by(columns.account)
    rows = (await connection.execute(by_walking(present, offers, FACETS))).all()
    gone = {row.account: row.removed for row in await connection.execute(by_walking(removed, offers, REMOVED))}
    return {
        name: {**_together([row for row in rows if row.account == name]), "removed": gone.get(name, 0)}
        for name in sorted({*gone, *(row.account for row in rows)})
    }


def _together(by_currency: Sequence[Row[Any]]) -> dict[str, Any]:
    """The counts of one account, over its currencies and by them."""
    summed = {name: sum(getattr(row, name) for row in by_currency) for name in _COUNTED}
    return {
        **summed,
        "currencies": {row.currency: row.offers for row in sorted(by_currency, key=lambda row: row.currency)},
    }


async def refresh_oldest(connection: AsyncConnection, account: str, known: OldestOffers) -> OldestOffers | None:
    """`known` as it is now; None when all of them are gone, or were seen after others may have been."""
    [row] = await _first_seen.run(connection, known.ids, of_account=account, until=known.until)
    return None if row.seen_at is None else known._replace(seen_at=row.seen_at)


async def find_oldest(connection: AsyncConnection, account: str) -> OldestOffers:
    """Read all rows of an account, which must have some: the column changes in every run, so no index holds it."""
    columns = offers.c
    present = (columns.account == account, columns.removed_at.is_(None))
    query = select(columns.emag_id, columns.last_seen_at).where(*present).order_by(columns.last_seen_at)
    rows = (await connection.execute(query.limit(_OLDEST))).all()
    return OldestOffers(tuple(row.emag_id for row in rows), rows[0].last_seen_at, rows[-1].last_seen_at)
