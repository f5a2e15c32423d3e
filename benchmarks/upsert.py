"""100 rows into `offers`: SQLAlchemy's `execute` of a list of dictionaries beside `BulkInsert`."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.figures import Figure
from benchmarks.rows import STORED, stored_rows
from emagsync.db.bulk import BulkInsert
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
from emagsync.offers.tables import offers

_KEY = (offers.c.account, offers.c.emag_id)
_UPDATED = [offers.c[name] for name in STORED if name not in ("account", "emag_id", "first_seen_at")]
_BATCH = 100

Store = Callable[[AsyncConnection, list[tuple[Any, ...]]], Awaitable[Any]]


def figures(*, batches: int) -> Iterator[Figure]:
    """Milliseconds of CPU per 100 rows, first copy, median over `batches`; the plain way stands as the bare loop."""
    rows = stored_rows(batches * _BATCH)
    bulk = BulkInsert(offers, [offers.c[name] for name in STORED], key=_KEY, update=_UPDATED)
    yield Figure(
        "100 rows stored, beside SQLAlchemy's execute",
        "ms",
        asyncio.run(_measure(bulk.run, rows)),
        asyncio.run(_measure(_plain, rows)),
    )


async def _measure(store: Store, rows: list[tuple[Any, ...]]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        async with Database(f"sqlite:///{Path(folder) / 'upsert.sqlite3'}") as database:
            await upgrade(database)
            spent: list[float] = []
            for start in range(0, len(rows), _BATCH):
                batch = rows[start : start + _BATCH]
                async with database.transaction() as connection:
                    began = time.process_time()
                    await store(connection, batch)
                    spent.append(time.process_time() - began)
    return 1000 * median(spent)


async def _plain(connection: AsyncConnection, rows: list[tuple[Any, ...]]) -> None:
    insert = sqlite.insert(offers)
    statement = insert.on_conflict_do_update(
        index_elements=_KEY, set_={column.key: insert.excluded[column.key] for column in _UPDATED}
    )
    await connection.execute(statement, [dict(zip(STORED, row, strict=True)) for row in rows])
