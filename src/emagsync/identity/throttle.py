"""Slowing down whoever guesses passwords, by name and by address, in the database so that a restart resets nothing.

An attempt is counted as wrong before its password is looked at, and given back when it was right: a hundred attempts
at once cannot all be judged by the count from before the first. Five wrong ones in a row block the name, and the
address, for 5 s; each further one for twice as long, up to 15 minutes. While blocked nothing is counted, so nobody can
keep another person out for longer by going on. What an hour went by without is forgotten.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.identity.errors import LoginSlowedDown
from emagsync.identity.tables import login_failures

FREE_FAILURES = 5
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
MOST_ROWS = 10_000


def wait_after(failures: int) -> timedelta | None:
    """How long the next attempt has to wait after so many wrong ones in a row; None for not at all."""
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class LoginThrottle:
    """Counts wrong logins. `most_rows` bounds what an attacker with many names can make it store."""

    def __init__(self, database: Database, clock: Clock, *, most_rows: int = MOST_ROWS) -> None:
        self._database = database
        self._clock = clock
        self._most_rows = most_rows

    async def charge(self, username: str, address: str) -> None:
        """Count an attempt as wrong. Raises LoginSlowedDown, without counting, when it comes too early."""
        keys = (_user_key(username), _address_key(address))
        counted = False
        while not counted:
            # Refused when another process made the same row first: then count on that one.
            with suppress(ConstraintViolated):
                async with self._database.transaction() as connection:
                    await self._charge(connection, keys)
                counted = True

    async def _charge(self, connection: AsyncConnection, keys: Iterable[str]) -> None:
        now = self._clock.now()
        await connection.execute(delete(login_failures).where(login_failures.c.last_at <= now - FORGOTTEN_AFTER))
        rows = [await _find(connection, key) for key in sorted(keys)]
        blocked = [until for _, _, until in rows if until is not None and until > now]
        if blocked:
            raise LoginSlowedDown(math.ceil((max(blocked) - now).total_seconds()))
        for key, failures, _ in rows:
            await _store(connection, key, failures, failures + 1, now)
        await self._bound(connection)

    async def refund(self, username: str, address: str) -> None:
        """The attempt was right: forget the name's wrong ones, and take them off the address's."""
        async with self._database.transaction() as connection:
            key = _user_key(username)
            _, own, _ = await _find(connection, key)
            await connection.execute(delete(login_failures).where(login_failures.c.key == key))
            _, failures, _ = await _find(connection, _address_key(address))
            statement = update(login_failures).where(login_failures.c.key == _address_key(address))
            await connection.execute(statement.values(failures=max(0, failures - own), blocked_until=None))

    async def _bound(self, connection: AsyncConnection) -> None:
        count = (await connection.execute(select(func.count()).select_from(login_failures))).scalar_one()
        if count > self._most_rows:
            oldest = select(login_failures.c.key).order_by(login_failures.c.last_at).limit(count - self._most_rows)
            await connection.execute(delete(login_failures).where(login_failures.c.key.in_(oldest)))


async def _find(connection: AsyncConnection, key: str) -> tuple[str, int, datetime | None]:
    statement = select(login_failures).where(login_failures.c.key == key).with_for_update()
    row = (await connection.execute(statement)).one_or_none()
    return (key, 0, None) if row is None else (key, row.failures, row.blocked_until)


async def _store(connection: AsyncConnection, key: str, before: int, failures: int, now: datetime) -> None:
    wait = wait_after(failures)
    values = {"failures": failures, "last_at": now, "blocked_until": None if wait is None else now + wait}
    if before == 0:
        await connection.execute(delete(login_failures).where(login_failures.c.key == key))
        await connection.execute(insert(login_failures).values(key=key, **values))
    else:
        await connection.execute(update(login_failures).where(login_failures.c.key == key).values(**values))


def _user_key(username: str) -> str:
    # Hashed, because people type their password where the name belongs.
    return "user:" + hashlib.sha256(username.encode()).hexdigest()


def _address_key(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:" + address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        # One customer has a whole /64 to send from.
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
