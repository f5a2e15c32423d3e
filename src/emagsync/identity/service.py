"""Users and their sessions: adding and changing users, logging in and out."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta

import structlog

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.db.ordering import serialise_first_admin
from emagsync.identity import repository
from emagsync.identity.errors import (
    InvalidCredentials,
    LastAdmin,
    NotAUser,
    UnusableName,
    UsernameTaken,
    UserNotFound,
    WrongPassword,
)
from emagsync.identity.passwords import check_new_password
from emagsync.identity.schemas import USERNAME_PATTERN, SessionKind, User
from emagsync.identity.secrets import SESSION, PasswordHasher, hashed, new_token
from emagsync.identity.throttle import LoginThrottle
from emagsync.rest.principals import Principal, Role

log = structlog.get_logger()


@dataclass(frozen=True)
class Session:
    """A new session. `token` is a secret, shown only now."""

    token: str
    lifetime: timedelta
    caller: Principal

    def __repr__(self) -> str:
        return f"Session({self.caller!r})"


class UserService:
    """Users and their sessions. One per process; belongs to one event loop."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        session_lifetime: timedelta,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._lifetime = session_lifetime
        self._hasher = hasher or PasswordHasher()
        self._throttle = LoginThrottle(database, clock)

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

        A new password, or disabling, ends the user's sessions.

        Raises UserNotFound, WeakPassword, and LastAdmin when no enabled admin would be left.
        """
        user = await self.get(user_id)
        password_hash = None if password is None else await self._strong(password, user.username)
        changes = {"role": role, "enabled": enabled, "password_hash": password_hash}
        changes = {name: value for name, value in changes.items() if value is not None}
        async with self._database.transaction() as connection:
            if enabled is False or role not in (None, Role.ADMIN):
                admins = await repository.enabled_admins(connection)
                if admins == [user_id]:
                    raise LastAdmin
            if changes:
                when = {"password_changed_at": self._clock.now()} if password_hash else {}
                await repository.update_user(connection, user_id, changes | when)
            if password_hash or enabled is False:
                await repository.delete_sessions_of(connection, user_id)
            return await repository.get_user(connection, user_id)

    async def change_own_password(self, caller: Principal, old: str, new: str, *, address: str) -> None:
        """Change a user's own password, which ends the user's other sessions.

        Raises WrongPassword, WeakPassword, NotAUser, and LoginSlowedDown: a stolen session must not serve to guess.
        """
        if caller.kind == "token" or caller.user_id is None:
            raise NotAUser
        if await self._verified(caller.username, old, address) is None:
            raise WrongPassword
        password_hash = await self._strong(new, caller.username)
        changes = {"password_hash": password_hash, "password_changed_at": self._clock.now()}
        async with self._database.transaction() as connection:
            await repository.update_user(connection, caller.user_id, changes)
            await repository.delete_sessions_of(connection, caller.user_id, but=caller.credential_id)

    async def login(self, username: str, password: str, *, kind: SessionKind, address: str) -> Session:
        """Log a user in: `user` for a bearer token, `session` for a browser's cookie.

        Raises InvalidCredentials, whatever was wrong, and LoginSlowedDown; neither says whether the user exists.
        """
        user = await self._verified(username.lower(), password, address)
        if user is None:
            log.warning("login_refused", address=address)
            raise InvalidCredentials
        token, now = new_token(SESSION), self._clock.now()
        async with self._database.transaction() as connection:
            await repository.insert_session(
                connection,
                token_hash=hashed(token),
                kind=kind,
                user_id=user.id,
                at=now,
                expires_at=now + self._lifetime,
            )
            await repository.update_user(connection, user.id, {"last_login_at": now})
            caller = await repository.session_principal(connection, hashed(token), kind=kind, now=now)
        if caller is None:  # disabled while the password was being verified
            raise InvalidCredentials
        return Session(token, self._lifetime, caller)

    async def logout(self, caller: Principal) -> None:
        """End the caller's session. Raises NotAUser."""
        if caller.kind == "token":
            raise NotAUser
        async with self._database.transaction() as connection:
            await repository.delete_session(connection, caller.credential_id)

    async def ensure_admin(self, password: str) -> User | None:
        """Add an admin with this password if there is no enabled one. Returns the user it added.

        Raises WeakPassword.
        """
        async with self._database.snapshot() as connection:
            if await repository.enabled_admins(connection, locked=False):
                return None
        password_hash = await self._strong(password, _admin_names(0)[0])
        async with self._database.transaction() as connection:
            await serialise_first_admin(connection)
            if await repository.enabled_admins(connection):  # another process was faster
                return None
            taken = {user.username for user in await repository.list_users(connection)}
            name = next(name for name in _admin_names(len(taken)) if name not in taken)
            return await repository.insert_user(
                connection, username=name, password_hash=password_hash, role=Role.ADMIN, at=self._clock.now()
            )

    async def _strong(self, password: str, username: str) -> str:
        """The hash of a new password. Raises WeakPassword."""
        await asyncio.to_thread(check_new_password, password, username)
        return await self._hasher.hash(password)

    async def _verified(self, username: str, password: str, address: str) -> User | None:
        await self._throttle.charge(username, address)
        async with self._database.snapshot() as connection:
            found = await repository.find_user(connection, username) if _is_name(username) else None
        right = await self._hasher.verify(password, found[1] if found else None)
        if found is None or not right or not found[0].enabled:
            return None
        await self._throttle.refund(username, address)
        return found[0]


async def find_user(database: Database, username: str) -> User:
    """The user with this name, in any case of letters. Raises UserNotFound."""
    async with database.snapshot() as connection:
        found = await repository.find_user(connection, username.lower())
    if found is None:
        raise UserNotFound(username)
    return found[0]


def _admin_names(taken: int) -> list[str]:
    return ["admin", *(f"admin{number}" for number in range(2, taken + 3))]


def _is_name(username: str) -> bool:
    return re.fullmatch(USERNAME_PATTERN, username) is not None


def _checked_name(username: str) -> str:
    if not _is_name(username):
        raise UnusableName(
            f"{username[:80]!r} cannot be a user name: it has 1 to 64 letters, digits and . _ @ + - and begins with a "
            "letter or digit."
        )
    return username.lower()
