"""Users, their second factors, sessions, API tokens and the count of wrong logins.

Of a secret only a hash is stored; that of a second factor, which has to be read again, is sealed (`vault/`).
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from emagsync.db.metadata import metadata
from emagsync.db.types import BigId, UtcDateTime

users = Table(
    "users",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("username", String(64), nullable=False, unique=True),  # in lower case
    Column("password_hash", String(255), nullable=False),  # argon2id
    Column("role", String(16), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("password_changed_at", UtcDateTime, nullable=False),
    Column("last_login_at", UtcDateTime),
    # An id that was given once is never given again: the audit log names users by it.
    sqlite_autoincrement=True,
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("secret", String(255), nullable=False),  # of TOTP, sealed
    Column("created_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),  # null: begun, and not asked for yet
    Column("last_step", BigId, nullable=False),  # of the last code that was used: a code is good once
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("user_id", BigId, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("code_hash", String(64), nullable=False),
    UniqueConstraint("user_id", "code_hash"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),  # user: a bearer token; session: a browser's cookie
    Column("user_id", BigId, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # When a person last did something with it, to a minute.
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("address", String(64)),
    Column("agent", String(200)),  # the program's `User-Agent`
    Index(None, "user_id"),
    Index(None, "expires_at"),
    sqlite_autoincrement=True,
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    # A token that belongs to a user can never do more than the user can, and ends with the user.
    Column("user_id", BigId, ForeignKey("users.id", ondelete="CASCADE")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Index(None, "user_id"),
    sqlite_autoincrement=True,
)

login_failures = Table(
    "login_failures",
    metadata,
    # `pair:`, `device:`, `code:` or `name:` + hashes, or `address:` + the address
    Column("key", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("blocked_until", UtcDateTime),
    Index(None, "last_at"),
)
