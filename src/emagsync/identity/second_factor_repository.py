"""All SQL of second factors and recovery codes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.identity.tables import recovery_codes, second_factors


class StoredFactor(NamedTuple):
    """A user's second factor; `secret` is sealed, `confirmed_at` None while it is being set up."""

    secret: str
    confirmed_at: datetime | None


async def find(connection: AsyncConnection, user_id: int) -> StoredFactor | None:
    """A user's second factor, also one that is being set up; None if there is none."""
    columns = second_factors.c
    statement = select(columns.secret, columns.confirmed_at).where(columns.user_id == user_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else StoredFactor(row.secret, row.confirmed_at)


async def begin(connection: AsyncConnection, user_id: int, secret: str, at: datetime) -> None:
    """Store a second factor that is not confirmed yet, in the place of another such one.

    The transaction raises ConstraintViolated when the user has a confirmed one.
    """
    columns = second_factors.c
    await connection.execute(delete(second_factors).where(columns.user_id == user_id, columns.confirmed_at.is_(None)))
    values = {"user_id": user_id, "secret": secret, "created_at": at, "last_step": 0}
    await connection.execute(insert(second_factors).values(**values))


async def confirm(connection: AsyncConnection, user_id: int, at: datetime) -> bool:
    """Turn the second factor on that was begun. Returns whether there was one."""
    columns = second_factors.c
    statement = update(second_factors).where(columns.user_id == user_id, columns.confirmed_at.is_(None))
    return (await connection.execute(statement.values(confirmed_at=at))).rowcount == 1


async def use_step(connection: AsyncConnection, user_id: int, step: int, *, newest: int) -> bool:
    """Note that the code of a step was used. Returns False when it, or a later one, was used before.

    A used step beyond `newest` is of a clock that has been put back since: it does not count.
    """
    last = second_factors.c.last_step
    statement = update(second_factors).where(second_factors.c.user_id == user_id, (last < step) | (last > newest))
    return (await connection.execute(statement.values(last_step=step))).rowcount == 1


async def delete_factor(connection: AsyncConnection, user_id: int) -> bool:
    """Delete a user's second factor and recovery codes. Returns whether there was one."""
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    statement = delete(second_factors).where(second_factors.c.user_id == user_id)
    return (await connection.execute(statement)).rowcount == 1


async def replace_codes(connection: AsyncConnection, user_id: int, hashes: Iterable[str]) -> None:
    """Store new recovery codes, by their hashes; the ones before are good no longer."""
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    await connection.execute(insert(recovery_codes), [{"user_id": user_id, "code_hash": code} for code in hashes])


async def use_code(connection: AsyncConnection, user_id: int, code_hash: str) -> bool:
    """Use up a recovery code. Returns whether the user had it."""
    columns = recovery_codes.c
    statement = delete(recovery_codes).where(columns.user_id == user_id, columns.code_hash == code_hash)
    return (await connection.execute(statement)).rowcount == 1


async def codes_left(connection: AsyncConnection, user_id: int) -> int:
    """How many recovery codes a user has."""
    statement = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.user_id == user_id)
    return (await connection.execute(statement)).scalar_one()
