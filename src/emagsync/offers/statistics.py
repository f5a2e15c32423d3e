"""Totals of the local copy by account, from the numbers that are kept with it: nothing is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from emagsync.db.engine import Database
from emagsync.db.ready import Answering, Question
from emagsync.offers import counts, counts_repository, sightings_repository
from emagsync.offers.schemas import AccountTotals


async def account_totals(database: Database) -> dict[str, AccountTotals]:
    """As `read_totals`, and nothing else."""
    totals, _ = await read_totals(database)
    return totals


async def read_totals(source: Answering, *others: Question) -> tuple[dict[str, AccountTotals], list[Sequence[Any]]]:
    """The totals of the local copy by account; one without rows is left out. And the answers to other questions, which
    are asked along with it."""
    rows, seen, *told = await source.ask(counts_repository.ALL_KEPT, sightings_repository.OLDEST, *others)
    kept = counts_repository.numbers_of(rows)
    oldest = sightings_repository.oldest_of(seen)
    totals = {account: _totals(account, numbers, oldest.get(account)) for account, numbers in sorted(kept.items())}
    return totals, told


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
