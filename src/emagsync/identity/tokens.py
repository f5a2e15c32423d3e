"""API tokens, and the authentication of every call by session or token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.identity import repository
from emagsync.identity.errors import UnusableName, UserIsDisabled
from emagsync.identity.schemas import ApiToken, NewApiToken
from emagsync.identity.secrets import API_TOKEN, SESSION, hashed, new_token
from emagsync.identity.session_rules import SessionRules
from emagsync.rest.principals import CredentialKey, Principal, Role

log = structlog.get_logger()

_LONGEST_NAME = 64
# "Last used" is for finding tokens that nobody needs: not worth a write for every call.
_TOUCH_EVERY = timedelta(minutes=10)
# When a person last did something is known to a minute.
_SEEN_EVERY = timedelta(minutes=1)


class TokenService:
    """Makes, lists and revokes API tokens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, name: str, role: Role, *, user_id: int | None, expires_in_days: int | None) -> NewApiToken:
        """Make a token. Its text is in the answer and nowhere else. Raises UnusableName.

        With `user_id` it can never do more than that user may, and ends when the user is disabled. Raises UserNotFound
        and UserIsDisabled then.
        """
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise UnusableName(f"A token's name has 1 to {_LONGEST_NAME} printable characters.")
        text, now = new_token(API_TOKEN), self._clock.now()
        async with self._database.transaction() as connection:
            if user_id is not None and not (owner := await repository.get_user(connection, user_id)).enabled:
                raise UserIsDisabled(owner.username)
            token = await repository.insert_token(
                connection,
                token_hash=hashed(text),
                name=name.strip(),
                role=role,
                user_id=user_id,
                at=now,
                expires_at=None if expires_in_days is None else now + timedelta(days=expires_in_days),
            )
        return NewApiToken(token=text, **token.model_dump())

    async def list(self) -> list[ApiToken]:
        """The tokens that are not revoked, oldest first."""
        async with self._database.snapshot() as connection:
            return await repository.list_tokens(connection)

    async def revoke(self, token_id: int) -> None:
        """End a token at once. Raises TokenNotFound."""
        async with self._database.transaction() as connection:
            await repository.revoke_token(connection, token_id, self._clock.now())


class Credentials:
    """The `Authenticator` of the REST API: sessions and API tokens, looked up by their hash at every call.

    Nothing is cached, so that whatever is revoked, here or by another process, ends at once.
    """

    def __init__(self, database: Database, clock: Clock, rules: SessionRules) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules

    async def by_bearer(self, credential: str) -> Principal | None:
        """The caller of an API token or of a login's access token."""
        if credential.startswith(API_TOKEN):
            return await self._by_api_token(credential)
        if not credential.startswith(SESSION):
            return None
        return await self._rules.caller_of(self._database, hashed(credential), kind="user", now=self._clock.now())

    async def by_cookie(self, credential: str, *, by_person: bool = False) -> Principal | None:
        """The caller of a browser's cookie; `by_person` keeps the session from becoming idle."""
        now = self._clock.now()
        found = await self._rules.find(self._database, hashed(credential), kind="session", now=now)
        if found is None:
            return None
        if by_person and now - found.last_seen_at >= _SEEN_EVERY:
            await self._note(partial(repository.touch_session, session_id=found.caller.credential_id, at=now))
        return found.caller

    async def valid_among(self, credentials: Collection[CredentialKey]) -> frozenset[CredentialKey]:
        """Those that are neither revoked nor expired, nor idle, and whose user is enabled."""
        now = self._clock.now()
        async with self._database.autocommit() as connection:
            return await repository.valid_credentials(
                connection, credentials, now=now, idle_since=self._rules.idle_since(now)
            )

    async def _by_api_token(self, credential: str) -> Principal | None:
        now = self._clock.now()
        found = await repository.token_principal(self._database, hashed(credential), now=now)
        if found is None:
            return None
        caller, last_used_at = found
        if _is_due(last_used_at, now):
            await self._note(partial(repository.touch_token, token_id=caller.credential_id, at=now))
        return caller

    async def _note(self, use: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        try:
            async with self._database.transaction() as connection:
                await use(connection)
        except DatabaseError as error:
            # A full disk must not keep anybody from reading.
            log.warning("use_not_noted", error=str(error))


def _is_due(last_used_at: datetime | None, now: datetime) -> bool:
    return last_used_at is None or now - last_used_at >= _TOUCH_EVERY
