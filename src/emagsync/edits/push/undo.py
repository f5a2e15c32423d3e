"""Undo: putting back what a push, or what a sync's merge, changed. It makes edits like any others, with the values from
before, through the same checks and the same push; so it can be undone itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.errors import ConfirmationNeeded, EditRefused
from emagsync.edits.fields import MOST_STOCK, PRICES, STATUS, STOCK, VAT_ID
from emagsync.edits.offer_snapshot import stored_offers
from emagsync.edits.push import outbox_repository, repository
from emagsync.edits.push.errors import NothingToUndo
from emagsync.edits.push.outbox import Result
from emagsync.edits.push.schemas import UndoAnswer, UndoRequest, UndoRow
from emagsync.edits.reasons import Reason, ReasonCode, reason_text, reason_view
from emagsync.edits.service import Author, EditService, Line
from emagsync.edits.states import EditSource, EditState, OutboxState
from emagsync.edits.tables import local_edits, outbox
from emagsync.offers.tables import offer_changes

# Stock that a sync found changed was sold, or counted anew: putting it back would sell what is not there.
_OF_A_SYNC: Final = (*PRICES, STATUS, VAT_ID)


class Step(NamedTuple):
    """One value that was changed: from, to, and when."""

    account: str
    emag_id: int
    field: str
    warehouse_id: int
    before: str | None
    after: str | None
    at: datetime
    lost_edit: str | None = None  # what a merge gave up for it


class Undo:
    """Finds what was changed, and puts it back."""

    def __init__(self, database: Database, edits: EditService) -> None:
        self._database = database
        self._edits = edits

    async def undo(self, asked: UndoRequest, *, by: str) -> UndoAnswer:
        """Say what putting back comes to, and unless it is a preview, do it.

        Raises PushNotFound, NothingToUndo, and EditRefused and ConfirmationNeeded where the checks of edits object.
        """
        async with self._database.snapshot() as connection:
            steps = _combined(await _steps(connection, asked))
            rows = await _rows(connection, steps)
        if not rows:
            raise NothingToUndo
        lines = _lines([row for row in rows if row.action == "put_back"], confirm=asked.confirm)
        batch_id = None if asked.preview or not lines else await self._apply(lines, by)
        put_back = sum(row.action == "put_back" for row in rows)
        return UndoAnswer(
            preview=asked.preview, put_back=put_back, left=len(rows) - put_back, batch_id=batch_id, rows=rows
        )

    async def _apply(self, lines: Sequence[Line], by: str) -> str | None:
        outcome = await self._edits.apply(lines, Author(by, EditSource.UNDO))
        if outcome.batch_id is None:
            for outlook in outcome.lines:
                if outlook.plan is None or outlook.errors:
                    raise EditRefused(f"Offer {outlook.line.emag_id} cannot be put back:", outlook.errors)
                if outlook.plan.faults:
                    raise EditRefused(f"Offer {outlook.line.emag_id} cannot be put back:", outlook.plan.faults)
            doubts = [doubt for one in outcome.lines if one.plan for doubt in one.plan.doubts]
            raise ConfirmationNeeded("Confirm that this is meant:", doubts)
        return outcome.batch_id


async def _steps(connection: AsyncConnection, asked: UndoRequest) -> list[Step]:
    if asked.push_id is not None:
        await repository.get_push(connection, asked.push_id)
        return _among(await _pushed(connection, [outbox.c.push_id == asked.push_id]), asked)
    if asked.run_id is not None:
        changed = await _synced(connection, [offer_changes.c.run_id == asked.run_id])
        return _among(changed + await _lost(connection, [local_edits.c.closed_by_run == asked.run_id]), asked)
    of_account = [outbox.c.account == asked.account_type]
    if asked.ids is not None:
        of_account.append(outbox.c.emag_id.in_(asked.ids))
    if asked.since is None:
        return await _newest(connection, of_account)
    lost = [local_edits.c.account == asked.account_type, local_edits.c.closed_at >= asked.since]
    of_account.append(outbox.c.finished_at >= asked.since)
    if asked.until is not None:
        lost.append(local_edits.c.closed_at < asked.until)
        of_account.append(outbox.c.finished_at < asked.until)
    return _among(await _pushed(connection, of_account) + await _lost(connection, lost), asked)


def _among(steps: Iterable[Step], asked: UndoRequest) -> list[Step]:
    ids = None if asked.ids is None else set(asked.ids)
    account = asked.account_type
    return [step for step in steps if (ids is None or step.emag_id in ids) and account in (None, step.account)]


async def _pushed(connection: AsyncConnection, conditions: Sequence[Any]) -> list[Step]:
    """What lines sent and eMAG took; also of a line of which something else was refused."""
    states = (OutboxState.APPLIED, OutboxState.REJECTED)
    lines = await outbox_repository.lines_where(connection, [*conditions, outbox.c.state.in_(states)])
    return [
        Step(line.account, line.emag_id, item.field, item.warehouse_id, item.before, item.target, line.updated_at)
        for line in lines
        for item in line.items
        if item.result in (Result.APPLIED, Result.CHANGED_SINCE)
    ]


async def _newest(connection: AsyncConnection, conditions: Sequence[Any]) -> list[Step]:
    """Of each offer what the newest line that changed anything did."""
    newest: dict[int, list[Step]] = {}
    by_line: dict[tuple[int, datetime], list[Step]] = defaultdict(list)
    for step in await _pushed(connection, conditions):
        by_line[step.emag_id, step.at].append(step)
    for (emag_id, _), steps in sorted(by_line.items(), key=lambda pair: pair[0][1]):
        newest[emag_id] = steps
    return [step for steps in newest.values() for step in steps]


async def _synced(connection: AsyncConnection, conditions: Sequence[Any]) -> list[Step]:
    """What eMAG had changed and a sync took over."""
    changed = offer_changes.c
    query = (
        select(changed.account, changed.emag_id, changed.field, changed.old, changed.new, changed.at)
        .where(*conditions, changed.source == "sync", changed.field.in_(_OF_A_SYNC))
        .order_by(changed.seq)
    )
    rows = await connection.execute(query)
    return [Step(row.account, row.emag_id, row.field, 0, row.old, row.new, row.at) for row in rows]


async def _lost(connection: AsyncConnection, conditions: Sequence[Any]) -> list[Step]:
    """Edits that a merge gave up for eMAG's values."""
    edit = local_edits.c
    query = select(local_edits).where(*conditions, edit.state == EditState.LOST, edit.closed_at.is_not(None))
    return [
        Step(
            row.account,
            row.emag_id,
            row.field,
            row.warehouse_id,
            row.base,
            row.closed_value,
            row.closed_at,
            lost_edit=row.value,
        )
        for row in await connection.execute(query.order_by(edit.id))
    ]


def _combined(steps: Iterable[Step]) -> list[Step]:
    """One step for each value: from what it was first to what it came to last; an edit that was lost is wanted back."""
    combined: dict[tuple[str, int, str, int], Step] = {}
    for step in sorted(steps, key=lambda step: step.at):
        first = combined.get(step[:4], step)
        combined[step[:4]] = step._replace(before=first.before, lost_edit=step.lost_edit or first.lost_edit)
    return [combined[key] for key in sorted(combined)]


async def _rows(connection: AsyncConnection, steps: Sequence[Step]) -> list[UndoRow]:
    by_account: dict[str, set[int]] = defaultdict(set)
    for step in steps:
        by_account[step.account].add(step.emag_id)
    now = {
        (account, emag_id): offer
        for account, ids in by_account.items()
        for emag_id, offer in (await stored_offers(connection, account, ids)).items()
    }
    rows: list[UndoRow] = []
    for step in steps:
        offer = now.get((step.account, step.emag_id))
        value = None if offer is None else offer.values.get((step.field, step.warehouse_id))
        gone = offer is None or offer.is_removed
        rows.append(_row(step, value, gone=gone))
    return rows


def _row(step: Step, value: str | None, *, gone: bool) -> UndoRow:
    wanted = step.before if step.lost_edit is None else step.lost_edit
    is_stock = step.field == STOCK and step.lost_edit is None and None not in (step.before, step.after, value)
    if is_stock:
        # A difference: what was sold meanwhile stays sold.
        wanted = str(min(max(int(value or 0) + _difference(step), 0), MOST_STOCK))
    reason: Reason | None = None
    if gone:
        reason = Reason.of(ReasonCode.OFFER_GONE)
    elif value != step.after and not is_stock:
        reason = Reason.of(ReasonCode.OTHER_SINCE, value=value)
    elif wanted is None:
        reason = Reason.of(ReasonCode.NO_VALUE_BEFORE)
    elif wanted == value:
        reason = Reason.of(ReasonCode.HAS_VALUE)
    return UndoRow(
        account_type=step.account,
        emag_id=step.emag_id,
        field=step.field,
        warehouse_id=step.warehouse_id,
        now=value,
        put_back=wanted,
        action="left" if reason else "put_back",
        reason=reason_text(reason),
        why=reason_view(reason),
    )


def _difference(step: Step) -> int:
    return int(step.before or 0) - int(step.after or 0)


def _lines(rows: Sequence[UndoRow], *, confirm: bool) -> list[Line]:
    given: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for row in rows:
        values = given[row.account_type, row.emag_id]
        if row.warehouse_id:
            entry: dict[str, Any] = {"warehouse_id": row.warehouse_id}
            if row.field == STOCK and row.now is not None:
                entry["change"] = int(row.put_back or 0) - int(row.now)
            else:
                entry["value"] = int(row.put_back or 0)
            values.setdefault(row.field, []).append(entry)
        else:
            values[row.field] = row.put_back
    return [
        Line(number, account, emag_id, None, ChangeRequest(given=values, confirm=confirm))
        for number, ((account, emag_id), values) in enumerate(given.items(), start=1)
    ]
