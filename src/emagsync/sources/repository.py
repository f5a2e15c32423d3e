"""All SQL about sources: their settings, and who reads them when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Row, delete, insert, inspect, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.limits import expect_room
from emagsync.sources.errors import SourceNotFound
from emagsync.sources.model import SourceRow
from emagsync.sources.reading.options import KeyField
from emagsync.sources.schemas import FormatSettings, MissingMeans, SourceKind, SourceMode
from emagsync.sources.tables import sources

MOST_SOURCES: Final = 200

_columns = [sources.c[name] for name in SourceRow._fields]


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a new source. Raises ConstraintViolated where its name is taken, and TooMany."""
    await expect_room(connection, sources, things="sources", most=MOST_SOURCES)
    await connection.execute(insert(sources).values(**values))


async def change(connection: AsyncConnection, source_id: str, values: Mapping[str, Any]) -> None:
    """Change columns of a source. Raises ConstraintViolated where its name is taken."""
    await connection.execute(update(sources).where(sources.c.id == source_id).values(**values))


async def remove(connection: AsyncConnection, source_id: str) -> None:
    """Delete a source with its readings. Raises SourceNotFound."""
    if (await connection.execute(delete(sources).where(sources.c.id == source_id))).rowcount != 1:
        raise SourceNotFound(source_id)


async def get(connection: AsyncConnection, source_id: str) -> SourceRow:
    """The source with this id. Raises SourceNotFound."""
    found = await _select(connection, sources.c.id == source_id)
    if not found:
        raise SourceNotFound(source_id)
    return found[0]


async def list_sources(connection: AsyncConnection) -> list[SourceRow]:
    """Every source by name."""
    return await _select(connection)


async def due(connection: AsyncConnection, *, now: datetime) -> list[str]:
    """The ids of the sources that are to be read now, the longest due first."""
    query = select(sources.c.id).where(sources.c.next_at <= now, sources.c.enabled.is_(True), _is_free(now))
    return list((await connection.execute(query.order_by(sources.c.next_at))).scalars())


async def claim(
    connection: AsyncConnection, source_id: str, *, now: datetime, until: datetime, next_at: datetime | None
) -> bool:
    """Take the source to read it, alone until then; False where somebody else has it."""
    claimed = await connection.execute(
        update(sources).where(sources.c.id == source_id, _is_free(now)).values(reading_until=until, next_at=next_at)
    )
    return claimed.rowcount == 1


async def release(connection: AsyncConnection, source_id: str, values: Mapping[str, Any]) -> None:
    """Let others read the source, with what is new about it."""
    await change(connection, source_id, {**values, "reading_until": None})


async def count_failure(connection: AsyncConnection, source_id: str) -> None:
    """Let others read the source, from which nothing was taken in."""
    await connection.execute(
        update(sources).where(sources.c.id == source_id).values(reading_until=None, failures=sources.c.failures + 1)
    )


async def sealed_secrets(connection: AsyncConnection) -> dict[str, str]:
    """The sealed logins by source's name, of a database of any version."""
    if not await connection.run_sync(lambda sync: inspect(sync).has_table(sources.name)):
        return {}
    query = select(sources.c.name, sources.c.secrets).where(sources.c.secrets.is_not(None)).order_by(sources.c.name)
    return dict([tuple(row) for row in await connection.execute(query)])


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(sources.c.reading_until.is_(None), sources.c.reading_until < now)


async def _select(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> list[SourceRow]:
    query = select(*_columns).where(*conditions).order_by(sources.c.name)
    return [_source(row) for row in await connection.execute(query)]


def _source(row: Row[Any]) -> SourceRow:
    columns: Sequence[str] | None = row.columns
    return SourceRow(
        **{
            **row._mapping,
            "kind": SourceKind(row.kind),
            "format": FormatSettings.model_validate_json(row.format),
            "columns": None if columns is None else orjson.loads(row.columns),
            "key": None if row.key is None else KeyField(row.key),
            "mode": SourceMode(row.mode),
            "missing_means": MissingMeans(row.missing_means),
        }
    )
