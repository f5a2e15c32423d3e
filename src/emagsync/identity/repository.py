"""All SQL of users, sessions and API tokens; `second_factor_repository` has that of second factors."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, bindparam, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.limits import expect_room
from emagsync.db.ready import Answering, ReadySelect
from emagsync.identity.errors import TokenNotFound, UserNotFound
from emagsync.identity.schemas import ApiToken, OwnSession, SessionKind, User
from emagsync.identity.tables import api_tokens, second_factors, sessions, users
from emagsync.rest.principals import CredentialKey, Principal, Role

MOST_TOKENS: Final = 1_000

_HAS_SECOND_FACTOR = (
    exists()
    .where(second_factors.c.user_id == users.c.id, second_factors.c.confirmed_at.is_not(None))
    .correlate(users)
    .label("second_factor")
)
_USER = [*(column for column in users.c if column is not users.c.password_hash), _HAS_SECOND_FACTOR]
_TOKEN = [
    api_tokens.c.id,
    api_tokens.c.name,
    api_tokens.c.role,
    users.c.username,
    api_tokens.c.created_at,
    api_tokens.c.expires_at,
    api_tokens.c.last_used_at,
]
_TOKENS = api_tokens.outerjoin(users, users.c.id == api_tokens.c.user_id)
# What makes a session and a token valid; both with the parameter `now`, the first with `idle_since` too. A program's
# login does not idle.
_LIVE_SESSION = (
    sessions.c.expires_at > bindparam("now"),
    (sessions.c.kind != "session") | (sessions.c.last_seen_at > bindparam("idle_since")),
    users.c.enabled,
)
_LIVE_TOKEN = (
    api_tokens.c.revoked_at.is_(None),
    api_tokens.c.expires_at.is_(None) | (api_tokens.c.expires_at > bindparam("now")),
)

# One of these two runs for every call of the API: they are built once.
_session_caller = ReadySelect(
    select(
        sessions.c.id.label("session_id"),
        sessions.c.last_seen_at,
        users.c.id,
        users.c.username,
        users.c.role,
        _HAS_SECOND_FACTOR,
    )
    .join(users, users.c.id == sessions.c.user_id)
    .where(
        sessions.c.token_hash == bindparam("presented"),
        sessions.c.kind == bindparam("of_kind"),
        *_LIVE_SESSION,
    ),
    is_short=True,
)
_token_caller = ReadySelect(
    select(
        api_tokens.c.id,
        api_tokens.c.name,
        api_tokens.c.role,
        api_tokens.c.user_id,
        api_tokens.c.last_used_at,
        users.c.username,
        users.c.role.label("user_role"),
        users.c.enabled,
    )
    .select_from(_TOKENS)
    .where(
        api_tokens.c.token_hash == bindparam("presented"),
        *_LIVE_TOKEN,
    ),
    is_short=True,
)


async def insert_user(
    connection: AsyncConnection, *, username: str, password_hash: str, role: Role, at: datetime
) -> User:
    """Add a user. The transaction raises ConstraintViolated when the name is taken."""
    statement = insert(users).values(
        username=username, password_hash=password_hash, role=role, enabled=True, created_at=at, password_changed_at=at
    )
    user_id = (await connection.execute(statement.returning(users.c.id))).scalar_one()
    return await get_user(connection, user_id)


async def list_users(connection: AsyncConnection) -> list[User]:
    """Every user, by name."""
    rows = await connection.execute(select(*_USER).order_by(users.c.username))
    return [User.model_validate(row) for row in rows]


async def get_user(connection: AsyncConnection, user_id: int) -> User:
    """The user with this id. Raises UserNotFound."""
    row = (await connection.execute(select(*_USER).where(users.c.id == user_id))).one_or_none()
    if row is None:
        raise UserNotFound(user_id)
    return User.model_validate(row)


async def find_user(connection: AsyncConnection, username: str) -> tuple[User, str] | None:
    """The user with this name (in lower case) and the hash of the password; None if there is none."""
    statement = select(*_USER, users.c.password_hash).where(users.c.username == username)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else (User.model_validate(row), row.password_hash)


async def update_user(connection: AsyncConnection, user_id: int, changes: Mapping[str, Any]) -> None:
    """Set columns of a user."""
    await connection.execute(update(users).where(users.c.id == user_id).values(**changes))


async def enabled_admins(connection: AsyncConnection, *, locked: bool = True) -> list[int]:
    """The ids of the enabled admins.

    `locked` until the transaction ends, so that two admins cannot disable each other at the same time; a connection
    that only reads cannot lock.
    """
    statement = select(users.c.id).where(users.c.role == Role.ADMIN, users.c.enabled)
    return list((await connection.execute(statement.with_for_update() if locked else statement)).scalars())


class FoundSession(NamedTuple):
    """The caller of a session, when it was last used, and whether the user has a second factor."""

    caller: Principal
    last_seen_at: datetime
    has_second_factor: bool


async def insert_session(
    connection: AsyncConnection,
    *,
    token_hash: str,
    kind: SessionKind,
    user_id: int,
    at: datetime,
    expires_at: datetime,
    address: str | None = None,
    agent: str | None = None,
) -> None:
    """Store a new session, and delete the expired ones of all users."""
    await connection.execute(delete(sessions).where(sessions.c.expires_at <= at))
    values = {"token_hash": token_hash, "kind": kind, "user_id": user_id, "created_at": at, "expires_at": expires_at}
    origin = {"last_seen_at": at, "address": address, "agent": agent}
    await connection.execute(insert(sessions).values(**values, **origin))


async def find_session(
    source: Answering, token_hash: str, *, kind: SessionKind, now: datetime, idle_since: datetime
) -> FoundSession | None:
    """A session that has not expired, was used after `idle_since`, and whose user is enabled; None for any other."""
    given = {"presented": token_hash, "of_kind": kind, "now": now, "idle_since": idle_since}
    [rows] = await source.ask((_session_caller, given))
    if not rows:
        return None
    row = rows[0]
    caller = Principal(
        kind=kind, user_id=row.id, username=row.username, role=Role(row.role), credential_id=row.session_id
    )
    return FoundSession(caller, row.last_seen_at, bool(row.second_factor))


async def valid_credentials(
    connection: AsyncConnection, credentials: Collection[CredentialKey], *, now: datetime, idle_since: datetime
) -> frozenset[CredentialKey]:
    """Those of the sessions and API tokens whose caller `find_session` and `token_principal` would find."""
    live = {
        "session": (sessions, sessions.join(users, users.c.id == sessions.c.user_id), _LIVE_SESSION),
        "token": (api_tokens, _TOKENS, (*_LIVE_TOKEN, users.c.enabled.is_not(False))),
    }
    given = {"session": {"now": now, "idle_since": idle_since}, "token": {"now": now}}
    valid: set[CredentialKey] = set()
    for kind, (table, joined, conditions) in live.items():
        asked = {one.id: one for one in credentials if one.kind == kind}
        if asked:
            statement = select(table.c.id).select_from(joined).where(table.c.id.in_(asked), *conditions)
            found = (await connection.execute(statement, given[kind])).scalars()
            valid |= {asked[credential_id] for credential_id in found}
    return frozenset(valid)


async def touch_session(connection: AsyncConnection, session_id: int, at: datetime) -> None:
    """Note that a person did something with a session."""
    await connection.execute(update(sessions).where(sessions.c.id == session_id).values(last_seen_at=at))


async def sessions_of(
    connection: AsyncConnection, user_id: int, *, this: int, now: datetime, idle_since: datetime
) -> list[OwnSession]:
    """A user's sessions that go on, the last used first; `this` is the one that asks.

    Those of browsers that were not used after `idle_since` have ended.
    """
    columns = sessions.c
    shown = (columns.id, columns.kind, columns.created_at, columns.last_seen_at, columns.expires_at)
    statement = (
        select(*shown, columns.address, columns.agent)
        .where(columns.user_id == user_id, columns.expires_at > now)
        .where((columns.kind != "session") | (columns.last_seen_at > idle_since))
        .order_by(columns.last_seen_at.desc(), columns.id.desc())
    )
    rows = (await connection.execute(statement)).mappings()
    return [OwnSession(**row, is_this=row["id"] == this) for row in rows]


async def delete_session_of(connection: AsyncConnection, user_id: int, session_id: int) -> bool:
    """End one session if it is this user's. Returns whether it was."""
    statement = delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == user_id)
    return (await connection.execute(statement)).rowcount == 1


async def delete_sessions_of(connection: AsyncConnection, user_id: int, *, but: int | None = None) -> None:
    """End a user's sessions, all `but` one."""
    mine: list[ColumnElement[bool]] = [sessions.c.user_id == user_id]
    if but is not None:
        mine.append(sessions.c.id != but)
    await connection.execute(delete(sessions).where(*mine))


async def insert_token(
    connection: AsyncConnection,
    *,
    token_hash: str,
    name: str,
    role: Role,
    user_id: int | None,
    at: datetime,
    expires_at: datetime | None,
) -> ApiToken:
    """Add an API token. Raises TooMany: those that are revoked do not count."""
    valid = api_tokens.c.revoked_at.is_(None)
    await expect_room(connection, api_tokens, valid, things="API tokens", most=MOST_TOKENS, instead="revoke")
    values = {"token_hash": token_hash, "name": name, "role": role, "user_id": user_id, "created_at": at}
    statement = insert(api_tokens).values(**values, expires_at=expires_at).returning(api_tokens.c.id)
    token_id = (await connection.execute(statement)).scalar_one()
    row = (await connection.execute(select(*_TOKEN).select_from(_TOKENS).where(api_tokens.c.id == token_id))).one()
    return ApiToken.model_validate(row)


async def list_tokens(connection: AsyncConnection) -> list[ApiToken]:
    """The API tokens that are not revoked, oldest first; those that have expired are among them."""
    statement = select(*_TOKEN).select_from(_TOKENS).where(api_tokens.c.revoked_at.is_(None)).order_by(api_tokens.c.id)
    return [ApiToken.model_validate(row) for row in await connection.execute(statement)]


async def token_principal(
    source: Answering, token_hash: str, *, now: datetime
) -> tuple[Principal, datetime | None] | None:
    """The caller of a valid API token, and when it was last used; None for any other.

    A user's token can do no more than the user.
    """
    [rows] = await source.ask((_token_caller, {"presented": token_hash, "now": now}))
    if not rows or rows[0].enabled is False:
        return None
    row = rows[0]
    role = Role(row.role)
    if row.user_role is not None:
        role = min(role, Role(row.user_role), key=lambda role: role.rank)
    username = row.username or f"token:{row.name}"
    caller = Principal(kind="token", user_id=row.user_id, username=username, role=role, credential_id=row.id)
    return caller, row.last_used_at


async def touch_token(connection: AsyncConnection, token_id: int, at: datetime) -> None:
    """Note that an API token was used."""
    await connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_at=at))


async def revoke_tokens_of(connection: AsyncConnection, user_id: int, at: datetime) -> None:
    """End all API tokens of a user."""
    statement = update(api_tokens).where(api_tokens.c.user_id == user_id, api_tokens.c.revoked_at.is_(None))
    await connection.execute(statement.values(revoked_at=at))


async def revoke_token(connection: AsyncConnection, token_id: int, at: datetime) -> None:
    """End an API token. Raises TokenNotFound for one that is unknown or revoked already."""
    statement = (
        update(api_tokens).where(api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    if (await connection.execute(statement)).rowcount == 0:
        raise TokenNotFound(token_id)
