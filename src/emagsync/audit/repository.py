"""All SQL of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.audit.tables import audit_log


async def insert_entry(connection: AsyncConnection, entry: Mapping[str, Any]) -> None:
    """Add an entry: the columns of `audit_log` without `id`."""
    await connection.execute(insert(audit_log).values(**entry))


class EntryFilter(NamedTuple):
    """A filter of entries: what was done, by whom, and when (`until` excluded). None does not filter."""

    action: str | None = None
    username: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def entries(
    connection: AsyncConnection, entry_filter: EntryFilter, *, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """Entries as rows by column name, newest first, with ids smaller than `before`."""
    statement = select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit_log.c.id < before)
    if entry_filter.action is not None:
        statement = statement.where(audit_log.c.action == entry_filter.action)
    if entry_filter.username is not None:
        statement = statement.where(audit_log.c.username == entry_filter.username)
    if entry_filter.since is not None:
        statement = statement.where(audit_log.c.at >= entry_filter.since)
    if entry_filter.until is not None:
        statement = statement.where(audit_log.c.at < entry_filter.until)
    return [dict(row) for row in (await connection.execute(statement)).mappings()]
