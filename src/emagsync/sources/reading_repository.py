"""All SQL about readings of sources, and of the offers that a file does not name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.offers.tables import offers
from emagsync.sources.errors import ReadingNotFound
from emagsync.sources.schemas import Reading, ReadingRow, ReadingStatus, RowKind
from emagsync.sources.tables import reading_rows, readings

_JSON = ("counts", "file", "brakes")
_insert_rows = BulkInsert(reading_rows, list(reading_rows.c))
_PRUNED_AT_ONCE = 500


class KeptRow(NamedTuple):
    """A row of `source_reading_rows`. `given` are the values by field, `changes` and `problems` as they are shown."""

    position: int
    kind: RowKind
    row: int | None
    account: str
    emag_id: int | None
    product_id: int | None
    named: str | None
    product_name: str | None
    currency: str | None
    given: Mapping[str, Any]
    changes: Sequence[Mapping[str, Any]]
    problems: Sequence[Mapping[str, Any]]


async def add(connection: AsyncConnection, source_id: str, *, trigger: str, started_by: str, now: datetime) -> int:
    """A new reading that is running. Those of the source before it that never ended are closed as failed."""
    await connection.execute(
        update(readings)
        .where(readings.c.source_id == source_id, readings.c.status == ReadingStatus.RUNNING)
        .values(status=ReadingStatus.FAILED, finished_at=now, code="interrupted", message="The process ended.")
    )
    values = {
        "source_id": source_id,
        "status": ReadingStatus.RUNNING,
        "trigger": trigger,
        "started_by": started_by[:120],
        "started_at": now,
        "counts": "{}",
    }
    added = await connection.execute(insert(readings).values(**values).returning(readings.c.id))
    return int(added.scalar_one())


async def finish(connection: AsyncConnection, reading_id: int, values: Mapping[str, Any]) -> None:
    """Write how a reading ended; `counts`, `file`, `brakes` and `reason_values` are values that JSON can hold."""
    texts = {name: orjson.dumps(values[name]).decode() for name in (*_JSON, "reason_values") if name in values}
    await connection.execute(update(readings).where(readings.c.id == reading_id).values(**{**values, **texts}))


async def add_rows(connection: AsyncConnection, reading_id: int, rows: Iterable[KeptRow]) -> None:
    """Keep rows of a reading."""
    await _insert_rows.run(
        connection,
        [
            (
                reading_id,
                row.position,
                row.kind.value,
                row.row,
                row.account,
                row.emag_id,
                row.product_id,
                row.named,
                row.product_name,
                row.currency,
                orjson.dumps(row.given).decode(),
                orjson.dumps(row.changes).decode(),
                orjson.dumps(row.problems).decode(),
            )
            for row in rows
        ],
    )


async def get(connection: AsyncConnection, source_id: str, reading_id: int) -> Reading:
    """That reading. Raises ReadingNotFound."""
    query = select(readings).where(readings.c.id == reading_id, readings.c.source_id == source_id)
    row = (await connection.execute(query)).first()
    if row is None:
        raise ReadingNotFound(reading_id)
    return _reading(row)


async def list_readings(
    connection: AsyncConnection, source_id: str | None, *, limit: int, before: int | None = None
) -> list[Reading]:
    """Readings of a source, or of all, newest first, with ids smaller than `before`."""
    query = select(readings).order_by(readings.c.id.desc()).limit(limit)
    if source_id is not None:
        query = query.where(readings.c.source_id == source_id)
    if before is not None:
        query = query.where(readings.c.id < before)
    return [_reading(row) for row in await connection.execute(query)]


async def latest(connection: AsyncConnection) -> dict[str, Reading]:
    """The newest reading of each source that has one."""
    newest = select(func.max(readings.c.id)).group_by(readings.c.source_id)
    query = select(readings).where(readings.c.id.in_(newest))
    return {row.source_id: _reading(row) for row in await connection.execute(query)}


async def list_rows(
    connection: AsyncConnection, reading_id: int, *, kind: RowKind | None, limit: int, after: int = -1
) -> list[ReadingRow]:
    """Kept rows of a reading in their order, beyond the position `after`."""
    query = select(reading_rows).where(reading_rows.c.reading_id == reading_id, reading_rows.c.position > after)
    if kind is not None:
        query = query.where(reading_rows.c.kind == kind)
    found = await connection.execute(query.order_by(reading_rows.c.position).limit(limit))
    return [_row(row) for row in found]


async def rows_to_apply(
    connection: AsyncConnection, reading_id: int, kinds: Sequence[RowKind]
) -> list[tuple[int, str, int, Mapping[str, Any]]]:
    """Position, account, eMAG's id and the values of the rows of these kinds."""
    table = reading_rows.c
    query = select(table.position, table.account, table.emag_id, table.given).where(
        table.reading_id == reading_id, table.kind.in_(kinds), table.emag_id.is_not(None)
    )
    rows = await connection.execute(query.order_by(table.position))
    return [(row.position, row.account, row.emag_id, orjson.loads(row.given)) for row in rows]


async def newest_taken_in(connection: AsyncConnection, source_id: str) -> int | None:
    """The id of the newest reading of a source that a file was taken in by."""
    taken_in = readings.c.status.in_((ReadingStatus.APPLIED, ReadingStatus.PREVIEWED))
    query = select(func.max(readings.c.id)).where(readings.c.source_id == source_id, taken_in)
    newest: int | None = await connection.scalar(query)
    return newest


async def settle(connection: AsyncConnection, reading_id: int, kinds: Sequence[RowKind]) -> None:
    """Note that the doubtful rows among `kinds` were applied as well: they are changed ones from now on."""
    if RowKind.DOUBTFUL in kinds:
        await connection.execute(
            update(reading_rows)
            .where(reading_rows.c.reading_id == reading_id, reading_rows.c.kind == RowKind.DOUBTFUL)
            .values(kind=RowKind.CHANGED)
        )


async def prune(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete some readings that started before then, but for the newest of each source. Returns how many."""
    newest = select(func.max(readings.c.id)).group_by(readings.c.source_id)
    old = (
        select(readings.c.id).where(readings.c.started_at < before, readings.c.id.not_in(newest)).limit(_PRUNED_AT_ONCE)
    )
    return (await connection.execute(delete(readings).where(readings.c.id.in_(old)))).rowcount


async def in_stock(connection: AsyncConnection, account: str) -> dict[int, str]:
    """The part numbers of the account's offers with pieces in stock, by eMAG's id; not of removed ones."""
    query = select(offers.c.emag_id, offers.c.part_number).where(
        offers.c.account == account, offers.c.removed_at.is_(None), offers.c.stock > 0
    )
    return {row.emag_id: row.part_number or "" for row in await connection.execute(query)}


def _reading(row: Row[Any]) -> Reading:
    loaded = {name: None if row._mapping[name] is None else orjson.loads(row._mapping[name]) for name in _JSON}
    return Reading.model_validate(
        {
            **row._mapping,
            **loaded,
            "brakes": loaded["brakes"] or [],
            "values": {} if row.reason_values is None else orjson.loads(row.reason_values),
        }
    )


def _row(row: Row[Any]) -> ReadingRow:
    loaded = {name: orjson.loads(row._mapping[name]) for name in ("changes", "problems")}
    return ReadingRow.model_validate({**row._mapping, **loaded, "name": row.product_name})
