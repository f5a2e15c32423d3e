"""Login throttling, stored in the database so that a restart resets nothing.

The aim is that a guesser is slow and that the owner gets in all the same. So what is slowed down first is the *pair* of
a name and the address that guesses at it: five wrong logins in a row block the pair for 5 s, each further one for twice
as long, up to 15 minutes. A *known device*, from which the user has logged in before (`devices.py`), has a count of its
own, and nobody else's guesses concern it. Names and addresses as a whole are counted only against floods: 50 wrong
logins of one name, or 20 from one address, within 15 minutes close it until those are over. Whoever has the password
and guesses at the second factor's *code* is slowed down like a pair, from wherever the guesses come.

An attempt is counted as wrong before its password is verified, and uncounted when it was right: otherwise a hundred
attempts at once would all be judged by the count from before the first. Attempts while blocked are not counted, so
nobody can keep another person out for longer by going on. A count is forgotten an hour after its last wrong login. No
wait is longer than 15 minutes, whatever the clock does.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

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
FLOOD_WINDOW = LONGEST_WAIT
NAME_FLOOD = 50
ADDRESS_FLOOD = 20
FORGOTTEN_AFTER = timedelta(hours=1)
MOST_ROWS = 10_000


class Counted(Enum):
    """What is counted, each as the beginning of its keys."""

    PAIR = "pair"
    DEVICE = "device"
    CODE = "code"
    NAME = "name"
    ADDRESS = "address"


_FLOODS = {Counted.NAME: NAME_FLOOD, Counted.ADDRESS: ADDRESS_FLOOD}


@dataclass(frozen=True)
class Attempt:
    """Who tries to log in, from where. `device` is the id of a device that is known for this user; else None."""

    username: str
    address: str
    device: str | None = None

    @property
    def keys(self) -> dict[str, Counted]:
        """What a wrong password counts against."""
        name = _hashed(self.username)
        if self.device is not None:
            return {f"device:{name}:{_hashed(self.device)}": Counted.DEVICE}
        address = _network(self.address)
        return {
            f"pair:{name}:{address}": Counted.PAIR,
            f"name:{name}": Counted.NAME,
            f"address:{address}": Counted.ADDRESS,
        }

    @property
    def code_keys(self) -> dict[str, Counted]:
        """What a wrong code counts against besides. A known device has its own count, and is counted there already."""
        return {} if self.device is not None else {f"code:{_hashed(self.username)}": Counted.CODE}


def wait_after(failures: int) -> timedelta | None:
    """How long the next attempt has to wait after this many wrong ones in a row; None for not at all."""
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def after_another(found: LoginFailures | None, kind: Counted, now: datetime) -> LoginFailures:
    """The count of a key after one more wrong login."""
    flood = _FLOODS.get(kind)
    if flood is None:
        failures = 1 if found is None else found.failures + 1
        wait = wait_after(failures)
        return LoginFailures(failures, found.since if found else now, None if wait is None else now + wait)
    if found is None or not found.since <= now < found.since + FLOOD_WINDOW:
        return LoginFailures(1, now, None)
    failures = found.failures + 1
    return LoginFailures(failures, found.since, found.since + FLOOD_WINDOW if failures >= flood else None)


class LoginThrottle:
    """Counts wrong logins and refuses attempts that come too early.

    `most_rows` bounds what an attacker with many names can make it store.
    """

    def __init__(self, database: Database, clock: Clock, *, most_rows: int = MOST_ROWS) -> None:
        self._database = database
        self._clock = clock
        self._most_rows = most_rows

    async def charge(self, attempt: Attempt) -> None:
        """Count an attempt as wrong. Raises LoginSlowedDown, without counting, when it comes too early."""
        await self._count(attempt.keys)

    async def charge_code(self, attempt: Attempt) -> None:
        """Count the code of a second factor as wrong. Raises LoginSlowedDown, without counting."""
        await self._count(attempt.code_keys)

    async def refund(self, attempt: Attempt) -> None:
        """Take back all charges of a login that succeeded.

        The pair's wrong logins are taken off the counts of the name and the address too, but no more: the others may be
        guesses of somebody else's, or at other names.
        """
        async with self._database.transaction() as connection:
            own = 0
            for key, kind in {**attempt.keys, **attempt.code_keys}.items():
                if kind in _FLOODS:
                    await repository.reduce(connection, key, by=own)
                else:
                    found = await repository.find(connection, key)
                    own = found.failures if found and kind is Counted.PAIR else own
                    await repository.forget(connection, key)

    async def uncount(self, attempt: Attempt) -> None:
        """Take back this one charge: the password was right, and the code of the second factor is still to come."""
        async with self._database.transaction() as connection:
            for key in attempt.keys:
                await repository.reduce(connection, key, by=1)

    async def forgive(self, username: str) -> int:
        """Forget all that is counted against a name, from anywhere. Returns how many counts there were."""
        async with self._database.transaction() as connection:
            name = _hashed(username)
            return sum([await repository.forget_beginning(connection, f"{kind.value}:{name}") for kind in Counted])

    async def _count(self, keys: dict[str, Counted]) -> None:
        wait: timedelta | None = None
        counted = not keys
        while not counted:
            # Violated when another transaction began to count the same key meanwhile: then add to its count.
            with suppress(ConstraintViolated):
                async with self._database.transaction() as connection:
                    wait = await self._charge(connection, keys)
                counted = True
        if wait is not None:  # raised here, so that what was mended stays
            raise LoginSlowedDown(math.ceil(wait.total_seconds()))

    async def _charge(self, connection: AsyncConnection, keys: dict[str, Counted]) -> timedelta | None:
        """Count an attempt; or return how long it has to wait."""
        now = self._clock.now()
        await repository.forget_older(connection, now - FORGOTTEN_AFTER)
        await repository.bring_back(connection, now, latest=now + LONGEST_WAIT)
        # Sorted, so that two attempts that share keys lock them in the same order.
        found = {key: await repository.find(connection, key) for key in sorted(keys)}
        blocked = [row.blocked_until for row in found.values() if row and row.blocked_until and row.blocked_until > now]
        if blocked:
            return max(blocked) - now
        for key, row in found.items():
            store = repository.add if row is None else repository.change
            await store(connection, key, after_another(row, keys[key], now), at=now)
        await repository.keep_newest(connection, self._most_rows)
        return None


def _hashed(text: str) -> str:
    # A hash, because people sometimes type their password where the name belongs.
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:40]
    if isinstance(parsed, ipaddress.IPv6Address):
        # By /64, which is what one customer has: single addresses could be changed with every attempt.
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
