"""All SQL of counting wrong logins."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.identity.tables import login_failures


class LoginFailures(NamedTuple):
    """The wrong logins of one key, since when they are counted, and until when the next attempt is refused."""

    failures: int
    since: datetime
    blocked_until: datetime | None


async def find(connection: AsyncConnection, key: str) -> LoginFailures | None:
    """The count of a key, locked until the transaction ends; None where none is kept."""
    columns = login_failures.c
    statement = select(columns.failures, columns.since, columns.blocked_until).where(columns.key == key)
    row = (await connection.execute(statement.with_for_update())).one_or_none()
    return None if row is None else LoginFailures(row.failures, row.since, row.blocked_until)


async def add(connection: AsyncConnection, key: str, count: LoginFailures, *, at: datetime) -> None:
    """Begin to count a key. ConstraintViolated comes out of the transaction when another one was first."""
    await connection.execute(insert(login_failures).values(key=key, last_at=at, **count._asdict()))


async def change(connection: AsyncConnection, key: str, count: LoginFailures, *, at: datetime) -> None:
    """Set the count of a key, whose newest wrong login was at `at`."""
    statement = update(login_failures).where(login_failures.c.key == key)
    await connection.execute(statement.values(last_at=at, **count._asdict()))


async def reduce(connection: AsyncConnection, key: str, *, by: int) -> None:
    """Take `by` wrong logins off a key's count, and let its next attempt through."""
    found = await find(connection, key)
    if found is not None:
        statement = update(login_failures).where(login_failures.c.key == key)
        await connection.execute(statement.values(failures=max(0, found.failures - by), blocked_until=None))


async def forget(connection: AsyncConnection, key: str) -> None:
    """Count a key no longer."""
    await connection.execute(delete(login_failures).where(login_failures.c.key == key))


async def forget_beginning(connection: AsyncConnection, beginning: str) -> int:
    """Count no key any longer that begins so. Returns how many there were."""
    columns = login_failures.c
    statement = delete(login_failures).where(columns.key.startswith(beginning, autoescape=True))
    return (await connection.execute(statement)).rowcount


async def bring_back(connection: AsyncConnection, now: datetime, *, latest: datetime) -> None:
    """Let no count be of later than `latest`, nor block until later: the clock was put back since it was written."""
    columns = login_failures.c
    wait = case((columns.blocked_until > latest, latest), else_=columns.blocked_until)
    statement = update(login_failures).where(or_(columns.last_at > latest, columns.blocked_until > latest))
    await connection.execute(statement.values(last_at=now, since=now, blocked_until=wait))


async def forget_older(connection: AsyncConnection, until: datetime) -> None:
    """Forget the keys whose newest wrong login was at `until` or before."""
    await connection.execute(delete(login_failures).where(login_failures.c.last_at <= until))


async def keep_newest(connection: AsyncConnection, most_rows: int) -> None:
    """Forget the oldest keys that are too many."""
    count = (await connection.execute(select(func.count()).select_from(login_failures))).scalar_one()
    if count > most_rows:
        oldest = select(login_failures.c.key).order_by(login_failures.c.last_at).limit(count - most_rows)
        await connection.execute(delete(login_failures).where(login_failures.c.key.in_(oldest)))
