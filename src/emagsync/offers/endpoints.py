"""The product routes: lists, one product, its history, the change feed, exports."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from emagsync.offers import change_feed, product_queries
from emagsync.offers.dependencies import Edits, Objections, ProductExports, ProductTotals, ReferenceData
from emagsync.offers.explanations import Language
from emagsync.offers.export_formats import ExportFormat
from emagsync.offers.product_parameters import (
    AccountName,
    Filters,
    ListQuery,
    Place,
    ProductId,
    accounts_of,
    language_of,
)
from emagsync.offers.product_schemas import (
    Feed,
    FeedData,
    ProductAnswer,
    ProductChanges,
    ProductChangesData,
    ProductPage,
)
from emagsync.rest.auth import Viewer
from emagsync.rest.problems import problem_responses
from emagsync.rest.state import State

router = APIRouter(prefix="/api/v1/emag/products", tags=["products"])


_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.JSONL: "application/jsonl",
}


@router.get("/products", response_model=ProductPage)
async def list_products(
    state: State, _: Viewer, query: ListQuery, totals: ProductTotals, edits: Edits, references: ReferenceData
) -> Response:
    """Products of the local copy."""
    body = await product_queries.read_products(
        state.database,
        query.filter(),
        query.order(),
        skip=query.skip,
        limit=query.limit,
        totals=totals,
        now=state.clock.now(),
        edits=edits,
        references=references,
    )
    return Response(body, media_type="application/json")


@router.get(
    "/products/export",
    response_class=Response,
    responses={
        200: {
            "description": "The whole selection, by account and id.",
            "content": {media_type: {"schema": {"type": "string"}} for media_type in _MEDIA_TYPES.values()},
        },
        **problem_responses(HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INSUFFICIENT_STORAGE),
    },
)
async def export_products(
    state: State,
    _: Viewer,
    filters: Filters,
    exports: ProductExports,
    export_format: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.CSV,
) -> StreamingResponse:
    """Every product of the selection as a file, streamed. Text cells cannot run as formulas."""
    pieces = exports.stream(filters.filter(), export_format)
    # What cannot be read at all is answered with a problem, not with a file that breaks off.
    first = await anext(pieces)
    name = f"emagsync-products-{state.clock.now():%Y-%m-%d}.{export_format}"
    return _Download(
        first,
        pieces,
        media_type=_MEDIA_TYPES[export_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.get(
    "/products/{product_id}",
    response_model=ProductAnswer,
    responses={304: {"description": "It is as `If-None-Match` names it."}, **problem_responses(HTTPStatus.NOT_FOUND)},
)
async def get_product(
    request: Request,
    state: State,
    _: Viewer,
    product_id: ProductId,
    language: Annotated[Language, Depends(language_of)],
    objections: Objections,
    edits: Edits,
    references: ReferenceData,
) -> Response:
    """Everything about one product: why it does or does not sell, what eMAG objects to, the row as eMAG sent it.

    The `ETag` is what an edit takes for `If-Match`.
    """
    body, version = await product_queries.read_product(
        state.database,
        product_id,
        language=language,
        objections=objections,
        now=state.clock.now(),
        edits=edits,
        references=references,
    )
    tag = f'"{version}.{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


class HistoryQuery(BaseModel):
    """Which part of a product's history."""

    limit: int = Field(default=100, ge=1, le=1000)
    before: Place | None = Field(default=None, description="Only changes with a smaller `seq`.")


@router.get(
    "/products/{product_id}/changes",
    response_model=ProductChanges,
    responses=problem_responses(HTTPStatus.NOT_FOUND),
)
async def list_changes(
    state: State, _: Viewer, product_id: ProductId, query: Annotated[HistoryQuery, Query()]
) -> Response:
    """What changed of one product, newest first."""
    changes, next_before = await product_queries.read_changes(
        state.database, product_id, limit=query.limit, before=query.before
    )
    data = ProductChangesData(changes=changes, count=len(changes), next_before=next_before)
    return _json(ProductChanges(data=data))


class FeedQuery(BaseModel):
    """From where on to read the feed, and how far."""

    after: Place = Field(default=0, description="The last `next_after`; 0 is the beginning.")
    limit: int = Field(default=500, ge=1, le=5000)
    account_type: AccountName | None = None


@router.get("/changes", response_model=Feed, responses=problem_responses(HTTPStatus.CONFLICT))
async def read_feed(state: State, _: Viewer, query: Annotated[FeedQuery, Query()]) -> Response:
    """Every change of every product, oldest first. Keep `next_after` for the next request, and you miss none."""
    page = await change_feed.read_feed(
        state.database, after=query.after, limit=query.limit, accounts=accounts_of(query.account_type)
    )
    data = FeedData(
        changes=page.changes,
        count=len(page.changes),
        next_after=page.next_after,
        has_more=page.has_more,
    )
    return _json(Feed(data=data))


def _json(document: BaseModel) -> Response:
    """Written by pydantic in one go; FastAPI would validate and convert each part of it once more."""
    return Response(document.model_dump_json(), media_type="application/json")


class _Download(StreamingResponse):
    """Closes what it streams however the call ends: a reader that leaves must not keep a connection or a file."""

    def __init__(
        self, first: bytes, pieces: AsyncGenerator[bytes, None], *, media_type: str, headers: dict[str, str]
    ) -> None:
        async def content() -> AsyncIterator[bytes]:
            yield first
            async for piece in pieces:
                yield piece

        super().__init__(content(), media_type=media_type, headers=headers)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces):
            await super().__call__(scope, receive, send)
