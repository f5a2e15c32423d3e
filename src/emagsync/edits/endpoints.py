"""Routes of edits and conflicts: editing one product or many, listing and withdrawing edits, deciding conflicts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from emagsync.audit.service import audit
from emagsync.core.edit_rules import EditableField
from emagsync.core.vocabulary import QueryModel
from emagsync.edits import conflict_repository, repository
from emagsync.edits.bulk.edit_workbooks import failed_rows, template
from emagsync.edits.bulk.file_reading import FileNote
from emagsync.edits.bulk.request_body import BulkFile, FailedRowsFile, read_bulk, read_failed
from emagsync.edits.bulk.selection import SelectionEdit, change_requests_of
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.dependencies import Conflicts, Edits, Files, Pushing
from emagsync.edits.errors import (
    ConfirmationNeeded,
    EditRefused,
)
from emagsync.edits.model import ConflictFilter, EditFilter
from emagsync.edits.offer_codes import OfferCodes
from emagsync.edits.offer_names import with_part_numbers
from emagsync.edits.planning import Effect, Plan
from emagsync.edits.push.brake_preview import preview_brake
from emagsync.edits.push.service import PushService
from emagsync.edits.request_schemas import BulkEdit, ConflictChoice, ConflictChoices, ListOptions, ProductEdit
from emagsync.edits.response_schemas import (
    BulkAnswer,
    ConflictView,
    EditAnswer,
    EditView,
    bulk_answer,
    conflict_view,
    edit_answer,
    edit_view,
    edits_of,
)
from emagsync.edits.service import EditService
from emagsync.edits.states import WAITING, ConflictState, EditSource, EditState, Resolution
from emagsync.edits.storing import Author
from emagsync.offers.export_columns import HeadingLanguage
from emagsync.offers.offer_endpoints import AccountPath, EmagIdPath
from emagsync.offers.offer_keys import OfferCode
from emagsync.offers.product_parameters import AccountName, ProductId
from emagsync.rest.auth import Operator, Principal, Viewer
from emagsync.rest.entity_tags import TAG_HEADER, entity_tag, version_in
from emagsync.rest.openapi import body_reference
from emagsync.rest.paging import MOST_ENTRIES, decode_id, encode_cursor
from emagsync.rest.problems import ApiProblem, problem_responses
from emagsync.rest.state import AppState, State

router = APIRouter(prefix="/api/v1/emag", tags=["edits"])


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORKBOOK: dict[int | str, dict[str, Any]] = {
    200: {"description": "A workbook.", "content": {_XLSX: {"schema": {"type": "string"}}}}
}
_NEXT_TAG: dict[int | str, dict[str, Any]] = {200: {"headers": TAG_HEADER}}
Id = Annotated[int, Path(ge=1, le=2**53)]
EmagId = Annotated[int, Field(ge=1, le=2**31)]
IfMatch = Annotated[
    str | None, Header(max_length=200, description="The product's `ETag` or `version`, so that no change is lost.")
]
Cursor = Annotated[str | None, Field(max_length=1000, description="`next_cursor` of the page before.")]


@router.patch(
    "/products/products/{product_id}",
    responses=_NEXT_TAG | problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED),
)
async def edit_product(
    request: Request,
    response: Response,
    state: State,
    caller: Operator,
    edits: Edits,
    product_id: ProductId,
    edit: ProductEdit,
    if_match: IfMatch = None,
) -> EditAnswer:
    """Edit one product: the edit is stored here, and sent to eMAG if the account's push is on.

    A value that looks like a mistake is refused with `confirmation_needed` unless `confirm` is set. With `If-Match`, an
    edit that somebody else made meanwhile is answered with 412, and one of what a restore has undone with 409.
    """
    change = edit.change_request(version=version_in(if_match, state.database.history_id))
    plan = await edits.edit_product(product_id, change, author_of(caller))
    await audit(request, caller, "offer.edit", f"{plan.offer.account}:{plan.offer.emag_id}", edit.given())
    return await _edited(response, state, plan)


@router.patch(
    "/offers/{account}/{emag_id}",
    responses=_NEXT_TAG | problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED),
    tags=["offers"],
)
async def edit_offer(
    request: Request,
    response: Response,
    state: State,
    caller: Operator,
    edits: Edits,
    account: AccountPath,
    emag_id: EmagIdPath,
    edit: ProductEdit,
    if_match: IfMatch = None,
) -> EditAnswer:
    """Edit one offer, by its account and eMAG's id. Otherwise as edits of products are."""
    change = edit.change_request(version=version_in(if_match, state.database.history_id))
    plan = await edits.edit_offer(account, emag_id, change, author_of(caller))
    await audit(request, caller, "offer.edit", f"{plan.offer.account}:{plan.offer.emag_id}", edit.given())
    return await _edited(response, state, plan)


@router.patch(
    "/offers",
    responses=_NEXT_TAG | problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED),
    tags=["offers"],
)
async def edit_offer_by_code(
    request: Request,
    response: Response,
    state: State,
    caller: Operator,
    edits: Edits,
    asked: Annotated[OfferCode, Query()],
    edit: ProductEdit,
    if_match: IfMatch = None,
) -> EditAnswer:
    """Edit the one offer with this part number, PNK or EAN. 409 names the offers where several have it."""
    named = await asked.find(state.database)
    change = edit.change_request(version=version_in(if_match, state.database.history_id))
    plan = await edits.edit_offer(named.account, named.emag_id, change, author_of(caller))
    await audit(request, caller, "offer.edit", f"{plan.offer.account}:{plan.offer.emag_id}", edit.given())
    return await _edited(response, state, plan)


async def _edited(response: Response, state: AppState, plan: Plan) -> EditAnswer:
    """The answer to an edit that was stored, with the offer's next `ETag`."""
    key = (plan.offer.account, plan.offer.emag_id)
    async with state.database.snapshot() as connection:
        waiting = (await edits_of(connection, [key])).get(key)
    answer = edit_answer(plan, waiting)
    response.headers["ETag"] = entity_tag(answer.data.version, "", state.database.history_id)
    return answer


@router.post(
    "/products/products/bulk-edit",
    responses=problem_responses(HTTPStatus.CONFLICT),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": body_reference(BulkEdit)},
                "multipart/form-data": {"schema": body_reference(BulkFile)},
            },
        }
    },
)
async def edit_offers_in_bulk(
    request: Request, state: State, caller: Operator, edits: Edits, pushing: Pushing, files: Files
) -> BulkAnswer:
    """Edit many products: a list as JSON, or a CSV or XLSX file, which is only previewed unless `preview` is false.

    A preview shows the effect of every row, and a `token` for exactly this result. All or nothing, unless
    `skip_invalid`: else a refusal has the same `data` as a preview. What is hidden in an XLSX file needs
    `include_hidden`.
    """
    body = await read_bulk(request, files)
    author = author_of(caller, bulk=True)
    answer = await _edit_many(
        body.requests, body.options, author, state=state, edits=edits, pushing=pushing, file=body.file_note
    )
    if answer.data.batch_id is not None:
        detail = _audit_detail(answer) | {"file": body.file_name}
        await audit(request, caller, "offer.bulk_edit", answer.data.batch_id, detail)
    return answer


@router.get("/products/products/bulk-edit/template", response_class=Response, responses=_WORKBOOK)
async def get_bulk_edit_template(_: Viewer, language: Annotated[HeadingLanguage, Query()] = "en") -> Response:
    """An empty file of edits to fill in, as XLSX, with an explanation of its columns."""
    return _workbook(template(language), "emagsync-template.xlsx")


@router.post(
    "/products/products/bulk-edit/failed-rows",
    response_class=Response,
    responses=_WORKBOOK | problem_responses(HTTPStatus.SERVICE_UNAVAILABLE),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": body_reference(FailedRowsFile)}},
        }
    },
)
async def get_failed_bulk_edit_rows(request: Request, _: Operator, edits: Edits, files: Files) -> Response:
    """The rows of a file of edits that cannot be stored as they are, as XLSX, each with what is wrong with it.

    Nothing is stored. The file can be mended and sent as a bulk edit: what was added to it is not read.
    """
    body, options = await read_failed(request, files)
    result = await edits.preview(body.requests)
    content = await asyncio.to_thread(failed_rows, result.lines, options.language, options.reasons_by_row())
    return _workbook(content, "emagsync-failed-rows.xlsx")


def _workbook(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=_XLSX, headers=headers)


@router.post("/products/products/bulk-change", responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
async def change_selected_offers(
    request: Request, state: State, caller: Operator, edits: Edits, pushing: Pushing, edit: SelectionEdit
) -> BulkAnswer:
    """Make one change to many products: those named by `ids`, or all that `filter` finds, at most 10,000.

    `set` gives every one the same value; `adjust` changes prices by a percentage or an amount. Otherwise as bulk edits
    are: only previewed unless `preview` is false, with a `token` for exactly what the preview shows.
    """
    async with state.database.snapshot() as connection:
        requests = await change_requests_of(connection, edit)
    author = author_of(caller, bulk=True)
    answer = await _edit_many(requests, edit, author, state=state, edits=edits, pushing=pushing)
    if answer.data.batch_id is not None:
        change = edit.model_dump(mode="json", include={"set", "adjust", "filter", "warehouse_id"}, exclude_none=True)
        await audit(request, caller, "offer.bulk_edit", answer.data.batch_id, _audit_detail(answer) | change)
    return answer


async def _edit_many(
    requests: Sequence[ChangeRequest],
    options: ListOptions,
    author: Author,
    *,
    state: AppState,
    edits: EditService,
    pushing: PushService,
    file: FileNote | None = None,
) -> BulkAnswer:
    """Preview or store the edits. Raises a problem with the effect of every row where they cannot be stored."""
    if options.preview:
        result = await edits.preview(requests)
        plans = [line.plan for line in result.lines if line.plan and not line.errors]
        mode = pushing.mode
        async with state.database.snapshot() as connection:
            brakes = await preview_brake(connection, plans, settings=state.settings.edits, mode=mode)
        return bulk_answer(result, brakes, file=file)
    result = await edits.apply(requests, author, skip_invalid=options.skip_invalid, token=options.token)
    answer = bulk_answer(result, file=file)
    if result.batch_id is None:
        raise _not_applied(answer)
    return answer


def _audit_detail(answer: BulkAnswer) -> dict[str, Any]:
    return {"rows": len(answer.data.rows), "kept": answer.data.kept}


class EditQuery(OfferCodes, QueryModel):
    """Filters of the list of edits."""

    account: AccountName | None = None
    emag_id: EmagId | None = None
    state: list[EditState] | None = Field(
        default=None, max_length=8, description="Repeat it for more than one; without, the pending ones."
    )
    field: EditableField | None = None
    batch_id: str | None = Field(default=None, max_length=36, description="Of one bulk edit.")
    limit: int = Field(default=100, ge=1, le=MOST_ENTRIES)
    cursor: Cursor = None


class EditPage(BaseModel):
    """Newest first."""

    edits: list[EditView]
    next_cursor: str | None


@router.get("/edits")
async def list_edits(state: State, _: Viewer, query: Annotated[EditQuery, Query()]) -> EditPage:
    """Local edits: the pending ones, or those in other states."""
    wanted = EditFilter(query.account, query.emag_id, tuple(query.state or WAITING), query.field, query.batch_id)
    before = None if query.cursor is None else decode_id("edits", query.cursor)
    async with state.database.snapshot() as connection:
        wanted = replace(wanted, offers=await query.offers(connection))
        found = await repository.list_edits(connection, wanted, limit=query.limit + 1, before=before)
        page = found[: query.limit]
        views = await with_part_numbers(connection, map(edit_view, page))
    more = encode_cursor("edits", [page[-1].id]) if len(found) > query.limit else None
    return EditPage(edits=views, next_cursor=more)


@router.delete(
    "/edits/{edit_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def withdraw_edit(request: Request, caller: Operator, edits: Edits, edit_id: Id) -> None:
    """Withdraw a pending edit: eMAG's value stays."""
    edit = await edits.withdraw(edit_id, caller.username)
    detail = {"field": edit.field, "value": edit.value}
    await audit(request, caller, "edit.withdraw", f"{edit.account}:{edit.emag_id}", detail)


class ConflictQuery(OfferCodes, QueryModel):
    """Filters of the list of conflicts."""

    account: AccountName | None = None
    emag_id: EmagId | None = None
    field: EditableField | None = None
    state: ConflictState | None = ConflictState.OPEN
    limit: int = Field(default=100, ge=1, le=MOST_ENTRIES)
    cursor: Cursor = None


class ConflictPage(BaseModel):
    """Newest first; `open` counts all that are open, by account."""

    conflicts: list[ConflictView]
    open: dict[str, int]
    next_cursor: str | None


class Resolved(BaseModel):
    """The conflicts that were decided; `has_more` says that others of the selection are still open."""

    conflicts: list[ConflictView]
    has_more: bool


@router.get("/conflicts")
async def list_conflicts(state: State, _: Viewer, query: Annotated[ConflictQuery, Query()]) -> ConflictPage:
    """What was edited here and changed on eMAG, for a person to decide."""
    wanted = ConflictFilter(query.account, query.emag_id, query.field, query.state)
    before = None if query.cursor is None else decode_id("conflicts", query.cursor)
    async with state.database.snapshot() as connection:
        wanted = replace(wanted, offers=await query.offers(connection))
        found = await conflict_repository.list_conflicts(connection, wanted, limit=query.limit + 1, before=before)
        counts = await conflict_repository.counts(connection)
        page = found[: query.limit]
        views = await with_part_numbers(connection, map(conflict_view, page))
    more = encode_cursor("conflicts", [page[-1].id]) if len(found) > query.limit else None
    return ConflictPage(conflicts=views, open=counts, next_cursor=more)


@router.post("/conflicts/resolve", responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
async def resolve_conflicts(
    request: Request, caller: Operator, conflicts: Conflicts, choices: ConflictChoices
) -> Resolved:
    """Decide many conflicts at once, at most 1000."""
    resolution, author, more = Resolution(choices.resolution), author_of(caller), False
    if choices.ids is not None:
        resolved = await conflicts.resolve(choices.ids, resolution, author)
    else:
        wanted = ConflictFilter(choices.account, choices.emag_id, choices.field)
        resolved, more = await conflicts.resolve_all(wanted, resolution, author)
    detail = choices.model_dump(exclude_none=True) | {"resolved": len(resolved)}
    await audit(request, caller, "conflict.resolve", choices.account or "", detail)
    return Resolved(conflicts=[conflict_view(one) for one in resolved], has_more=more)


@router.post("/conflicts/{conflict_id}/resolve", responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
async def resolve_conflict(
    request: Request, caller: Operator, conflicts: Conflicts, conflict_id: Id, choice: ConflictChoice
) -> ConflictView:
    """Decide one conflict."""
    (resolved,) = await conflicts.resolve([conflict_id], choice.chosen, author_of(caller), value=choice.value)
    detail = choice.model_dump(exclude_none=True)
    await audit(request, caller, "conflict.resolve", f"{resolved.account}:{resolved.emag_id}", detail)
    return conflict_view(resolved)


def author_of(caller: Principal, *, bulk: bool = False) -> Author:
    """The author, as stored with edits."""
    if bulk:
        return Author(caller.username, EditSource.BULK)
    return Author(caller.username, EditSource.PAGE if caller.kind == "session" else EditSource.API)


def _not_applied(answer: BulkAnswer) -> ApiProblem:
    counts = answer.data.counts
    wrong, doubtful = counts[Effect.ERROR], counts[Effect.NEEDS_CONFIRMATION]
    code = EditRefused.code if wrong else ConfirmationNeeded.code
    detail = (
        f"Nothing was kept: {wrong} rows cannot be, {doubtful} need `confirm`. Mend them, or keep the others with "
        "`skip_invalid`."
    )
    data = answer.data.model_dump(mode="json")
    return ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, code, detail, data=data)
