"""Proving who somebody is: by password, and by a code of the second factor where there is one; slowed down."""

from __future__ import annotations

import re
from dataclasses import dataclass

import structlog

from emagsync.audit.entries import audit_refused_login
from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.identity import repository
from emagsync.identity.devices import KnownDevices
from emagsync.identity.errors import InvalidCredentials, SecondFactorNeeded, WrongCode
from emagsync.identity.refusals import RefusalAllowance
from emagsync.identity.schemas import USERNAME_PATTERN, User
from emagsync.identity.second_factor import SecondFactors
from emagsync.identity.secrets import PasswordHasher
from emagsync.identity.throttle import Attempt, LoginThrottle

log = structlog.get_logger()


@dataclass(frozen=True)
class Origin:
    """Where a login comes from. `device` is the cookie of a known device, `agent` the program's `User-Agent`."""

    address: str
    device: str | None = None
    agent: str | None = None


class Proof:
    """Verifies passwords and codes, counts the wrong ones and notes them in the audit log."""

    def __init__(
        self, database: Database, clock: Clock, *, hasher: PasswordHasher, factors: SecondFactors, devices: KnownDevices
    ) -> None:
        self._database = database
        self._clock = clock
        self._hasher = hasher
        self._factors = factors
        self._devices = devices
        self._throttle = LoginThrottle(database, clock)
        self._allowance = RefusalAllowance(clock)

    async def of_password(self, username: str, password: str, origin: Origin) -> User:
        """The user whose password this is, for one who is logged in. Raises InvalidCredentials and LoginSlowedDown."""
        attempt = self._attempt(username, origin)
        user = await self._checked_password(attempt, password)
        await self._throttle.refund(attempt)
        return user

    async def of_both(self, username: str, password: str, code: str | None, origin: Origin) -> User:
        """The user whose password this is, and whose second factor's code where there is one.

        Raises InvalidCredentials, SecondFactorNeeded for a right password without a code, WrongCode,
        SecondFactorUnreadable and LoginSlowedDown.
        """
        attempt = self._attempt(username, origin)
        user = await self._checked_password(attempt, password)
        if user.second_factor:
            await self._checked_code(attempt, user, code)
        await self._throttle.refund(attempt)
        return user

    async def forgive(self, username: str) -> int:
        """Forget what is counted against a name. Returns how many counts there were."""
        return await self._throttle.forgive(username.lower())

    def _attempt(self, username: str, origin: Origin) -> Attempt:
        name = username.lower()
        return Attempt(name, origin.address, self._devices.device(origin.device, name))

    async def _checked_password(self, attempt: Attempt, password: str) -> User:
        await self._throttle.charge(attempt)
        async with self._database.snapshot() as connection:
            found = await repository.find_user(connection, attempt.username) if is_name(attempt.username) else None
        right = await self._hasher.verify(password, found[1] if found else None)
        if found is not None and right and found[0].enabled:
            return found[0]
        reason = "no_user" if found is None else "password" if not right else "disabled"
        await self._note(attempt, found[0] if found else None, reason)
        raise InvalidCredentials

    async def _checked_code(self, attempt: Attempt, user: User, code: str | None) -> None:
        if code is None:
            await self._throttle.uncount(attempt)
            raise SecondFactorNeeded
        await self._throttle.charge_code(attempt)
        try:
            await self._factors.check(user.id, code)
        except WrongCode:
            await self._note(attempt, user, "code")
            raise

    async def _note(self, attempt: Attempt, user: User | None, reason: str) -> None:
        log.warning("login_refused", address=attempt.address, reason=reason)
        note = self._allowance.take()
        if note is None:
            return
        await audit_refused_login(
            self._database,
            self._clock,
            username=None if user is None else user.username,
            user_id=None if user is None else user.id,
            address=attempt.address,
            detail={"reason": reason} | ({"more_are_not_noted_until": note} if note else {}),
        )


def is_name(username: str) -> bool:
    """Whether a user can have this name."""
    return re.fullmatch(USERNAME_PATTERN, username) is not None
