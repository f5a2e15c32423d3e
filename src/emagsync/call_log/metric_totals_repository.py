"""The sums of all processes' metrics, in the database. All SQL of `metric_totals`."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.call_log.tables import metric_totals
from emagsync.db.bulk import BulkInsert
from emagsync.telemetry.metrics import Series

_table = metric_totals.c
_key = [_table.name, _table.labels]
_columns = [_table.name, _table.labels, _table.value]
_add = BulkInsert(metric_totals, _columns, key=_key, add=[_table.value])
_set = BulkInsert(metric_totals, _columns, key=_key, update=[_table.value])


async def add(connection: AsyncConnection, increments: Mapping[Series, float]) -> None:
    """Add increments to the totals, in the caller's transaction."""
    await _add.run(connection, _rows(increments))


async def put(connection: AsyncConnection, values: Mapping[Series, float]) -> None:
    """Replace the totals of these series, such as the time of the last success."""
    await _set.run(connection, _rows(values))


async def read(connection: AsyncConnection) -> dict[Series, float]:
    """Every total."""
    rows = await connection.execute(select(*_columns))
    return {Series(name, tuple(orjson.loads(labels))): value for name, labels, value in rows}


def _rows(values: Mapping[Series, float]) -> list[tuple[str, str, float]]:
    # Sorted, so that two processes lock rows in the same order.
    return sorted((series.name, orjson.dumps(series.labels).decode(), float(value)) for series, value in values.items())
