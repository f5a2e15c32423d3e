"""All SQL of undo: what pushes sent, what syncs copied, and the edits that a merge gave up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits.push.items import DONE_WELL, Result
from emagsync.edits.push.outbox_repository import read_entries
from emagsync.edits.states import EditState, OutboxState
from emagsync.edits.tables import local_edits, outbox
from emagsync.offers.tables import offer_changes

# An entry of which something was refused may have applied the rest.
ENDED = (OutboxState.APPLIED, OutboxState.REJECTED)
# What we had changed on eMAG's side: what it had already, nobody changed.
_SENT = tuple(result for result in DONE_WELL if result is not Result.ALREADY)


class PastChange(NamedTuple):
    """One value that was changed: from, to, and when."""

    account: str
    emag_id: int
    field: str
    warehouse_id: int
    before: str | None
    after: str | None
    at: datetime
    lost_edit: str | None = None  # the edit's value, where a merge gave an edit up for eMAG's value
    currency: str | None = None  # of a price: what would be put back is in; None: not known


@dataclass(frozen=True)
class Span:
    """An account's changes from `since` to `until`, which is not included; None: without that end. `ids`: eMAG's ids of
    the offers that are meant, None: all."""

    account: str
    since: datetime | None = None
    until: datetime | None = None
    ids: Collection[int] | None = None

    def conditions(self, account: ColumnElement[str], at: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
        """The span as conditions on these columns, without the ids."""
        found = [account == self.account]
        if self.since is not None:
            found.append(at >= self.since)
        if self.until is not None:
            found.append(at < self.until)
        return found


async def sent_by_push(connection: AsyncConnection, push_id: str) -> list[PastChange]:
    """What a push sent and eMAG took."""
    return await _sent(connection, [outbox.c.push_id == push_id])


async def sent_in(connection: AsyncConnection, span: Span) -> list[PastChange]:
    """What was sent and taken within a span of time."""
    conditions = span.conditions(outbox.c.account, outbox.c.finished_at)
    if span.ids is not None:
        conditions.append(outbox.c.emag_id.in_(span.ids))
    return await _sent(connection, conditions)


async def copied_by_run(connection: AsyncConnection, run_id: str, fields: Collection[str]) -> list[PastChange]:
    """What eMAG had changed in these fields and a sync's run copied."""
    changed = offer_changes.c
    query = (
        select(changed.account, changed.emag_id, changed.field, changed.old, changed.new, changed.at)
        .where(changed.run_id == run_id, changed.source == "sync", changed.field.in_(fields))
        .order_by(changed.seq)
    )
    rows = await connection.execute(query)
    return [PastChange(row.account, row.emag_id, row.field, 0, row.old, row.new, row.at) for row in rows]


async def lost_by_run(connection: AsyncConnection, run_id: str) -> list[PastChange]:
    """The edits that a run's merge gave up for eMAG's values."""
    return await _lost(connection, [local_edits.c.closed_by_run == run_id])


async def lost_in(connection: AsyncConnection, span: Span) -> list[PastChange]:
    """The edits that merges gave up within a span of time, those of all offers."""
    return await _lost(connection, span.conditions(local_edits.c.account, local_edits.c.closed_at))


async def _sent(connection: AsyncConnection, conditions: Iterable[ColumnElement[bool]]) -> list[PastChange]:
    return await sent_of(connection, conditions, None)


async def sent_of(
    connection: AsyncConnection, conditions: Iterable[ColumnElement[bool]], edit_ids: Collection[int] | None
) -> list[PastChange]:
    """What was sent by the entries that meet the conditions, and taken; of these edits only, None: of all."""
    entries = await read_entries(connection, [*conditions, outbox.c.state.in_(ENDED)])
    return [
        PastChange(
            entry.account, entry.emag_id, item.field, item.warehouse_id, item.before, item.target, entry.updated_at
        )
        for entry in entries
        for item in entry.items
        if item.result in _SENT and (edit_ids is None or item.edit_id in edit_ids)
    ]


async def _lost(connection: AsyncConnection, conditions: Iterable[ColumnElement[bool]]) -> list[PastChange]:
    edit = local_edits.c
    query: Select[Any] = (
        select(local_edits)
        .where(*conditions, edit.state == EditState.LOST, edit.closed_at.is_not(None))
        .order_by(edit.id)
    )
    return [
        PastChange(
            row.account,
            row.emag_id,
            row.field,
            row.warehouse_id,
            row.base,
            row.closed_value,
            row.closed_at,
            lost_edit=row.value,
            currency=row.currency,
        )
        for row in await connection.execute(query)
    ]
