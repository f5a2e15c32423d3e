"""Where the rows of a bulk change come from: a filter and a change, or what is undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits import repository as edit_repository
from emagsync.edits.bulk_changes import undo_repository
from emagsync.edits.bulk_changes.model import BulkChange, BulkKind, ChangeRow
from emagsync.edits.bulk_changes.request_schemas import FoundChange
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.model import Edit
from emagsync.edits.offer_repository import stored_offers, stream_keys
from emagsync.edits.push.api_schemas import UndoRow
from emagsync.edits.push.undo import combined, undo_row, values_put_back, with_currencies
from emagsync.edits.reasons import ReasonCode
from emagsync.edits.results import LineResult
from emagsync.edits.validation import Issue
from emagsync.offers.selection import OfferFilter


class Origin(Protocol):
    """Where the rows come from."""

    def keys(self, connection: AsyncConnection) -> AsyncIterator[tuple[str, int]]:
        """Account and eMAG's id of every offer that it is about, in this order, as a stream."""

    async def requests(self, connection: AsyncConnection, rows: Sequence[ChangeRow]) -> Sequence[ChangeRequest]:
        """What is asked of these offers, one request for each row, with the row's number."""

    def finished(self, result: LineResult) -> LineResult:
        """The result of a request with what a request cannot say."""

    @property
    def offer_filter(self) -> OfferFilter | None:
        """The filter, where it finds what came since; None: nothing can have come."""


def origin_of(change: BulkChange) -> Origin:
    """The origin of a stored change."""
    if change.kind is BulkKind.UNDO:
        return Past(change.asked.get("batch_id"), change.asked.get("push_id"), confirm=change.confirm)
    return Found(FoundChange.model_validate(change.asked), confirm=change.confirm)


@dataclass(frozen=True)
class Found:
    """All that a filter finds, and one change for each."""

    asked: FoundChange
    confirm: bool

    async def keys(self, connection: AsyncConnection) -> AsyncIterator[tuple[str, int]]:
        """As `Origin` says."""
        async for key in stream_keys(connection, self.offer_filter):
            yield key

    async def requests(self, connection: AsyncConnection, rows: Sequence[ChangeRow]) -> Sequence[ChangeRequest]:
        """As `Origin` says."""
        request = self.asked.change_request(confirm=self.confirm)
        return [replace(request, row=row.row, account=row.account, emag_id=row.emag_id) for row in rows]

    def finished(self, result: LineResult) -> LineResult:
        """As `Origin` says."""
        return result

    @property
    def offer_filter(self) -> OfferFilter:
        """As `Origin` says."""
        return self.asked.filter.filter()


class Past:
    """What a batch of edits, or a push, has changed: edits that wait are taken back, what was sent is put back."""

    def __init__(self, batch_id: str | None, push_id: str | None, *, confirm: bool) -> None:
        self._batch_id = batch_id
        self._push_id = push_id
        self._confirm = confirm
        # Of the piece that was asked for last.
        self._taken_back: Mapping[tuple[str, int], Sequence[Edit]] = {}

    async def keys(self, connection: AsyncConnection) -> AsyncIterator[tuple[str, int]]:
        """As `Origin` says."""
        async for key in undo_repository.stream_keys(connection, batch_id=self._batch_id, push_id=self._push_id):
            yield key

    async def requests(self, connection: AsyncConnection, rows: Sequence[ChangeRow]) -> Sequence[ChangeRequest]:
        """As `Origin` says."""
        by_account: dict[str, list[ChangeRow]] = defaultdict(list)
        for row in rows:
            by_account[row.account].append(row)
        waiting: dict[tuple[str, int], list[Edit]] = {}
        requests: list[ChangeRequest] = []
        for account, of_account in by_account.items():
            requests += await self._of_account(connection, account, of_account, waiting)
        self._taken_back = waiting
        return requests

    async def _of_account(
        self,
        connection: AsyncConnection,
        account: str,
        rows: Sequence[ChangeRow],
        waiting: dict[tuple[str, int], list[Edit]],
    ) -> list[ChangeRequest]:
        ids = [row.emag_id for row in rows]
        edits = await undo_repository.edits_of_batch(connection, account, ids, self._batch_id)
        for edit in edits:
            if edit.state in ("open", "conflict"):
                waiting.setdefault((account, edit.emag_id), []).append(edit)
        past = await undo_repository.sent(
            connection, account, ids, push_id=self._push_id, edit_ids={edit.id for edit in edits}
        )
        changes = combined(await with_currencies(connection, past))
        offers = await stored_offers(connection, account, ids)
        undone: dict[int, list[UndoRow]] = defaultdict(list)
        for change in changes:
            undone[change.emag_id].append(undo_row(change, offers.get(change.emag_id)))
        in_flight = await edit_repository.in_flight(connection, account, ids)
        return [
            _request_of(
                row,
                undone[row.emag_id],
                confirm=self._confirm,
                is_sending=row.emag_id in in_flight and (account, row.emag_id) in waiting,
            )
            for row in rows
        ]

    def finished(self, result: LineResult) -> LineResult:
        """As `Origin` says: the result with the waiting edits that are taken back."""
        edits = self._taken_back.get((result.request.account, result.request.emag_id or 0), ())
        if result.plan is None or not edits:
            return result
        known = {edit.id for edit in result.plan.replaced}
        replaced = (*result.plan.replaced, *(edit for edit in edits if edit.id not in known))
        return replace(result, plan=replace(result.plan, replaced=replaced))

    @property
    def offer_filter(self) -> None:
        """As `Origin` says."""
        return None


def _request_of(row: ChangeRow, undone: Sequence[UndoRow], *, confirm: bool, is_sending: bool) -> ChangeRequest:
    """The request that puts an offer's values back. What cannot be is a doubt; an error where nothing can be."""
    back = [one for one in undone if one.action == "put_back"]
    left = [_left(one) for one in undone if one.action == "left" and not _has_it(one)]
    given: Mapping[str, Any] = values_put_back(back).get((row.account, row.emag_id), {})
    errors = left if left and not given else []
    if is_sending:
        message = "its edit is being sent to eMAG: wait until that is over"
        errors = [*errors, Issue("emag_id", "edit_underway", message)]
    return ChangeRequest(
        given,
        row=row.row,
        account=row.account,
        emag_id=row.emag_id,
        confirm=confirm,
        errors=errors,
        doubts=left if given else (),
    )


def _has_it(row: UndoRow) -> bool:
    return row.why is not None and row.why.code is ReasonCode.HAS_VALUE


def _left(row: UndoRow) -> Issue:
    code = "left" if row.why is None else row.why.code.value
    return Issue(row.field, code, row.reason or "", {} if row.why is None else row.why.values)
