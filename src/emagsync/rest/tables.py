"""The table of idempotency keys: which POST a program has sent with one, and how it was answered."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, SmallInteger, String, Table, Text

from emagsync.db.metadata import metadata
from emagsync.db.types import UtcDateTime

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(40), nullable=False),  # `user:7` or `token:3`: a key is one caller's
    Column("key", String(255), nullable=False),
    Column("claim", String(32), nullable=False),  # of the call that handles, or has handled, the request
    # When whoever handles it was last known to be at work; once it is answered, when that was.
    Column("alive_at", UtcDateTime, nullable=False),
    Column("status", SmallInteger),  # of the answer; null until there is one
    # Sealed with the server's key: an answer may have a secret in it, and a digest of the request could be guessed at.
    Column("answer", Text),
    PrimaryKeyConstraint("owner", "key"),
    Index(None, "alive_at"),
)
