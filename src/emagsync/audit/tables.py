"""The audit log: who changed what, when and from where. Append-only."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from emagsync.db.metadata import metadata
from emagsync.db.types import BigId, JsonText, UtcDateTime

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    # By name, not by reference: the entry outlives the user.
    Column("username", String(80), nullable=False),
    Column("user_id", BigId),
    Column("caller", String(16), nullable=False),  # user, session, token, cli, or login: nobody yet
    Column("token_id", BigId),
    Column("address", String(64)),
    Column("action", String(64), nullable=False),  # such as `sync.start`
    Column("target", String(200), nullable=False),
    Column("detail", JsonText, nullable=False),
    Index(None, "at"),
    Index(None, "action", "at"),
    sqlite_autoincrement=True,
)
