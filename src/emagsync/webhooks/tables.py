"""Webhooks and their messages. No secret is stored: they are derived, see `signing`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from emagsync.db.metadata import metadata
from emagsync.db.types import JsonText, UtcDateTime
from emagsync.deliveries.tables import delivery_columns, lane_columns

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
    Column("changes", JsonText),  # which changes of offers it is told of, and how many at once; NULL: all of them
    # Of one that is told of them, places in the change log: looked through to here, and told of up to there.
    Column("position", BigInteger),
    Column("told_position", BigInteger),
    *lane_columns(),
)

# `body` is exactly the bytes that are signed and sent.
webhook_deliveries = Table(
    "webhook_deliveries", metadata, *delivery_columns("webhook_deliveries", "webhook_id", "webhooks")
)
