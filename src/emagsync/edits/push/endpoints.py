"""Routes of the outbox, pushes, the brake's holds, and undo."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from emagsync.audit.service import audit
from emagsync.core.account_names import AccountName
from emagsync.core.vocabulary import ACCOUNT_NAMES
from emagsync.edits.dependencies import AutoPush, Pushing, Undoing
from emagsync.edits.offer_names import with_part_numbers
from emagsync.edits.push import brake_repository, outbox_repository, repository
from emagsync.edits.push.api_schemas import (
    Decided,
    HoldList,
    ItemView,
    OutboxList,
    OutboxView,
    PushList,
    PushRequest,
    PushStarted,
    UndoAnswer,
    UndoRequest,
)
from emagsync.edits.push.errors import PushOff
from emagsync.edits.push.line_choice import LineChoice, OutboxQuery
from emagsync.edits.push.outbox import OutboxEntry
from emagsync.edits.push.schemas import Hold, HoldState, Push
from emagsync.edits.reasons import Reason, ReasonView, reason_text, reason_view
from emagsync.rest.auth import Operator, Viewer
from emagsync.rest.entity_tags import content_tag
from emagsync.rest.paging import MOST_ROWS, decode_id, decode_moment, encode_cursor
from emagsync.rest.problems import problem_responses
from emagsync.rest.state import State

router = APIRouter(prefix="/api/v1/emag", tags=["pushing"])

Account = Annotated[AccountName | None, Query(validation_alias=ACCOUNT_NAMES)]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Cursor = Annotated[str | None, Query(max_length=1000)]
HoldId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/outbox")
async def list_outbox(app: State, _: Viewer, response: Response, query: Annotated[OutboxQuery, Query()]) -> OutboxList:
    """List what is on its way to eMAG, or was: one line for each offer, newest first.

    The `ETag` is that of all but `seen_at`: while nothing changes, an earlier `seen_at` says the same.
    """
    lines, limit = query.lines(), query.limit
    before = None if query.cursor is None else decode_id("outbox", query.cursor)
    # Earlier than the moment that is read: what changes meanwhile counts as not seen.
    seen_at = app.clock.now()
    async with app.database.snapshot() as connection:
        lines = lines._replace(offers=await query.offers(connection))
        entries = await outbox_repository.list_entries(connection, lines, before=before, limit=limit + 1)
        counts = await outbox_repository.count_undecided(connection, lines)
        views = await with_part_numbers(connection, map(entry_view, entries[:limit]))
    more = len(entries) > limit
    listed = OutboxList(
        lines=views,
        next_cursor=encode_cursor("outbox", [entries[limit - 1].id]) if more else None,
        undecided=counts,
        seen_at=seen_at,
    )
    response.headers["ETag"] = content_tag(listed.model_dump_json(exclude={"seen_at"}).encode())
    return listed


@router.post("/outbox/approve")
async def approve_outbox_lines(
    request: Request, state: State, caller: Operator, pushing: Pushing, auto_push: AutoPush, choice: LineChoice
) -> Decided:
    """Approve lines that wait for a person (`push` is `approve`): these, all of an account, or all a filter finds."""
    lines = await pushing.approve(await choice.lines(state.database), by=caller.username)
    await audit(request, caller, "outbox.approve", choice.account or "lines", _chosen(choice, lines))
    auto_push.wake()
    return Decided(lines=lines)


@router.post("/outbox/reject")
async def reject_outbox_lines(
    request: Request, state: State, caller: Operator, pushing: Pushing, choice: LineChoice
) -> Decided:
    """Reject lines that were not sent yet; their edits are closed as rejected, with your name."""
    lines = await pushing.reject(await choice.lines(state.database), by=caller.username)
    await audit(request, caller, "outbox.reject", choice.account or "lines", _chosen(choice, lines))
    return Decided(lines=lines)


@router.post("/push", status_code=HTTPStatus.ACCEPTED, responses=problem_responses(400, 409))
async def push_now(
    request: Request, caller: Operator, pushing: Pushing, auto_push: AutoPush, asked: PushRequest
) -> PushStarted:
    """Push an account now, instead of within seconds. 409: its edits are not pushed."""
    if pushing.mode(asked.account) == "off":
        raise PushOff(asked.account)
    auto_push.push_now(asked.account)
    await audit(request, caller, "push.start", asked.account)
    return PushStarted(account=asked.account, push=pushing.mode(asked.account))


@router.get("/pushes")
async def list_pushes(
    state: State, _: Viewer, account: Account = None, limit: Limit = 50, cursor: Cursor = None
) -> PushList:
    """List pushes, newest first."""
    async with state.database.snapshot() as connection:
        found = await repository.list_pushes(
            connection,
            account=account,
            before=decode_moment("pushes", cursor) if cursor is not None else None,
            limit=limit + 1,
        )
    last = found[limit - 1] if len(found) > limit else None
    return PushList(
        pushes=found[:limit],
        next_cursor=encode_cursor("pushes", [last.created_at, last.id]) if last else None,
    )


@router.get("/pushes/{push_id}", responses=problem_responses(404))
async def get_push(state: State, _: Viewer, push_id: Annotated[str, Path(max_length=36)]) -> Push:
    """One push; `GET /outbox?push_id=...` lists its lines."""
    async with state.database.snapshot() as connection:
        return await repository.get_push(connection, push_id)


@router.get("/holds")
async def list_holds(
    app: State,
    _: Viewer,
    account: Account = None,
    state: Annotated[list[HoldState] | None, Query(max_length=len(HoldState))] = None,
) -> HoldList:
    """List what the brake stopped, newest first, at most a hundred."""
    async with app.database.snapshot() as connection:
        return HoldList(holds=await brake_repository.list_holds(connection, account=account, states=state or ()))


@router.post("/holds/{hold_id}/release", responses=problem_responses(404, 409))
async def release_hold(
    request: Request, caller: Operator, pushing: Pushing, auto_push: AutoPush, hold_id: HoldId
) -> Hold:
    """Release a hold: what the brake stopped is sent."""
    hold = await pushing.release_hold(hold_id, by=caller.username)
    await audit(request, caller, "hold.release", str(hold_id), {"account": hold.account, "counts": dict(hold.counts)})
    auto_push.wake()
    return hold


@router.post("/holds/{hold_id}/refuse", responses=problem_responses(404, 409))
async def refuse_hold(
    request: Request, caller: Operator, pushing: Pushing, auto_push: AutoPush, hold_id: HoldId
) -> Hold:
    """Refuse a hold. Of a push: what the brake counted is rejected, the rest is sent. Of a sync: the account's edits
    are not sent until the hold is released after all."""
    hold = await pushing.refuse_hold(hold_id, by=caller.username)
    await audit(request, caller, "hold.refuse", str(hold_id), {"account": hold.account, "counts": dict(hold.counts)})
    auto_push.wake()
    return hold


@router.post("/undo", responses=problem_responses(404, 409, 422))
async def undo_changes(
    request: Request, caller: Operator, undoing: Undoing, auto_push: AutoPush, asked: UndoRequest
) -> UndoAnswer:
    """Put back what a push, or a sync's merge, changed: as new edits, checked and pushed like any others.

    `preview` (the default) only says what would be done.
    """
    answer = await undoing.undo(asked, by=caller.username)
    if not answer.preview:
        detail = asked.model_dump(mode="json", exclude_none=True) | {"put_back": answer.put_back}
        await audit(request, caller, "edits.undo", asked.push_id or asked.run_id or asked.account or "", detail)
        auto_push.wake()
    return answer


def entry_view(entry: OutboxEntry) -> OutboxView:
    """The entry as the API shows it."""
    shown = {name: value for name, value in entry._asdict().items() if name in OutboxView.model_fields}
    items = [ItemView.model_validate({**vars(item), **_shown(item.reason)}) for item in entry.items]
    return OutboxView.model_validate({**shown, "account": entry.account, "items": items, **_shown(entry.reason)})


def _shown(reason: Reason | None) -> dict[str, str | ReasonView | None]:
    return {"reason": reason_text(reason), "why": reason_view(reason)}


def _chosen(choice: LineChoice, lines: int) -> dict[str, object]:
    by_filter = {} if choice.filter is None else {"filter": choice.filter.model_dump(mode="json", exclude_none=True)}
    return {"ids": (choice.ids or [])[:100], "lines": lines, **by_filter}
