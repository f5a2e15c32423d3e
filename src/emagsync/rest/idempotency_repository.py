"""All SQL of idempotency keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import insert_of
from emagsync.rest.tables import idempotency_keys

# How long an answer is kept, and a key that was never answered remembered.
KEPT: Final = timedelta(hours=24)

_table = idempotency_keys.c


class Claim(NamedTuple):
    """The right to handle the request that a caller sent with a key: no other call has it."""

    owner: str
    key: str
    id: str


class Known(NamedTuple):
    """What is known of a key that was claimed before. `status` and `answer` are None until it is answered."""

    alive_at: datetime
    status: int | None
    answer: str | None


async def claim(connection: AsyncConnection, wanted: Claim, *, now: datetime) -> Known | None:
    """Take a key that nobody has; None when that worked, else what is known of it.

    A key that nothing was heard of for longer than `KEPT` counts as new. Of calls at the same time, in whichever
    processes, one gets it: the others wait for its transaction.
    """
    of_key = and_(_table.owner == wanted.owner, _table.key == wanted.key)
    await connection.execute(delete(idempotency_keys).where(of_key, _table.alive_at < now - KEPT))
    values = {"owner": wanted.owner, "key": wanted.key, "claim": wanted.id, "alive_at": now}
    insert = insert_of(connection.dialect)(idempotency_keys)
    taken = await connection.execute(insert.values(**values).on_conflict_do_nothing())
    if taken.rowcount == 1:
        return None
    row = (await connection.execute(select(_table.alive_at, _table.status, _table.answer).where(of_key))).one_or_none()
    # Released between the two statements: to be claimed by the next attempt.
    return Known(now, None, None) if row is None else Known(*row)


async def renew(connection: AsyncConnection, held: Claim, *, now: datetime) -> None:
    """Note that the request is still being handled."""
    await connection.execute(update(idempotency_keys).where(_is_held(held)).values(alive_at=now))


async def keep(connection: AsyncConnection, held: Claim, *, status: int, answer: str, now: datetime) -> None:
    """Keep the answer for who sends the request again."""
    answered = update(idempotency_keys).where(_is_held(held)).values(status=status, answer=answer, alive_at=now)
    await connection.execute(answered)


async def release(connection: AsyncConnection, held: Claim) -> None:
    """Give the key back, as if it had never been used."""
    await connection.execute(delete(idempotency_keys).where(_is_held(held)))


async def prune(connection: AsyncConnection, *, now: datetime) -> int:
    """Delete the keys that nothing was heard of for longer than `KEPT`; returns how many."""
    return (await connection.execute(delete(idempotency_keys).where(_table.alive_at < now - KEPT))).rowcount


async def count(connection: AsyncConnection, owner: str) -> int:
    """How many keys of this caller are kept."""
    of_owner = select(func.count()).select_from(idempotency_keys).where(_table.owner == owner)
    return await connection.scalar(of_owner) or 0


async def forget_oldest(connection: AsyncConnection, owner: str, *, most: int, before: datetime) -> int:
    """Delete the caller's oldest answered keys, at most so many and only those that were answered before that time;
    returns how many. Those that another call deletes meanwhile are left to it."""
    oldest = (
        select(_table.key)
        .where(_table.owner == owner, _table.status.is_not(None), _table.alive_at < before)
        .order_by(_table.alive_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    of_them = delete(idempotency_keys).where(_table.owner == owner, _table.key.in_(oldest))
    return (await connection.execute(of_them)).rowcount


async def oldest_answer(connection: AsyncConnection, owner: str) -> datetime | None:
    """When the oldest of the caller's answered keys was answered; None where none is."""
    answered = select(func.min(_table.alive_at)).where(_table.owner == owner, _table.status.is_not(None))
    oldest: datetime | None = await connection.scalar(answered)
    return oldest


def _is_held(held: Claim) -> ColumnElement[bool]:
    return and_(_table.owner == held.owner, _table.key == held.key, _table.claim == held.id)
