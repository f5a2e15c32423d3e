"""The second factor of a login: setting it up, checking its codes, turning it off."""

from __future__ import annotations

from dataclasses import dataclass

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.identity import repository, totp
from emagsync.identity import second_factor_repository as stored
from emagsync.identity.errors import SecondFactorIsOff, SecondFactorIsOn, SecondFactorUnreadable, WrongCode
from emagsync.identity.schemas import NewSecondFactor, SecondFactorStatus
from emagsync.identity.secrets import hashed
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

_PURPOSE = "totp"


@dataclass(frozen=True)
class SecondFactors:
    """The second factors of all users. The secrets in the database are sealed by `vault`."""

    database: Database
    clock: Clock
    vault: Vault

    async def status(self, user_id: int) -> SecondFactorStatus:
        """Whether a user's second factor is on, since when, and how many recovery codes are left."""
        async with self.database.snapshot() as connection:
            found = await stored.find(connection, user_id)
            left = await stored.codes_left(connection, user_id)
        since = None if found is None else found.confirmed_at
        return SecondFactorStatus(enabled=since is not None, since=since, recovery_codes_left=left)

    async def begin(self, user_id: int, username: str) -> NewSecondFactor:
        """Make a secret for an app. It counts from when `confirm` was given a code of it. Raises SecondFactorIsOn."""
        secret = totp.new_secret()
        sealed = self.vault.seal(_PURPOSE, secret)
        try:
            async with self.database.transaction() as connection:
                await stored.begin(connection, user_id, sealed, self.clock.now())
        except ConstraintViolated as error:
            raise SecondFactorIsOn from error
        address = totp.address_for_app(secret, username)
        return NewSecondFactor(secret=secret, address=address, picture=totp.picture_of(address))

    async def confirm(self, user_id: int, code: str, *, session_id: int) -> list[str]:
        """Turn on what was begun, by a code of the app; the user's other sessions end. Returns the recovery codes.

        Raises WrongCode, SecondFactorIsOff when nothing was begun, and SecondFactorIsOn.
        """
        async with self.database.snapshot() as connection:
            found = await stored.find(connection, user_id)
        if found is None:
            raise SecondFactorIsOff
        if found.confirmed_at is not None:
            raise SecondFactorIsOn
        step = totp.matching_step(self._secret(found), totp.plain(code), self.clock.now())
        if step is None:
            raise WrongCode
        codes = totp.new_recovery_codes()
        async with self.database.transaction() as connection:
            if not await stored.confirm(connection, user_id, self.clock.now()):
                raise SecondFactorIsOn
            await stored.use_step(connection, user_id, step, newest=step)
            await stored.replace_codes(connection, user_id, [hashed(totp.plain(code)) for code in codes])
            await repository.delete_sessions_of(connection, user_id, but=session_id)
        return codes

    async def new_recovery_codes(self, user_id: int) -> list[str]:
        """Replace the recovery codes. Raises SecondFactorIsOff."""
        if not await self.is_on(user_id):
            raise SecondFactorIsOff
        codes = totp.new_recovery_codes()
        async with self.database.transaction() as connection:
            await stored.replace_codes(connection, user_id, [hashed(totp.plain(code)) for code in codes])
        return codes

    async def turn_off(self, user_id: int) -> None:
        """Forget a user's second factor, also one that cannot be read any more. Raises SecondFactorIsOff."""
        async with self.database.transaction() as connection:
            if not await stored.delete_factor(connection, user_id):
                raise SecondFactorIsOff

    async def is_on(self, user_id: int) -> bool:
        """Whether a user needs a code to log in."""
        async with self.database.snapshot() as connection:
            found = await stored.find(connection, user_id)
        return found is not None and found.confirmed_at is not None

    async def check(self, user_id: int, code: str) -> None:
        """Use up a code of the app, or a recovery code. Raises WrongCode and SecondFactorUnreadable."""
        given, now = totp.plain(code), self.clock.now()
        async with self.database.snapshot() as connection:
            found = await stored.find(connection, user_id)
        if found is None:  # turned off meanwhile
            return
        if not totp.is_from_app(given):
            async with self.database.transaction() as connection:
                is_right = await stored.use_code(connection, user_id, hashed(given))
        else:
            step = totp.matching_step(self._secret(found), given, now)
            is_right = step is not None and await self._use(user_id, step, newest=totp.step_at(now) + 1)
        if not is_right:
            raise WrongCode

    async def _use(self, user_id: int, step: int, *, newest: int) -> bool:
        async with self.database.transaction() as connection:
            return await stored.use_step(connection, user_id, step, newest=newest)

    def _secret(self, found: stored.StoredFactor) -> str:
        try:
            return self.vault.unseal(_PURPOSE, found.secret)
        except SealBroken as error:
            raise SecondFactorUnreadable from error
