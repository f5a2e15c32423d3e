"""All SQL about the requests of a run that failed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert
from emagsync.db.engine import Database
from emagsync.sync.schemas import FailedRequest
from emagsync.sync.tables import sync_failed_requests

_columns = [
    sync_failed_requests.c.run_id,
    *(sync_failed_requests.c[name] for name in FailedRequest.model_fields),
]
_note_failed = BulkInsert(
    sync_failed_requests,
    _columns,
    # One whose transaction was taken for failed, and was not, is there already.
    key=[sync_failed_requests.c.run_id, sync_failed_requests.c.number],
)


async def note_failed_requests(connection: AsyncConnection, run_id: str, failed: Sequence[FailedRequest]) -> None:
    """Keep requests of the run that failed."""
    rows = [(run_id, *(getattr(one, name) for name in FailedRequest.model_fields)) for one in failed]
    await _note_failed.run_with_next(connection, rows)


async def read_failed_requests(database: Database, run_id: str) -> list[FailedRequest]:
    """The requests of the run that failed, in order; the first of them, where they were very many."""
    query = select(sync_failed_requests).where(sync_failed_requests.c.run_id == run_id)
    async with database.snapshot() as connection:
        rows = await connection.execute(query.order_by(sync_failed_requests.c.number))
        return [FailedRequest.model_validate(row) for row in rows]
