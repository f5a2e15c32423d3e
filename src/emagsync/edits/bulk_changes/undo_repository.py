"""SQL for undoing a batch of edits or a push, some offers at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits import repository
from emagsync.edits.model import Edit
from emagsync.edits.push import undo_repository
from emagsync.edits.push.undo_repository import PastChange
from emagsync.edits.states import EditState
from emagsync.edits.tables import local_edits, outbox

_UNDOABLE = (EditState.OPEN, EditState.CONFLICT, EditState.APPLIED)


async def stream_keys(
    connection: AsyncConnection, *, batch_id: str | None, push_id: str | None
) -> AsyncIterator[tuple[str, int]]:
    """Account and eMAG's id of the offers that the batch, or the push, has changed or is to change."""
    if batch_id is not None:
        table, chosen = local_edits, (local_edits.c.batch_id == batch_id, local_edits.c.state.in_(_UNDOABLE))
    else:
        table, chosen = outbox, (outbox.c.push_id == push_id, outbox.c.state.in_(undo_repository.ENDED))
    key = (table.c.account, table.c.emag_id)
    async for row in await connection.stream(select(*key).where(*chosen).distinct().order_by(*key)):
        yield row.account, row.emag_id


async def is_undoable(connection: AsyncConnection, batch_id: str) -> bool:
    """Whether the batch has edits that wait, or were applied."""
    found = exists().where(local_edits.c.batch_id == batch_id, local_edits.c.state.in_(_UNDOABLE))
    return bool(await connection.scalar(select(found)))


async def edits_of_batch(
    connection: AsyncConnection, account: str, ids: Sequence[int], batch_id: str | None
) -> list[Edit]:
    """The batch's edits of these offers that wait or were applied; none where no batch is given."""
    if batch_id is None:
        return []
    edit = local_edits.c
    found: list[int] = []
    for some in repository.in_chunks(ids):
        query = select(edit.id).where(
            edit.account == account, edit.emag_id.in_(some), edit.batch_id == batch_id, edit.state.in_(_UNDOABLE)
        )
        found.extend((await connection.execute(query)).scalars())
    return await repository.by_ids(connection, found)


async def sent(
    connection: AsyncConnection, account: str, ids: Sequence[int], *, push_id: str | None, edit_ids: Collection[int]
) -> list[PastChange]:
    """What was sent of these offers and eMAG took: by the push, or else of these edits."""
    found: list[PastChange] = []
    for some in repository.in_chunks(ids):
        conditions = [outbox.c.account == account, outbox.c.emag_id.in_(some)]
        if push_id is not None:
            conditions.append(outbox.c.push_id == push_id)
        elif not edit_ids:
            continue
        found += await undo_repository.sent_of(connection, conditions, None if push_id is not None else edit_ids)
    return found
