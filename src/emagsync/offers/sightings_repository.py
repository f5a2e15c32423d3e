"""When the offers of the local copy were seen last, kept by the moment: how many, and which ids they are among.

`offers.last_seen_at` changes with every run, so no index may hold it. A page of a run sees its offers at one moment:
there is a row of `offer_sightings` for each moment at which offers were seen last, a hundredth of the offers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Select, bindparam, cast, column, delete, func, literal, literal_column, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkDelete, BulkInsert, BulkSelect, among
from emagsync.db.lists import each_text, listed, texts_in
from emagsync.db.ready import Question, ReadySelect, ask
from emagsync.offers import counts
from emagsync.offers.tables import offer_counts, offer_sightings, offers

_kept = offer_sightings.c
_add = BulkInsert(offer_sightings, list(_kept), key=(_kept.account, _kept.seen_at), add=(_kept.number, _kept.ids))
_forget_empty = BulkDelete(offer_sightings, (_kept.account, _kept.seen_at), where=_kept.number == 0)

_present = among(offers.c.account, offers.c.emag_id) & offers.c.removed_at.is_(None)
# Locked in the order of their ids, so that two writers that meet the same offers never wait for each other.
_locked = select(offers.c.last_seen_at).where(_present).order_by(offers.c.emag_id).with_for_update().subquery()
_seen = BulkSelect(select(_locked.c.last_seen_at, func.count().label("number")).group_by(_locked.c.last_seen_at))

# For each account its first row, where grouping would go through all.
_first = (
    select(func.min(_kept.seen_at))
    .where(_kept.account == offer_counts.c.account, _kept.number > 0)
    .correlate(offer_counts)
    .scalar_subquery()
    .label("seen_at")
)
_oldest = ReadySelect(select(offer_counts.c.account, _first).where(offer_counts.c.what == counts.OFFERS), is_short=True)

# As the partial index says it, and account by account: it has the rows of each in order.
_count_before = (
    select(func.coalesce(func.sum(_kept.number), 0).label("number"))
    .join_from(offer_counts, offer_sightings, _kept.account == offer_counts.c.account)
    .where(offer_counts.c.what == counts.OFFERS, literal_column("offer_sightings.number") > literal_column("0"))
    .where(_kept.seen_at < bindparam("moment", type_=_kept.seen_at.type))
)
_before_moment = ReadySelect(_count_before, is_short=True)
_before_of_some = ReadySelect(_count_before.where(_kept.account.in_(texts_in("accounts"))), is_short=True)

# How many offers are worth looking up by their ids instead of looking into all.
FEW: Final = 10_000

Seen = Mapping[datetime, int]


async def lock_seen(connection: AsyncConnection, account: str, ids: Sequence[int]) -> Seen:
    """How many of the offers `ids` that are not removed were seen last at each moment; locks them."""
    if not ids:
        return {}
    return {row.last_seen_at: row.number for row in await _seen.run(connection, ids, of_account=account)}


async def note(connection: AsyncConnection, account: str, before: Seen, seen_at: datetime, ids: Sequence[int]) -> None:
    """Offers that were seen last as `before` says are seen last at `seen_at` now: `ids`, which may hold new ones."""
    if not ids:
        return
    left = {moment: number for moment, number in before.items() if moment != seen_at}
    gained = len(ids) - before.get(seen_at, 0)
    rows = [(account, moment, -number, "") for moment, number in left.items()]
    rows.append((account, seen_at, gained, _listed(ids)))
    await _change(connection, account, rows)


async def forget(connection: AsyncConnection, account: str, seen: Iterable[datetime]) -> None:
    """Offers that were seen last at these moments, one for each, are removed."""
    numbers: dict[datetime, int] = defaultdict(int)
    for moment in seen:
        numbers[moment] += 1
    await _change(connection, account, [(account, moment, -number, "") for moment, number in numbers.items()])


# What `oldest_of` reads.
OLDEST: Final[Question] = (_oldest, {})


def oldest_of(rows: Iterable[Any]) -> dict[str, datetime]:
    """When the offer of each account was seen that was not seen for longest, of the rows of OLDEST."""
    return {row.account: row.seen_at for row in rows if row.seen_at is not None}


async def count_before(connection: AsyncConnection, moment: datetime, accounts: Collection[str] = ()) -> int:
    """How many offers were seen last before `moment`."""
    [rows] = await ask(connection, counted_before(moment, accounts))
    return number_in(rows)


def counted_before(moment: datetime, accounts: Collection[str] = ()) -> Question:
    """What `number_in` reads: how many offers were seen last before `moment`, of all accounts or of some."""
    given = {"moment": moment}
    return (_before_of_some, {**given, "accounts": listed(accounts)}) if accounts else (_before_moment, given)


def number_in(rows: Sequence[Any]) -> int:
    """The number."""
    return int(rows[0].number)


def keys_before(moment: datetime, accounts: Collection[str] = ()) -> Select[Any]:
    """Keys `(account, emag_id)` that hold those of all offers that were seen last before `moment`, and others."""
    ids = each_text(literal("[0") + _kept.ids + literal("]")).table_valued(column("value"))
    query = select(_kept.account, cast(ids.c.value, BigInteger)).select_from(offer_sightings).join(ids, true())
    return query.where(*_before(moment, accounts))


def _before(moment: datetime, accounts: Collection[str]) -> list[Any]:
    bounds = [_kept.number > 0, _kept.seen_at < moment]
    return [*bounds, _kept.account.in_(sorted(accounts))] if accounts else bounds


async def counted(connection: AsyncConnection) -> dict[tuple[str, datetime], int]:
    """How many offers of each account were seen last at each moment, counted in the offers themselves."""
    number = func.count().label("number")
    query = select(offers.c.account, offers.c.last_seen_at, number).where(offers.c.removed_at.is_(None))
    rows = await connection.execute(query.group_by(offers.c.account, offers.c.last_seen_at))
    return {(row.account, row.last_seen_at): row.number for row in rows}


async def kept(connection: AsyncConnection) -> dict[tuple[str, datetime], int]:
    """The same, as it is kept."""
    rows = await connection.execute(select(_kept.account, _kept.seen_at, _kept.number).where(_kept.number != 0))
    return {(row.account, row.seen_at): row.number for row in rows}


async def recount(connection: AsyncConnection) -> None:
    """Keep what the offers say, whatever was kept before. Nobody else may write offers meanwhile."""
    await connection.execute(delete(offer_sightings))
    ids: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    query = select(offers.c.account, offers.c.last_seen_at, offers.c.emag_id).where(offers.c.removed_at.is_(None))
    for account, seen_at, emag_id in await connection.execute(query):
        ids[account, seen_at].append(emag_id)
    await _add.run(connection, [(*key, len(found), _listed(found)) for key, found in sorted(ids.items())])


async def _change(connection: AsyncConnection, account: str, rows: list[tuple[Any, ...]]) -> None:
    # In one order, as others take them.
    await _add.run_with_next(connection, sorted(rows))
    emptied = sorted((account, moment) for _, moment, number, _ in rows if number < 0)
    await _forget_empty.run_with_next(connection, emptied)


def _listed(ids: Iterable[int]) -> str:
    return "".join(f",{emag_id}" for emag_id in ids)
