"""Undo: puts back what a push, or a sync's merge, changed.

It makes ordinary edits with the earlier values, which go through the same checks and the same push as any others; so an
undo can be undone itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.errors import ConfirmationNeeded, EditRefused
from emagsync.edits.fields import MOST_STOCK, PRICES, STATUS, STOCK, VAT_ID
from emagsync.edits.offer_repository import stored_offers
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.push import repository, undo_repository
from emagsync.edits.push.api_schemas import UndoAnswer, UndoRequest, UndoRow
from emagsync.edits.push.errors import NothingToUndo
from emagsync.edits.push.undo_repository import PastChange, Span
from emagsync.edits.reasons import Reason, ReasonCode, reason_text, reason_view
from emagsync.edits.service import EditService
from emagsync.edits.states import EditSource
from emagsync.edits.storing import Author
from emagsync.offers.currency_repository import currency_courses

# Stock that a sync found changed was sold, or counted anew: putting it back would sell what is not there.
_OF_A_SYNC: Final = (*PRICES, STATUS, VAT_ID)


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
            changes = await with_currencies(connection, await _past_changes(connection, asked))
            rows = await _rows(connection, combined(changes))
        if not rows:
            raise NothingToUndo
        requests = _requests([row for row in rows if row.action == "put_back"], confirm=asked.confirm)
        batch_id = None if asked.preview or not requests else await self._apply(requests, by)
        put_back = sum(row.action == "put_back" for row in rows)
        return UndoAnswer(
            preview=asked.preview, put_back=put_back, left=len(rows) - put_back, batch_id=batch_id, rows=rows
        )

    async def _apply(self, requests: Sequence[ChangeRequest], by: str) -> str | None:
        result = await self._edits.apply(requests, Author(by, EditSource.UNDO))
        if result.batch_id is None:
            for line in result.lines:
                if line.plan is None or line.errors:
                    raise EditRefused(f"Offer {line.request.emag_id} cannot be put back:", line.errors)
                if line.plan.faults:
                    raise EditRefused(f"Offer {line.request.emag_id} cannot be put back:", line.plan.faults)
            doubts = [doubt for one in result.lines if one.plan for doubt in one.plan.doubts]
            raise ConfirmationNeeded("Confirm that this is meant:", doubts)
        return result.batch_id


async def _past_changes(connection: AsyncConnection, asked: UndoRequest) -> list[PastChange]:
    """Everything that the request means. Raises PushNotFound."""
    if asked.push_id is not None:
        await repository.get_push(connection, asked.push_id)
        changes = await undo_repository.sent_by_push(connection, asked.push_id)
    elif asked.run_id is not None:
        changes = await undo_repository.copied_by_run(connection, asked.run_id, _OF_A_SYNC)
        changes += await undo_repository.lost_by_run(connection, asked.run_id)
    else:
        assert asked.account is not None  # noqa: S101 - the request's own check
        span = Span(asked.account, since=asked.since, until=asked.until, ids=asked.ids)
        if asked.since is None:
            return _newest_of_each_offer(await undo_repository.sent_in(connection, Span(span.account, ids=span.ids)))
        changes = await undo_repository.sent_in(connection, span) + await undo_repository.lost_in(connection, span)
    return _selected(changes, asked)


def _selected(changes: Iterable[PastChange], asked: UndoRequest) -> list[PastChange]:
    """Those of the accounts and offers that the request names."""
    ids = None if asked.ids is None else set(asked.ids)
    account = asked.account
    return [one for one in changes if (ids is None or one.emag_id in ids) and account in (None, one.account)]


def _newest_of_each_offer(changes: Iterable[PastChange]) -> list[PastChange]:
    """Of each offer what its newest entry changed: the entry's changes have its time."""
    by_entry: dict[tuple[int, datetime], list[PastChange]] = defaultdict(list)
    for change in changes:
        by_entry[change.emag_id, change.at].append(change)
    newest: dict[int, list[PastChange]] = {}
    for (emag_id, _), of_entry in sorted(by_entry.items(), key=lambda pair: pair[0][1]):
        newest[emag_id] = of_entry
    return [change for of_entry in newest.values() for change in of_entry]


def combined(changes: Iterable[PastChange]) -> list[PastChange]:
    """One change for each value: from what it was first to what it became last, with the last edit that was lost."""
    combined: dict[tuple[str, int, str, int], PastChange] = {}
    for change in sorted(changes, key=lambda change: change.at):
        first = combined.get(change[:4], change)
        lost = change if change.lost_edit is not None else first
        combined[change[:4]] = change._replace(
            before=first.before,
            lost_edit=lost.lost_edit,
            currency=first.currency if lost.lost_edit is None else lost.currency,
        )
    return [combined[key] for key in sorted(combined)]


async def with_currencies(connection: AsyncConnection, changes: Sequence[PastChange]) -> list[PastChange]:
    """The changes, those of prices with what they were in before."""
    prices = {(change.account, change.emag_id) for change in changes if change.field in PRICES}
    courses = await currency_courses(connection, prices) if prices else {}
    return [
        change._replace(currency=change.currency or courses[change.account, change.emag_id].before(change.at))
        if change.field in PRICES
        else change
        for change in changes
    ]


async def _rows(connection: AsyncConnection, changes: Sequence[PastChange]) -> list[UndoRow]:
    """What undoing does about each change, by what the local copy has now."""
    by_account: dict[str, set[int]] = defaultdict(set)
    for change in changes:
        by_account[change.account].add(change.emag_id)
    offers = {account: await stored_offers(connection, account, ids) for account, ids in by_account.items()}
    return [undo_row(change, offers[change.account].get(change.emag_id)) for change in changes]


def undo_row(change: PastChange, offer: StoredOffer | None) -> UndoRow:
    """What undoing does about one change of an offer, given what the local copy has of it now (None: nothing)."""
    now = None if offer is None else offer.values.get((change.field, change.warehouse_id))
    wanted = change.before if change.lost_edit is None else change.lost_edit
    is_difference = (
        change.field == STOCK and change.lost_edit is None and None not in (change.before, change.after, now)
    )
    if is_difference:
        # What was sold meanwhile stays sold.
        taken_back = int(change.before or 0) - int(change.after or 0)
        wanted = str(min(max(int(now or 0) + taken_back, 0), MOST_STOCK))
    reason: Reason | None = None
    if offer is None or offer.is_removed:
        reason = Reason.of(ReasonCode.OFFER_GONE)
    elif change.currency not in (None, offer.currency):
        # The number would be another amount now.
        reason = Reason.of(ReasonCode.OTHER_CURRENCY_SINCE, was=change.currency, now=offer.currency)
    elif now != change.after and not is_difference:
        reason = Reason.of(ReasonCode.OTHER_SINCE, value=now)
    elif wanted is None:
        reason = Reason.of(ReasonCode.NO_VALUE_BEFORE)
    elif wanted == now:
        reason = Reason.of(ReasonCode.HAS_VALUE)
    return UndoRow(
        account=change.account,
        emag_id=change.emag_id,
        field=change.field,
        warehouse_id=change.warehouse_id,
        now=now,
        put_back=wanted,
        action="left" if reason else "put_back",
        reason=reason_text(reason),
        why=reason_view(reason),
    )


def _requests(rows: Sequence[UndoRow], *, confirm: bool) -> list[ChangeRequest]:
    return [
        ChangeRequest(values, account=account, emag_id=emag_id, row=number, confirm=confirm)
        for number, ((account, emag_id), values) in enumerate(values_put_back(rows).items(), start=1)
    ]


def values_put_back(rows: Iterable[UndoRow]) -> dict[tuple[str, int], dict[str, Any]]:
    """What is asked of each offer, by account and eMAG's id, so that it has again what `rows` put back."""
    given: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for row in rows:
        values = given[row.account, row.emag_id]
        if row.warehouse_id:
            entry: dict[str, Any] = {"warehouse_id": row.warehouse_id}
            if row.field == STOCK and row.now is not None:
                entry["change"] = int(row.put_back or 0) - int(row.now)
            else:
                entry["value"] = int(row.put_back or 0)
            values.setdefault(row.field, []).append(entry)
        else:
            values[row.field] = row.put_back
    return given
