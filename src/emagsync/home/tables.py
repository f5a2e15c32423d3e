"""When each user last looked at Home."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table

from emagsync.db.metadata import metadata
from emagsync.db.types import BigId, UtcDateTime

home_visits = Table(
    "home_visits",
    metadata,
    Column("user_id", BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("previous_at", UtcDateTime),  # the end of the visit before this one
)
