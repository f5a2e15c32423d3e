"""Saved filters, and what each user prefers."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table, Text, UniqueConstraint

from emagsync.db.metadata import metadata
from emagsync.db.types import BigId, JsonText, UtcDateTime

saved_filters = Table(
    "saved_filters",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("owner", String(100), nullable=False),  # a user's name, or that of a token
    Column("name", String(60), nullable=False),
    Column("query", Text, nullable=False),  # what follows `/offers?` in the page's address
    Column("is_shared", Boolean, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("owner", "name"),
    # An address that names one that was deleted must not show another one.
    sqlite_autoincrement=True,
)

preferences = Table(
    "preferences",
    metadata,
    Column("owner", String(100), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", JsonText, nullable=False),
)
