"""Users and their sessions: adding and changing users, logging in and out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.db.ordering import serialise_first_admin
from emagsync.db.ready import Within
from emagsync.identity import repository
from emagsync.identity.devices import KnownDevices
from emagsync.identity.errors import (
    InvalidCredentials,
    LastAdmin,
    NotAUser,
    SessionNotFound,
    UnusableName,
    UsernameTaken,
    UserNotFound,
    WrongPassword,
)
from emagsync.identity.passwords import check_new_password
from emagsync.identity.proof import Origin, Proof, is_name
from emagsync.identity.schemas import NewSecondFactor, OwnSession, SecondFactorStatus, SessionKind, User
from emagsync.identity.second_factor import SecondFactors
from emagsync.identity.secrets import SESSION, PasswordHasher, hashed, new_token
from emagsync.identity.session_rules import SessionRules
from emagsync.rest.principals import Principal, Role
from emagsync.vault.vault import Vault

# As much of a `User-Agent` as tells one browser from another.
_LONGEST_AGENT = 200


@dataclass(frozen=True)
class Session:
    """A new session. `token` is a secret, shown only now; `device` is the cookie of a known device."""

    token: str
    lifetime: timedelta
    caller: Principal
    device: str

    def __repr__(self) -> str:
        return f"Session({self.caller!r})"


class UserService:
    """Users and their sessions. One per process; belongs to one event loop."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        rules: SessionRules,
        vault: Vault,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._hasher = hasher or PasswordHasher()
        self._devices = KnownDevices(vault, clock)
        self._factors = SecondFactors(database, clock, vault)
        self._proof = Proof(database, clock, hasher=self._hasher, factors=self._factors, devices=self._devices)

    async def list_users(self) -> list[User]:
        """Every user, by name."""
        async with self._database.snapshot() as connection:
            return await repository.list_users(connection)

    async def get(self, user_id: int) -> User:
        """The user with this id. Raises UserNotFound."""
        async with self._database.snapshot() as connection:
            return await repository.get_user(connection, user_id)

    async def add(self, username: str, password: str, role: Role) -> User:
        """Add a user. Raises UsernameTaken, UnusableName and WeakPassword."""
        name = _checked_name(username)
        password_hash = await self._strong(password, name)
        try:
            async with self._database.transaction() as connection:
                return await repository.insert_user(
                    connection, username=name, password_hash=password_hash, role=role, at=self._clock.now()
                )
        except ConstraintViolated as error:
            raise UsernameTaken(name) from error

    async def change(
        self, user_id: int, *, role: Role | None = None, enabled: bool | None = None, password: str | None = None
    ) -> User:
        """Change a user's role, password or both, enable or disable the user; None leaves as it is.

        A new password, or disabling, ends the user's sessions. Disabling also ends the user's API tokens for good; so
        does enabling a disabled user, lest something made meanwhile, by whatever way, comes to life.

        Raises UserNotFound, WeakPassword, and LastAdmin when no enabled admin would be left.
        """
        user = await self.get(user_id)
        password_hash = None if password is None else await self._strong(password, user.username)
        changes = {"role": role, "enabled": enabled, "password_hash": password_hash}
        changes = {name: value for name, value in changes.items() if value is not None}
        async with self._database.transaction() as connection:
            was_disabled = not (await repository.get_user(connection, user_id)).enabled
            if enabled is False or role not in (None, Role.ADMIN):
                admins = await repository.enabled_admins(connection)
                if admins == [user_id]:
                    raise LastAdmin
            if changes:
                when = {"password_changed_at": self._clock.now()} if password_hash else {}
                await repository.update_user(connection, user_id, changes | when)
            ends_access = enabled is False or (enabled is True and was_disabled)
            if password_hash or ends_access:
                await repository.delete_sessions_of(connection, user_id)
            if ends_access:
                await repository.revoke_tokens_of(connection, user_id, self._clock.now())
            return await repository.get_user(connection, user_id)

    async def change_own_password(self, caller: Principal, old: str, new: str, *, origin: Origin) -> None:
        """Change a user's own password, which ends the user's other sessions.

        Raises WrongPassword, WeakPassword, NotAUser, and LoginSlowedDown: a stolen session must not serve to guess.
        """
        user_id = user_of(caller)
        await self._confirm_password(caller, old, origin)
        password_hash = await self._strong(new, caller.username)
        changes = {"password_hash": password_hash, "password_changed_at": self._clock.now()}
        async with self._database.transaction() as connection:
            await repository.update_user(connection, user_id, changes)
            await repository.delete_sessions_of(connection, user_id, but=caller.credential_id)

    async def login(
        self,
        username: str,
        password: str,
        *,
        kind: SessionKind,
        origin: Origin,
        code: str | None = None,
    ) -> Session:
        """Log a user in: `user` for a bearer token, `session` for a browser's cookie.

        Raises InvalidCredentials, whatever was wrong, and LoginSlowedDown; neither says whether the user exists. With
        the right password of a user who has a second factor: SecondFactorNeeded without a code, and WrongCode.
        """
        user = await self._proof.of_both(username, password, code, origin)
        token, now = new_token(SESSION), self._clock.now()
        async with self._database.transaction() as connection:
            await repository.insert_session(
                connection,
                token_hash=hashed(token),
                kind=kind,
                user_id=user.id,
                at=now,
                expires_at=now + self._rules.lifetime,
                address=origin.address,
                agent=None if origin.agent is None else origin.agent[:_LONGEST_AGENT],
            )
            await repository.update_user(connection, user.id, {"last_login_at": now})
            caller = await self._rules.caller_of(Within(connection), hashed(token), kind=kind, now=now)
        if caller is None:  # disabled while the password was being verified
            raise InvalidCredentials
        known = self._devices.device(origin.device, user.username)
        return Session(token, self._rules.lifetime, caller, self._devices.cookie(user.username, known))

    async def own_sessions(self, caller: Principal) -> list[OwnSession]:
        """The caller's logins that go on, the last used first. Raises NotAUser."""
        now = self._clock.now()
        async with self._database.snapshot() as connection:
            return await repository.sessions_of(
                connection,
                user_of(caller),
                this=caller.credential_id,
                now=now,
                idle_since=self._rules.idle_since(now),
            )

    async def end_own_session(self, caller: Principal, session_id: int) -> None:
        """End one of the caller's logins. Raises NotAUser and SessionNotFound."""
        async with self._database.transaction() as connection:
            if not await repository.delete_session_of(connection, user_of(caller), session_id):
                raise SessionNotFound(session_id)

    async def end_other_sessions(self, caller: Principal) -> None:
        """End the caller's logins, all but the one that asks. Raises NotAUser."""
        async with self._database.transaction() as connection:
            await repository.delete_sessions_of(connection, user_of(caller), but=caller.credential_id)

    async def end_sessions(self, user_id: int) -> None:
        """End all logins of a user. Raises UserNotFound."""
        await self.get(user_id)
        async with self._database.transaction() as connection:
            await repository.delete_sessions_of(connection, user_id)

    async def forgive(self, username: str) -> int:
        """Let a user log in at once however often somebody was wrong. Returns how many counts were forgotten."""
        return await self._proof.forgive(username)

    async def second_factor(self, caller: Principal) -> SecondFactorStatus:
        """Whether the caller's second factor is on. Raises NotAUser."""
        return await self._factors.status(user_of(caller))

    async def begin_second_factor(self, caller: Principal, password: str, *, origin: Origin) -> NewSecondFactor:
        """Begin to set up the caller's second factor. Raises NotAUser, WrongPassword and SecondFactorIsOn."""
        user_id = user_of(caller)
        await self._confirm_password(caller, password, origin)
        return await self._factors.begin(user_id, caller.username)

    async def confirm_second_factor(self, caller: Principal, code: str) -> list[str]:
        """Turn on what was begun, which ends the caller's other sessions. Returns the recovery codes.

        Raises NotAUser, WrongCode, SecondFactorIsOff and SecondFactorIsOn.
        """
        return await self._factors.confirm(user_of(caller), code, session_id=caller.credential_id)

    async def new_recovery_codes(self, caller: Principal, password: str, code: str, *, origin: Origin) -> list[str]:
        """Replace the caller's recovery codes. Raises NotAUser, WrongPassword, WrongCode and SecondFactorIsOff."""
        user_id = user_of(caller)
        await self._confirm_both(caller, password, code, origin)
        return await self._factors.new_recovery_codes(user_id)

    async def turn_second_factor_off(self, caller: Principal, password: str, code: str, *, origin: Origin) -> None:
        """Forget the caller's second factor. Raises NotAUser, WrongPassword, WrongCode and SecondFactorIsOff."""
        user_id = user_of(caller)
        await self._confirm_both(caller, password, code, origin)
        await self._factors.turn_off(user_id)

    async def remove_second_factor(self, user_id: int) -> User:
        """Forget a user's second factor, for somebody who lost the phone and the recovery codes.

        Raises UserNotFound and SecondFactorIsOff.
        """
        await self.get(user_id)
        await self._factors.turn_off(user_id)
        return await self.get(user_id)

    async def logout(self, caller: Principal) -> None:
        """End the caller's session. Raises NotAUser and SessionNotFound."""
        await self.end_own_session(caller, caller.credential_id)

    async def has_admin(self) -> bool:
        """Whether there is an enabled admin."""
        async with self._database.snapshot() as connection:
            return bool(await repository.enabled_admins(connection, locked=False))

    async def ensure_admin(self, password: str) -> User | None:
        """Add an admin with this password if there is no enabled one. Returns the user it added.

        Raises WeakPassword.
        """
        if await self.has_admin():
            return None
        return await self._add_first_admin(None, await self._strong(password, _admin_names(0)[0]))

    async def add_first_admin(self, username: str, password: str) -> User | None:
        """Add an admin of this name if there is no enabled one. Returns the user it added.

        Raises UsernameTaken, UnusableName and WeakPassword.
        """
        name = _checked_name(username)
        password_hash = await self._strong(password, name)
        try:
            return await self._add_first_admin(name, password_hash)
        except ConstraintViolated as error:
            raise UsernameTaken(name) from error

    async def _add_first_admin(self, name: str | None, password_hash: str) -> User | None:
        """`name` None: the first of `admin`, `admin2` and so on that nobody has."""
        async with self._database.transaction() as connection:
            await serialise_first_admin(connection)
            if await repository.enabled_admins(connection):  # another process was faster
                return None
            if name is None:
                taken = {user.username for user in await repository.list_users(connection)}
                name = next(name for name in _admin_names(len(taken)) if name not in taken)
            return await repository.insert_user(
                connection, username=name, password_hash=password_hash, role=Role.ADMIN, at=self._clock.now()
            )

    async def _strong(self, password: str, username: str) -> str:
        """The hash of a new password. Raises WeakPassword."""
        await asyncio.to_thread(check_new_password, password, username)
        return await self._hasher.hash(password)

    async def _confirm_password(self, caller: Principal, password: str, origin: Origin) -> None:
        try:
            await self._proof.of_password(caller.username, password, origin)
        except InvalidCredentials as error:
            raise WrongPassword from error

    async def _confirm_both(self, caller: Principal, password: str, code: str, origin: Origin) -> None:
        try:
            await self._proof.of_both(caller.username, password, code, origin)
        except InvalidCredentials as error:
            raise WrongPassword from error


def user_of(caller: Principal) -> int:
    """The id of the user who calls, logged in. Raises NotAUser for an API token."""
    if caller.kind == "token" or caller.user_id is None:
        raise NotAUser
    return caller.user_id


async def find_user(database: Database, username: str) -> User:
    """The user with this name, in any case of letters. Raises UserNotFound."""
    async with database.snapshot() as connection:
        found = await repository.find_user(connection, username.lower())
    if found is None:
        raise UserNotFound(username)
    return found[0]


def _admin_names(taken: int) -> list[str]:
    return ["admin", *(f"admin{number}" for number in range(2, taken + 3))]


def _checked_name(username: str) -> str:
    if not is_name(username):
        raise UnusableName(
            f"{username[:80]!r} cannot be a user name: it has 1 to 64 letters, digits and . _ @ + - and begins with a "
            "letter or digit."
        )
    return username.lower()
