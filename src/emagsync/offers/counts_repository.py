"""The numbers of the local copy that are kept (`counts`): adding to them, reading them, and counting them anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import case, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.db.lists import listed, texts_in
from emagsync.db.ready import Question, ReadySelect, ask
from emagsync.offers.counts import STATE_COLUMNS, State, tally
from emagsync.offers.tables import offer_counts, offers

# By account, then by `what`.
Numbers = Mapping[str, Mapping[str, int]]

_kept = offer_counts.c
_add = BulkInsert(offer_counts, list(_kept), key=(_kept.account, _kept.what), add=(_kept.number,))
_insert = BulkInsert(offer_counts, list(_kept))
_all_kept = ReadySelect(select(_kept.account, _kept.what, _kept.number).where(_kept.number != 0), is_short=True)
_sums = select(_kept.what, func.sum(_kept.number).label("number")).group_by(_kept.what)
_sums = _sums.where(_kept.what.in_(texts_in("whats")))
_summed = ReadySelect(_sums, is_short=True)
_summed_of_some = ReadySelect(_sums.where(_kept.account.in_(texts_in("accounts"))), is_short=True)
_has_stock: Final = case((offers.c.stock <= 0, 0), else_=1).label("stock")
_is_removed: Final = offers.c.removed_at.is_not(None).label("is_removed")


async def add(connection: AsyncConnection, account: str, changes: Mapping[str, int]) -> None:
    """Add to the numbers of an account, by `what`. On PostgreSQL the caller holds the lock of the change log."""
    rows = [(account, what, number) for what, number in sorted(changes.items())]
    await _add.run_with_next(connection, rows)


async def kept_numbers(connection: AsyncConnection, accounts: Collection[str] = ()) -> Numbers:
    """The numbers of all accounts, or of some; those that are 0 are left out."""
    return numbers_of(await _all_kept.run(connection), accounts)


# What `numbers_of` reads.
ALL_KEPT: Final[Question] = (_all_kept, {})


def numbers_of(rows: Iterable[Any], accounts: Collection[str] = ()) -> Numbers:
    """As `kept_numbers`, of the rows of ALL_KEPT."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for account, what, number in rows:
        if not accounts or account in accounts:
            found[account][what] = number
    return found


async def sum_of(connection: AsyncConnection, terms: Mapping[str, int], accounts: Collection[str] = ()) -> int:
    """The sum of these numbers, each times its factor, over all accounts, or over some."""
    [rows] = await ask(connection, summed(terms, accounts))
    return sum_in(rows, terms)


def summed(terms: Mapping[str, int], accounts: Collection[str] = ()) -> Question:
    """What `sum_in` reads: the numbers of these, of all accounts or of some."""
    whats = {"whats": listed(terms)}
    return (_summed_of_some, {**whats, "accounts": listed(accounts)}) if accounts else (_summed, whats)


def sum_in(rows: Iterable[Any], terms: Mapping[str, int]) -> int:
    """The sum of the numbers, each times its factor."""
    return sum(terms[row.what] * int(row.number) for row in rows)


async def counted_numbers(connection: AsyncConnection) -> Numbers:
    """The same as `kept_numbers`, counted in the offers themselves."""
    columns = [_has_stock if name == "stock" else offers.c[name] for name in STATE_COLUMNS]
    query = select(offers.c.account, _is_removed, func.count().label("number"), *columns)
    rows = await connection.execute(query.group_by(offers.c.account, _is_removed, *columns))
    states: dict[str, dict[State, int]] = defaultdict(dict)
    removed: dict[str, int] = defaultdict(int)
    for account, is_removed, number, *state in rows:
        if is_removed:
            removed[account] += number
        else:
            states[account][tuple(state)] = number
    return {account: tally(states.get(account, {}), removed[account]) for account in {*states, *removed}}


async def recount(connection: AsyncConnection) -> None:
    """Keep what is counted in the offers, whatever was kept before. Nobody else may write offers meanwhile."""
    counted = await counted_numbers(connection)
    await connection.execute(delete(offer_counts))
    rows: list[tuple[Any, ...]] = [
        (account, what, number)
        for account, numbers in sorted(counted.items())
        for what, number in sorted(numbers.items())
    ]
    await _insert.run(connection, rows)
