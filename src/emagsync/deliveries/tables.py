"""What the tables of receivers and of their messages have in common, and what is to be told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text
from sqlalchemy.schema import SchemaItem

from emagsync.db.metadata import metadata, partial_index
from emagsync.db.types import BigId, JsonText, UtcDateTime

_to_send = text("status IN ('pending', 'sending')")


def lane_columns() -> tuple[Column[Any], ...]:
    """Of a receiver's row: how its lane stands."""
    return (
        Column("timeouts", Integer, nullable=False, server_default=text("0")),  # in a row, without an answer between
        Column("paused_until", UtcDateTime),
        Column("off_reason", String(16)),  # why it was switched off by itself: gone
    )


def delivery_columns(name: str, receiver_id: str, receivers: str) -> tuple[SchemaItem, ...]:
    """Of the table `name`, whose messages are for rows of the table `receivers`."""
    return (
        Column("id", String(36), primary_key=True),
        Column(receiver_id, String(36), ForeignKey(f"{receivers}.id", ondelete="CASCADE"), nullable=False),
        Column("event", String(32), nullable=False),
        Column("body", Text, nullable=False),
        Column("status", String(16), nullable=False),  # pending, sending, delivered, given_up or unknown
        Column("attempts", Integer, nullable=False),
        Column("next_attempt_at", UtcDateTime, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("delivered_at", UtcDateTime),
        Column("answer", Integer),  # the receiver's last: a status of HTTP or of SMTP
        Column("error", Text),
        Index(None, receiver_id, "created_at"),
        partial_index(f"ix_{name}_lane", receiver_id, "next_attempt_at", where=_to_send),
    )


# What happened and was not handed to those yet who are to be told; written with what happened, in one transaction.
occurrences = Table(
    "occurrences",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # run, hold or conflict
    Column("account", String(32), nullable=False),
    Column("number", BigInteger, nullable=False),  # how many there are of it: conflicts come by the page
    Column("detail", JsonText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
