"""All SQL of the presets of exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, delete, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.offers.tables import export_presets

_JSON = ("columns", "filter")


class StoredPreset(NamedTuple):
    """A preset as it is kept; `columns` and `filter` are None where it leaves them to each export."""

    id: int
    owner: str
    name: str
    format: str
    language: str | None
    columns: Sequence[str] | None
    filter: Mapping[str, Any] | None
    is_shared: bool
    updated_at: datetime


async def presets_of(connection: AsyncConnection, owner: str) -> list[StoredPreset]:
    """The owner's and the shared ones, by name."""
    seen = or_(export_presets.c.owner == owner, export_presets.c.is_shared.is_(true()))
    query = select(export_presets).where(seen).order_by(export_presets.c.name, export_presets.c.id)
    return [_stored(row) for row in await connection.execute(query)]


async def count_presets(connection: AsyncConnection, owner: str) -> int:
    """How many the owner has."""
    query = select(func.count()).select_from(export_presets).where(export_presets.c.owner == owner)
    return (await connection.execute(query)).scalar_one()


async def find_preset(connection: AsyncConnection, preset_id: int) -> StoredPreset | None:
    """One of them, whoever's it is."""
    row = (await connection.execute(select(export_presets).where(export_presets.c.id == preset_id))).one_or_none()
    return None if row is None else _stored(row)


async def insert_preset(
    connection: AsyncConnection, owner: str, values: Mapping[str, Any], now: datetime
) -> StoredPreset:
    """Keep a new one. Raises ConstraintViolated where the owner has one of this name."""
    statement = insert(export_presets).values(owner=owner, updated_at=now, **_columns(values)).returning(export_presets)
    return _stored((await connection.execute(statement)).one())


async def update_preset(
    connection: AsyncConnection, preset_id: int, values: Mapping[str, Any], now: datetime
) -> StoredPreset:
    """Replace all but its owner. Raises ConstraintViolated where the owner has another one of this name."""
    statement = update(export_presets).where(export_presets.c.id == preset_id)
    changed = statement.values(updated_at=now, **_columns(values)).returning(export_presets)
    return _stored((await connection.execute(changed)).one())


async def delete_preset(connection: AsyncConnection, preset_id: int) -> None:
    """Remove it."""
    await connection.execute(delete(export_presets).where(export_presets.c.id == preset_id))


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: None if values[name] is None else orjson.dumps(values[name]).decode() for name in _JSON}
    return dict(values) | texts


def _stored(row: Row[Any]) -> StoredPreset:
    values = {name: getattr(row, name) for name in StoredPreset._fields}
    return StoredPreset(
        **values | {name: None if values[name] is None else orjson.loads(values[name]) for name in _JSON}
    )
