"""Who is told of what, and the messages to them. Addresses and passwords are sealed (`vault/`)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from emagsync.db.metadata import metadata
from emagsync.db.types import BigId, JsonText, UtcDateTime
from emagsync.deliveries.tables import delivery_columns, lane_columns

recipients = Table(
    "notification_recipients",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("service", String(16), nullable=False),  # email, telegram, slack, teams, ntfy or other
    Column("address", Text, nullable=False),  # sealed
    Column("shown", Text, nullable=False),  # what of the address is no secret
    Column("language", String(2), nullable=False),  # en or ro
    Column("time_zone", String(64), nullable=False),
    Column("daily_hour", Integer, nullable=False),
    Column("page_url", Text),  # where the recipient finds the page, for links
    Column("enabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    *lane_columns(),
)

rules = Table(
    "notification_rules",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("recipient_id", String(36), ForeignKey("notification_recipients.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("account", String(32)),  # NULL: all
    Column("threshold", Integer),  # percent, or pieces
    Column("timing", String(16), nullable=False),  # instant or daily
    # Where it stands. Whoever makes a message moves this in the message's transaction, and only from what was read.
    Column("seq", BigInteger, nullable=False),  # of the change log: up to here the recipient was told
    Column("next_at", UtcDateTime, nullable=False),  # not before then
    Column("version", Integer, nullable=False, server_default=text("0")),  # raised with each move
    Index(None, "recipient_id"),
)

# What is to be told by a rule and is not in the change log: runs, holds, conflicts, late offers.
notices = Table(
    "notification_notices",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("rule_id", String(36), ForeignKey("notification_rules.id", ondelete="CASCADE"), nullable=False),
    Column("account", String(32), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("detail", JsonText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "rule_id"),
)

# Of which accounts people were told that offers are older than their targets, and that has not ended since.
late_accounts = Table(
    "notification_late_accounts",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)

# `body` is JSON: title and text.
deliveries = Table(
    "notification_deliveries",
    metadata,
    *delivery_columns("notification_deliveries", "recipient_id", "notification_recipients"),
)

mail_servers = Table(
    "mail_servers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("security", String(16), nullable=False),  # starttls, tls or none
    Column("username", String(255)),
    Column("password", Text),  # sealed
    Column("sender", String(320), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
