"""Routes of bulk changes: one change to any number of offers, worked through in the background."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from emagsync.audit.service import audit
from emagsync.core.vocabulary import QueryModel
from emagsync.edits.bulk_changes.dependencies import Changes
from emagsync.edits.bulk_changes.model import BulkOutcome
from emagsync.edits.bulk_changes.request_schemas import ApplyOptions, FoundChange, PastChangeChoice
from emagsync.edits.bulk_changes.response_schemas import BulkChangeAnswer, BulkChangeList, BulkChangeRows
from emagsync.edits.planning import Effect
from emagsync.rest.auth import Operator, Viewer
from emagsync.rest.paging import MOST_ROWS, decode_id, encode_cursor
from emagsync.rest.problems import problem_responses

router = APIRouter(prefix="/api/v1/emag/bulk-changes", tags=["edits"])

ChangeId = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Cursor = Annotated[str | None, Query(max_length=1000)]


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def change_found_offers(
    request: Request, caller: Operator, changes: Changes, asked: FoundChange
) -> BulkChangeAnswer:
    """Preview one change to all products that `filter` finds, however many.

    It is worked through in the background: `GET /bulk-changes/{id}` shows how far it is, and when it is `ready`, what
    it comes to. `POST /bulk-changes/{id}/apply` then keeps exactly that.
    """
    view = await changes.change_found(asked, by=caller.username)
    await audit(request, caller, "bulk_change.preview", view.batch_id, {"bulk_change": view.id, **view.asked})
    return BulkChangeAnswer(data=view)


@router.post(
    "/undo",
    status_code=HTTPStatus.ACCEPTED,
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def undo_changed_offers(
    request: Request, caller: Operator, changes: Changes, asked: PastChangeChoice
) -> BulkChangeAnswer:
    """Preview the undoing of a batch of edits, or of a push, however many offers that is: a bulk change as others are.

    Edits that wait are taken back; what was sent is put back by new edits. Edits that the change had replaced do not
    come back: their offers get the value that eMAG has, or had before the change was sent.
    """
    view = await changes.undo(asked, by=caller.username)
    await audit(request, caller, "bulk_change.preview", view.batch_id, {"bulk_change": view.id, **view.asked})
    return BulkChangeAnswer(data=view)


@router.get("")
async def list_bulk_changes(_: Viewer, changes: Changes, limit: Limit = 20, cursor: Cursor = None) -> BulkChangeList:
    """List bulk changes, newest first."""
    before = None if cursor is None else decode_id("bulk_changes", cursor)
    found = await changes.list_changes(limit=limit + 1, before=before)
    more = encode_cursor("bulk_changes", [found[limit - 1].id]) if len(found) > limit else None
    return BulkChangeList(changes=found[:limit], next_cursor=more)


@router.get("/{change_id}", responses=problem_responses(HTTPStatus.NOT_FOUND))
async def get_bulk_change(_: Viewer, changes: Changes, change_id: ChangeId) -> BulkChangeAnswer:
    """One bulk change: how far it is, what it comes to, and what the brake would say."""
    return BulkChangeAnswer(data=await changes.get(change_id))


class RowQuery(QueryModel):
    """Which rows of a bulk change."""

    effect: list[Effect] | None = Field(default=None, max_length=4, description="Repeat it for more than one.")
    outcome: BulkOutcome | None = None
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)
    cursor: str | None = Field(default=None, max_length=1000, description="`next_cursor` of the page before.")


@router.get("/{change_id}/rows", responses=problem_responses(HTTPStatus.NOT_FOUND))
async def list_bulk_change_rows(
    _: Viewer, changes: Changes, change_id: ChangeId, query: Annotated[RowQuery, Query()]
) -> BulkChangeRows:
    """What a bulk change comes to, offer by offer."""
    after = 0 if query.cursor is None else decode_id("bulk_change_rows", query.cursor)
    found = await changes.rows(
        change_id, effects=query.effect or (), outcome=query.outcome, after=after, limit=query.limit + 1
    )
    page = found[: query.limit]
    more = encode_cursor("bulk_change_rows", [page[-1].row]) if len(found) > query.limit else None
    return BulkChangeRows(rows=page, next_cursor=more)


@router.post(
    "/{change_id}/apply",
    status_code=HTTPStatus.ACCEPTED,
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def apply_bulk_change(
    request: Request, caller: Operator, changes: Changes, change_id: ChangeId, options: ApplyOptions
) -> BulkChangeAnswer:
    """Keep what the preview shows, in the background. Nothing is sent before all of it is kept.

    What has changed since the preview is left as it is: `changed_since` counts it, `came_since` what is found anew.
    """
    view = await changes.apply(change_id, options, by=caller.username)
    shown = view.model_dump(mode="json", include={"kind", "found", "counts"})
    detail = {"bulk_change": change_id, **shown, **view.asked, **options.model_dump()}
    await audit(request, caller, "offer.bulk_edit", view.batch_id, detail)
    return BulkChangeAnswer(data=view)


@router.post(
    "/{change_id}/stop",
    status_code=HTTPStatus.ACCEPTED,
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def stop_bulk_change(
    request: Request, caller: Operator, changes: Changes, change_id: ChangeId
) -> BulkChangeAnswer:
    """Discard a preview, or stop a change that is being applied: what was kept of it is taken back."""
    view = await changes.stop(change_id)
    await audit(request, caller, "bulk_change.stop", view.batch_id, {"bulk_change": change_id, "kept": view.kept})
    return BulkChangeAnswer(data=view)
