"""Copying everything from one database to another, of the same kind or not: `emagsync db copy`.

All or nothing: the target gets one transaction, which is committed after every row has been read back and compared.
Rows are read from one moment of the source, streamed, and written in batches, so that memory does not grow.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.errors import ErrorKind
from emagsync.db.bulk import BulkInsert
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.db.migrate import current_revision
from emagsync.db.migrations import HEAD
from emagsync.db.numbering import go_on_after, last_number
from emagsync.db.search_index import fill_index

_BATCH: Final = 1_000
_DIGEST_BYTES: Final = 16

OnProgress = Callable[["Copied", int], None]


class CopyRefused(DatabaseError):
    """The copy would lose or mix something; the message says what to do."""

    code = "copy_refused"
    kind = ErrorKind.CONFIGURATION


class Copied(NamedTuple):
    """How many rows of a table there are in the target."""

    table: str
    rows: int


class _Sum:
    """Rows and a checksum of them that does not depend on their order, which differs between databases."""

    def __init__(self) -> None:
        self.rows = 0
        self.total = 0

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.rows += len(rows)
        for row in rows:
            digest = hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
            self.total = (self.total + int.from_bytes(digest, "big")) % (1 << 8 * _DIGEST_BYTES)


async def copy(
    source: Database,
    target: Database,
    tables: Sequence[Table],
    *,
    replace: bool = False,
    on_progress: OnProgress | None = None,
) -> list[Copied]:
    """Copy `tables`, given in the order in which they refer to each other; both databases have this version's schema.

    `replace` empties the target first. `on_progress` gets a table with its rows so far, and how many it will have.
    Raises CopyRefused, and DatabaseError when what arrived is not what was sent; then the target is as it was.
    """
    await _require_ready(source, target)
    async with (
        source.patient() as origin,
        target.patient() as place,
        origin.snapshot() as reader,
        place.transaction() as writer,
    ):
        return await _copy_all(reader, writer, tables, replace=replace, on_progress=on_progress)


async def _copy_all(
    reader: AsyncConnection,
    writer: AsyncConnection,
    tables: Sequence[Table],
    *,
    replace: bool,
    on_progress: OnProgress | None,
) -> list[Copied]:
    await _require_empty(writer, tables, replace=replace)
    done = [await _copy_table(table, reader, writer, on_progress) for table in tables]
    for table in tables:
        await _continue_numbering(table, reader, writer)
        await fill_index(writer, table)
    return done


async def _require_ready(source: Database, target: Database) -> None:
    if _place(source) == _place(target):
        raise CopyRefused("The source and the target are the same database: nothing to copy.")
    await require_schema(source, "source")
    await require_schema(target, "target")


async def require_schema(database: Database, what: str) -> None:
    """Raises CopyRefused when the database, the `what` of a copy, does not have this version's schema."""
    revision = await current_revision(database)
    if revision != HEAD:
        raise CopyRefused(
            f"The {what} {database.description} is at schema {revision or 'none'} and this version needs {HEAD}: "
            "run `emagsync db upgrade` on it first."
        )


def _place(database: Database) -> tuple[Any, ...]:
    url, path = database.engine.url, database.sqlite_path
    return (url.host, url.port, url.database) if path is None else (path.resolve(),)


async def _require_empty(writer: AsyncConnection, tables: Sequence[Table], *, replace: bool) -> None:
    for table in reversed(tables):
        if replace:
            await writer.execute(delete(table))
        elif await writer.scalar(select(1).select_from(table).limit(1)) is not None:
            raise CopyRefused(
                f"The target is not empty: its table {table.name} has rows. Use an empty database, or --replace, "
                "which removes everything that is in the target."
            )


async def _copy_table(
    table: Table, reader: AsyncConnection, writer: AsyncConnection, on_progress: OnProgress | None
) -> Copied:
    expected = int(await reader.scalar(select(func.count()).select_from(table)) or 0)
    insert = BulkInsert(table, list(table.c))
    sent, arrived = _Sum(), _Sum()
    async for rows in _batches(reader, table):
        sent.add(rows)
        await insert.run(writer, rows)
        if on_progress is not None:
            on_progress(Copied(table.name, sent.rows), expected)
    async for rows in _batches(writer, table):
        arrived.add(rows)
    if (sent.rows, sent.total) != (arrived.rows, arrived.total):
        raise DatabaseError(
            f"The table {table.name} arrived otherwise than it was sent ({arrived.rows} rows of {sent.rows}): "
            "nothing was copied. Check both databases with `emagsync db check`."
        )
    return Copied(table.name, arrived.rows)


async def _batches(connection: AsyncConnection, table: Table) -> AsyncIterator[list[tuple[Any, ...]]]:
    query = select(table).execution_options(yield_per=_BATCH)
    async with connection.stream(query) as result:
        async for rows in result.partitions(_BATCH):
            yield [tuple(row) for row in rows]


async def _continue_numbering(table: Table, reader: AsyncConnection, writer: AsyncConnection) -> None:
    """Let the target number new rows as the source would: a number that was used once is never used again."""
    await go_on_after(writer, table, max(await last_number(reader, table), await last_number(writer, table)))
