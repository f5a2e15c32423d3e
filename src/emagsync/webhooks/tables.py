"""Webhooks and their messages. No secret is stored: they are derived, see `signing`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from emagsync.db.metadata import metadata, partial_index
from emagsync.db.types import JsonText, UtcDateTime

_pending = text("status = 'pending'")

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", JsonText, nullable=False),  # ["completed", ...]
    Column("enabled", Boolean, nullable=False),
    Column("secret_version", Integer, nullable=False),  # raised when the secret is changed
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("webhook_id", String(36), ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", String(32), nullable=False),
    Column("body", Text, nullable=False),  # exactly the bytes that are signed and sent
    Column("status", String(16), nullable=False),  # pending, delivered or given_up
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("answer", Integer),  # the HTTP status of the last answer
    Column("error", Text),
    Index(None, "webhook_id", "created_at"),
    partial_index("ix_webhook_deliveries_due", "next_attempt_at", where=_pending),
)
