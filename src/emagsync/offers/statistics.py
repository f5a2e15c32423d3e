"""Totals of the local copy by account, counted only when something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.offers.change_repository import newest_and_changed, newest_change
from emagsync.offers.records import LIFECYCLE
from emagsync.offers.schemas import AccountTotals
from emagsync.offers.statistics_repository import Counts, OldestOffers, count_offers, find_oldest, refresh_oldest

_COUNTED: Final = (LIFECYCLE, "status", "sellable", "stock", "validation_status", "offer_validation_status", "currency")


class _Counted(NamedTuple):
    change: int  # the newest `seq` of the change log when they were counted
    counts: Counts


class OfferStatistics:
    """The totals of every account, counted again only when something of them has changed. One for a database's server.

    Nothing is out of date: every call looks whether what is remembered still holds. Calls that come while somebody
    counts wait for that count.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._counted: _Counted | None = None
        # Seeing an offer makes it newer than all others. So the one that was seen longest ago is among those that were
        # found to be the oldest, until all of these were seen.
        self._oldest: dict[str, OldestOffers] = {}

    async def read(self) -> dict[str, AccountTotals]:
        """By account; one without rows is left out."""
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
    """The totals of the local copy by account; one without rows is left out."""
    return await OfferStatistics(database).read()


async def _counted_by(connection: AsyncConnection, known: _Counted | None) -> _Counted:
    if known is None:
        return _Counted(await newest_change(connection), await count_offers(connection))
    newest, changed = await newest_and_changed(connection, since=known.change, fields=_COUNTED)
    return _Counted(newest, await count_offers(connection) if changed else known.counts)


async def _oldest_by(
    connection: AsyncConnection, accounts: Collection[str], known: Mapping[str, OldestOffers]
) -> dict[str, OldestOffers]:
    """The oldest offers of each account; `known` are those that were found last time."""
    found = {}
    for account in accounts:
        before = known.get(account)
        still = None if before is None else await refresh_oldest(connection, account, before)
        found[account] = await find_oldest(connection, account) if still is None else still
    return found
