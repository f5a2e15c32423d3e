"""Totals of the local copy by account, from the numbers that are kept with it: nothing is counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.offers import counts, counts_repository, sightings_repository
from emagsync.offers.schemas import AccountTotals


async def account_totals(database: Database) -> dict[str, AccountTotals]:
    """As `read_totals`, in a snapshot of its own."""
    async with database.snapshot() as connection:
        return await read_totals(connection)


async def read_totals(connection: AsyncConnection) -> dict[str, AccountTotals]:
    """The totals of the local copy by account; one without rows is left out."""
    kept = await counts_repository.kept_numbers(connection)
    oldest = await sightings_repository.oldest(connection)
    return {account: _totals(account, numbers, oldest.get(account)) for account, numbers in sorted(kept.items())}


def _totals(account: str, numbers: Mapping[str, int], oldest: datetime | None) -> AccountTotals:
    currencies = {currency: number for what, number in numbers.items() if (currency := counts.currency_of(what))}
    return AccountTotals(
        account=account,
        offers=numbers.get(counts.OFFERS, 0),
        active=numbers.get(counts.ACTIVE, 0),
        sellable=numbers.get(counts.SELLABLE, 0),
        out_of_stock=numbers.get(counts.OUT_OF_STOCK, 0),
        rejected=numbers.get(counts.REJECTED, 0),
        removed=numbers.get(counts.REMOVED, 0),
        currencies=dict(sorted(currencies.items())),
        oldest_seen_at=oldest,
    )
