"""What the local copy holds, in numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkSelect, among
from emagsync.db.engine import Database
from emagsync.db.search_index import by_walking
from emagsync.db.types import UtcDateTime
from emagsync.offers.repository import LIFECYCLE
from emagsync.offers.schemas import AccountTotals
from emagsync.offers.tables import FACETS, REMOVED, offer_changes, offers
from emagsync.offers.total_cache import changed_after, is_near

# eMAG's documentation: 5 brand rejected, 6 EAN rejected, 8 documentation rejected, 10 blocked; and, of the offer
# itself, 2 invalid price.
_REJECTED: Final = (5, 6, 8, 10)
_INVALID_PRICE: Final = 2
_COUNTED: Final = (LIFECYCLE, "status", "sellable", "stock", "validation_status", "offer_validation_status")
_OLDEST: Final = 1_000  # ten pages of a run
_NONE: Final = {"offers": 0, "active": 0, "sellable": 0, "out_of_stock": 0, "rejected": 0}

Counts = Mapping[str, Mapping[str, int]]


class _Counted(NamedTuple):
    change: int  # the log's newest then
    counts: Counts


class _Oldest(NamedTuple):
    """Offers of an account that were seen longest ago, when the first of them was, and when the last of them was when
    they were found: all other offers were seen then or later."""

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


class Statistics:
    """What the local copy holds, counted again only when something of it has changed. One for a database's server.

    Nothing is old: every call looks whether what is remembered is still so. Those that come while somebody counts
    wait for that count.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._counted: _Counted | None = None
        # Seeing an offer makes it newer than all others. So the one that was seen longest ago is among those that were
        # found to be the oldest, until all of these were seen.
        self._oldest: dict[str, _Oldest] = {}

    async def read(self) -> dict[str, AccountTotals]:
        """By account; one without rows is not there."""
        async with self._lock, self._database.snapshot() as connection:
            self._counted = await _counted_by(connection, self._counted)
            counts = self._counted.counts
            present = [account for account, numbers in counts.items() if numbers["offers"]]
            self._oldest = await _oldest_by(connection, present, self._oldest)
            oldest = self._oldest
        return {
            account: AccountTotals(
                account=account, **numbers, oldest_seen_at=oldest[account].seen_at if account in oldest else None
            )
            for account, numbers in counts.items()
        }


async def account_totals(database: Database) -> dict[str, AccountTotals]:
    """What the local copy holds, by account. An account without rows is not there."""
    return await Statistics(database).read()


async def _counted_by(connection: AsyncConnection, known: _Counted | None) -> _Counted:
    newest = select(func.coalesce(func.max(offer_changes.c.seq), 0)).scalar_subquery()
    if known is None:
        return _Counted((await connection.execute(select(newest))).scalar_one(), await _count(connection))
    change, changed = (await connection.execute(select(newest, changed_after(known.change, _COUNTED)))).one()
    is_good = not changed and is_near(known.change, change)
    return _Counted(change, known.counts if is_good else await _count(connection))


async def _count(connection: AsyncConnection) -> Counts:
    columns = offers.c
    number = func.count()
    rejected = or_(columns.validation_status.in_(_REJECTED), columns.offer_validation_status == _INVALID_PRICE)
    present = (
        select(
            columns.account,
            number.label("offers"),
            number.filter(columns.status == 1).label("active"),
            number.filter(columns.sellable).label("sellable"),
            number.filter(columns.stock <= 0).label("out_of_stock"),
            number.filter(rejected).label("rejected"),
        )
        .where(columns.removed_at.is_(None))
        .group_by(columns.account)
    )
    removed = select(columns.account, number.label("removed")).where(columns.removed_at.is_not(None))
    removed = removed.group_by(columns.account)
    found = _by_account((await connection.execute(by_walking(present, offers, FACETS))).all())
    gone = _by_account((await connection.execute(by_walking(removed, offers, REMOVED))).all())
    nothing = {"removed": 0}
    return {name: {**found.get(name, _NONE), **gone.get(name, nothing)} for name in sorted({*found, *gone})}


def _by_account(rows: Iterable[Row[Any]]) -> dict[str, dict[str, int]]:
    found = [dict(row._mapping) for row in rows]
    return {row.pop("account"): row for row in found}


async def _oldest_by(
    connection: AsyncConnection, accounts: Collection[str], known: Mapping[str, _Oldest]
) -> dict[str, _Oldest]:
    """When the offer of each of these accounts was seen that was seen longest ago; `known` is what it was last time."""
    found = {}
    for account in accounts:
        oldest = known.get(account)
        still = None if oldest is None else await _seen_among(connection, account, oldest)
        found[account] = await _sweep(connection, account) if still is None else still
    return found


async def _seen_among(connection: AsyncConnection, account: str, known: _Oldest) -> _Oldest | None:
    """The same offers again; None when all of them are gone or newer than others may be."""
    [row] = await _first_seen.run(connection, known.ids, of_account=account, until=known.until)
    return None if row.seen_at is None else known._replace(seen_at=row.seen_at)


async def _sweep(connection: AsyncConnection, account: str) -> _Oldest:
    """A sweep over the account's rows: the column changes in every run, so no index holds it."""
    columns = offers.c
    present = (columns.account == account, columns.removed_at.is_(None))
    query = select(columns.emag_id, columns.last_seen_at).where(*present).order_by(columns.last_seen_at)
    rows = (await connection.execute(query.limit(_OLDEST))).all()
    return _Oldest(tuple(row.emag_id for row in rows), rows[0].last_seen_at, rows[-1].last_seen_at)
