"""Login throttling by user name and by address, stored in the database so that a restart resets nothing.

An attempt is counted as wrong before its password is verified, and uncounted when it was right: otherwise a hundred
attempts at once would all be judged by the count from before the first. Five wrong ones in a row block the name, and
the address, for 5 s; each further one for twice as long, up to 15 minutes. Attempts while blocked are not counted, so
nobody can keep another person out for longer by going on. A count is forgotten an hour after its last wrong login.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.identity import throttle_repository as repository
from emagsync.identity.errors import LoginSlowedDown
from emagsync.identity.throttle_repository import LoginFailures

FREE_FAILURES = 5
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
MOST_ROWS = 10_000


def wait_after(failures: int) -> timedelta | None:
    """How long the next attempt has to wait after this many wrong ones in a row; None for not at all."""
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


class LoginThrottle:
    """Counts wrong logins and refuses attempts that come too early.

    `most_rows` bounds what an attacker with many names can make it store.
    """

    def __init__(self, database: Database, clock: Clock, *, most_rows: int = MOST_ROWS) -> None:
        self._database = database
        self._clock = clock
        self._most_rows = most_rows

    async def charge(self, username: str, address: str) -> None:
        """Count an attempt as wrong. Raises LoginSlowedDown, without counting, when it comes too early."""
        keys = (_user_key(username), _address_key(address))
        counted = False
        while not counted:
            # Violated when another transaction began to count the same key meanwhile: then add to its count.
            with suppress(ConstraintViolated):
                async with self._database.transaction() as connection:
                    await self._charge(connection, keys)
                counted = True

    async def _charge(self, connection: AsyncConnection, keys: Iterable[str]) -> None:
        now = self._clock.now()
        await repository.forget_older(connection, now - FORGOTTEN_AFTER)
        # Sorted, so that two attempts that share both keys lock them in the same order.
        found = {key: await repository.find(connection, key) for key in sorted(keys)}
        blocked = [row.blocked_until for row in found.values() if row and row.blocked_until and row.blocked_until > now]
        if blocked:
            raise LoginSlowedDown(math.ceil((max(blocked) - now).total_seconds()))
        for key, row in found.items():
            if row is None:
                await repository.add(connection, key, _counted(1, now), at=now)
            else:
                await repository.change(connection, key, _counted(row.failures + 1, now), at=now)
        await repository.keep_newest(connection, self._most_rows)

    async def refund(self, username: str, address: str) -> None:
        """Take back a charge, because the password was right: forget the name's failures.

        They are taken off the address's count too, but no more: its other failures may be guesses at other names.
        """
        async with self._database.transaction() as connection:
            own = await repository.find(connection, _user_key(username))
            await repository.forget(connection, _user_key(username))
            await repository.reduce(connection, _address_key(address), by=own.failures if own else 0)


def _counted(failures: int, now: datetime) -> LoginFailures:
    wait = wait_after(failures)
    return LoginFailures(failures, None if wait is None else now + wait)


def _user_key(username: str) -> str:
    # Hashed, because people sometimes type their password where the name belongs.
    return "user:" + hashlib.sha256(username.encode()).hexdigest()


def _address_key(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:" + address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        # By /64, which is what one customer has: single addresses could be changed with every attempt.
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
