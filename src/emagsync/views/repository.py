"""All SQL of saved filters and preferences."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.views.tables import preferences, saved_filters


class StoredFilter(NamedTuple):
    """A row of `saved_filters`."""

    id: int
    owner: str
    name: str
    query: str
    is_shared: bool
    updated_at: datetime


_COLUMNS = [saved_filters.c[name] for name in StoredFilter._fields]


async def filters_of(connection: AsyncConnection, owner: str) -> list[StoredFilter]:
    """Those of `owner` and the shared ones, by name."""
    query = select(*_COLUMNS).where(or_(saved_filters.c.owner == owner, saved_filters.c.is_shared))
    rows = await connection.execute(query.order_by(func.lower(saved_filters.c.name), saved_filters.c.id))
    return [StoredFilter(*row) for row in rows]


async def count_filters(connection: AsyncConnection, owner: str) -> int:
    """How many `owner` has."""
    query = select(func.count()).select_from(saved_filters).where(saved_filters.c.owner == owner)
    return await connection.scalar(query) or 0


async def find_filter(connection: AsyncConnection, filter_id: int) -> StoredFilter | None:
    """One of them, whoever's it is."""
    row = (await connection.execute(select(*_COLUMNS).where(saved_filters.c.id == filter_id))).one_or_none()
    return None if row is None else StoredFilter(*row)


async def insert_filter(connection: AsyncConnection, values: dict[str, Any]) -> StoredFilter:
    """Keep a new one. Raises ConstraintViolated where the owner has one of this name."""
    return StoredFilter(*(await connection.execute(insert(saved_filters).values(**values).returning(*_COLUMNS))).one())


async def update_filter(connection: AsyncConnection, filter_id: int, values: dict[str, Any]) -> StoredFilter:
    """Replace it. Raises ConstraintViolated where the owner has another one of this name."""
    statement = update(saved_filters).where(saved_filters.c.id == filter_id).values(**values).returning(*_COLUMNS)
    return StoredFilter(*(await connection.execute(statement)).one())


async def delete_filter(connection: AsyncConnection, filter_id: int) -> None:
    """Delete it."""
    await connection.execute(delete(saved_filters).where(saved_filters.c.id == filter_id))


async def preference_of(connection: AsyncConnection, owner: str, name: str) -> list[str] | None:
    """What `owner` prefers; None for the usual."""
    query = select(preferences.c.value).where(preferences.c.owner == owner, preferences.c.name == name)
    value = await connection.scalar(query)
    return None if value is None else orjson.loads(value)


async def store_preference(connection: AsyncConnection, owner: str, name: str, value: list[str] | None) -> None:
    """Keep what `owner` prefers from now on; None for the usual."""
    await connection.execute(delete(preferences).where(preferences.c.owner == owner, preferences.c.name == name))
    if value is not None:
        text = orjson.dumps(value).decode()
        await connection.execute(insert(preferences).values(owner=owner, name=name, value=text))
