"""All SQL about the ledger of a run.

Whoever writes into it also writes the run's row with its lease, in the same transaction: see `lease_repository`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import Row, Select, delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.db.engine import Database
from emagsync.sync.ledger import PageRead, part_scope
from emagsync.sync.repository import get_run
from emagsync.sync.tables import sync_pages

# Pages of the ledger, each with up to a hundred ids.
_PAGES_AT_ONCE = 500

_columns = [
    sync_pages.c.run_id,
    *(sync_pages.c[name] for name in PageRead._fields),
]
_key = [sync_pages.c.run_id, sync_pages.c.pass_number, sync_pages.c.scope, sync_pages.c.page]
_record_page = BulkInsert(
    sync_pages,
    sorted(_columns, key=list(sync_pages.c).index),
    key=_key,
    update=[column for column in sync_pages.c if column not in _key],
)


async def record_page(connection: AsyncConnection, run_id: str, page: PageRead) -> None:
    """Write the page into the ledger; a page that is there already is replaced."""
    values = {**page._asdict(), "run_id": run_id, "ids": orjson.dumps(page.ids).decode()}
    await _record_page.run_with_next(connection, [tuple(values[column.key] for column in sync_pages.c)])


async def delete_parts(connection: AsyncConnection, run_id: str, page: PageRead, sizes: Collection[int]) -> None:
    """Delete the entries of the parts, of these sizes, of a page that is complete now."""
    for size in sizes:
        times = page.size // size
        await connection.execute(
            delete(sync_pages).where(
                sync_pages.c.run_id == run_id,
                sync_pages.c.pass_number == page.pass_number,
                sync_pages.c.scope == part_scope(page.scope, size),
                sync_pages.c.page.between((page.page - 1) * times + 1, page.page * times),
            )
        )


async def ledger(connection: AsyncConnection, run_id: str) -> list[PageRead]:
    """The run's pages in the order of pass, scope and page."""
    return [_page(row) for row in await connection.execute(_ledger_of(run_id))]


async def ledger_pages(connection: AsyncConnection, run_id: str) -> AsyncIterator[PageRead]:
    """The same, some at a time: for a snapshot."""
    start = 0
    while rows := (await connection.execute(_ledger_of(run_id).offset(start).limit(_PAGES_AT_ONCE))).all():
        for row in rows:
            yield _page(row)
        start += len(rows)


async def inherit_ledger(connection: AsyncConnection, *, old: str, new: str) -> None:
    """Give the run `new` the pages of the run `old` that it resumes.

    Also those that failed: they are read again, and what was readable of them must not be counted twice.
    """
    columns = [column.key for column in sync_pages.c]
    given: dict[str, Any] = {"run_id": literal(new), "inherited": literal(True)}
    source = select(*(given.get(name, sync_pages.c[name]) for name in columns)).where(sync_pages.c.run_id == old)
    await connection.execute(insert(sync_pages).from_select(columns, source))


async def write_ledger(connection: AsyncConnection, run_id: str, pages: Sequence[PageRead]) -> None:
    """Give a run that has not begun pages to start from."""
    for page in pages:
        await record_page(connection, run_id, page._replace(inherited=True))


async def read_ledger(database: Database, run_id: str) -> list[PageRead]:
    """As `ledger`, in a snapshot of its own. Raises RunNotFound."""
    async with database.snapshot() as connection:
        await get_run(connection, run_id)
        return await ledger(connection, run_id)


def _ledger_of(run_id: str) -> Select[Any]:
    return (
        select(*(sync_pages.c[name] for name in PageRead._fields))
        .where(sync_pages.c.run_id == run_id)
        .order_by(sync_pages.c.pass_number, sync_pages.c.scope, sync_pages.c.page)
    )


def _page(row: Row[Any]) -> PageRead:
    return PageRead(**{**row._mapping, "ids": tuple(orjson.loads(row.ids))})
