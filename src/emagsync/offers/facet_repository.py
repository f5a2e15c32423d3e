"""Counting how many offers have each value of a column."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.search_index import by_walking
from emagsync.offers.tables import FACETS, offers


async def count_values(connection: AsyncConnection, column: str) -> dict[tuple[str, str], int]:
    """How many offers have each value of `column`, by account and value as text; not the removed ones.

    `column` is one of the index FACETS, which SQLite walks instead of the rows.
    """
    value = offers.c[column]
    query = select(offers.c.account, value.label("value"), func.count().label("number"))
    query = query.where(value.is_not(None), offers.c.removed_at.is_(None)).group_by(offers.c.account, value)
    rows = await connection.execute(by_walking(query, offers, FACETS))
    return {(row.account, str(row.value)): row.number for row in rows}
