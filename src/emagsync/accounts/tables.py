"""The accounts that people added, and when eMAG was last reached for each account.

A password is sealed with the server's key (`vault/`), which is in no database.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, String, Table, Text

from emagsync.db.metadata import metadata
from emagsync.db.types import UtcDateTime

accounts = Table(
    "accounts",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("platform", String(16), nullable=False),
    Column("base_url", String(500)),  # null: the platform's own
    Column("username", String(255), nullable=False),
    Column("password", Text, nullable=False),  # sealed
    Column("push", String(16)),  # null: as EMAGSYNC_EDITS__PUSH says
    Column("enabled", Boolean, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

account_contacts = Table(
    "account_contacts",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("let_in_at", UtcDateTime),  # when eMAG last took a call of the account
    Column("failed_at", UtcDateTime),  # when a call last failed, and why
    Column("code", String(32)),
    Column("message", Text),
    Column("ip", String(64)),  # the address that eMAG last said it saw
)

# Removed accounts of whose copy something is left. Its column is not called `account`: that is what is deleted by.
account_erasures = Table(
    "account_erasures",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("asked_at", UtcDateTime, nullable=False),
)
