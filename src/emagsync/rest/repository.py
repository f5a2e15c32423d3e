"""All SQL of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.rest.tables import audit_log


async def insert_entry(connection: AsyncConnection, entry: Mapping[str, Any]) -> None:
    """Add an entry: the columns of `audit_log` without `id`."""
    await connection.execute(insert(audit_log).values(**entry))


async def entries(
    connection: AsyncConnection, *, before: int | None, action: str | None, limit: int
) -> list[dict[str, Any]]:
    """Entries, newest first, with ids smaller than `before`."""
    statement = select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit_log.c.id < before)
    if action is not None:
        statement = statement.where(audit_log.c.action == action)
    return [dict(row) for row in (await connection.execute(statement)).mappings()]
