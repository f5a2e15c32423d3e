"""Routes of exports: a whole selection or chosen offers as a file, and presets of exports."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from emagsync.audit.service import audit
from emagsync.offers.dependencies import ExportPresetStore, ProductExports, ReferenceData
from emagsync.offers.export_formats import ExportFormat
from emagsync.offers.export_layout import ExportLayout
from emagsync.offers.export_presets import with_preset
from emagsync.offers.export_schemas import ExportBody, ExportQuery, Preset, PresetBody, PresetList
from emagsync.offers.export_stream import Exports
from emagsync.offers.reference_data import ReferenceReader
from emagsync.offers.selection import OfferFilter
from emagsync.rest.auth import Viewer
from emagsync.rest.problems import problem_responses
from emagsync.rest.state import AppState, State

router = APIRouter(prefix="/api/v1/emag/products", tags=["products"])

_MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.JSONL: "application/jsonl",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The whole selection, by account and id.",
        "content": {media_type: {"schema": {"type": "string"}} for media_type in _MEDIA_TYPES.values()},
    },
    **problem_responses(
        HTTPStatus.NOT_FOUND,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.NOT_IMPLEMENTED,
        HTTPStatus.INSUFFICIENT_STORAGE,
    ),
}
PresetId = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/products/export", response_class=Response, responses=_ANSWERS)
async def export_offers(
    state: State,
    caller: Viewer,
    exports: ProductExports,
    references: ReferenceData,
    presets: ExportPresetStore,
    query: Annotated[ExportQuery, Query()],
) -> StreamingResponse:
    """Every product of the selection as a file, streamed. Text cells cannot run as formulas."""
    asked = query if query.preset is None else with_preset(query, await presets.get(query.preset, caller))
    return await _download(state, exports, references, asked.filter(), asked.format, asked.layout_of(asked.column))


@router.post("/products/export", response_class=Response, responses=_ANSWERS)
async def export_chosen_offers(
    state: State, _: Viewer, exports: ProductExports, references: ReferenceData, body: ExportBody
) -> StreamingResponse:
    """Products that somebody chose, as a file. Those that are no more are left out."""
    chosen = OfferFilter(ids=tuple(sorted(set(body.ids))), include_removed=True)
    return await _download(state, exports, references, chosen, body.format, body.layout_of(body.columns))


@router.get("/export-presets")
async def list_export_presets(caller: Viewer, presets: ExportPresetStore) -> PresetList:
    """One's own presets of exports, and the shared ones."""
    return PresetList(presets=await presets.all_for(caller))


@router.post("/export-presets", status_code=HTTPStatus.CREATED, responses=problem_responses(HTTPStatus.CONFLICT))
async def add_export_preset(request: Request, caller: Viewer, presets: ExportPresetStore, body: PresetBody) -> Preset:
    """Keep an export under a name. 409 for a name that one has already."""
    preset = await presets.add(body, caller)
    await audit(request, caller, "export_preset.add", preset.name, {"shared": preset.shared})
    return preset


@router.put(
    "/export-presets/{preset_id}",
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
async def replace_export_preset(
    request: Request, caller: Viewer, presets: ExportPresetStore, preset_id: PresetId, body: PresetBody
) -> Preset:
    """Replace a preset. Others' are their owners' and, where they are shared, admins'."""
    preset = await presets.replace(preset_id, body, caller)
    await audit(request, caller, "export_preset.change", preset.name, {"shared": preset.shared})
    return preset


@router.delete(
    "/export-presets/{preset_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problem_responses(HTTPStatus.NOT_FOUND),
)
async def remove_export_preset(
    request: Request, caller: Viewer, presets: ExportPresetStore, preset_id: PresetId
) -> None:
    """Remove a preset."""
    name = await presets.remove(preset_id, caller)
    await audit(request, caller, "export_preset.remove", name)


async def _download(
    state: AppState,
    exports: Exports,
    references: ReferenceReader,
    offer_filter: OfferFilter,
    export_format: ExportFormat,
    layout: ExportLayout,
) -> StreamingResponse:
    pieces = exports.stream(offer_filter, export_format, layout=layout, known=await references.read())
    # What cannot be read at all is answered with a problem, not with a file that breaks off.
    first = await anext(pieces)
    name = f"emagsync-products-{layout.in_zone(state.clock.now()):%Y-%m-%d}.{export_format}"
    return _Download(
        first,
        pieces,
        media_type=_MEDIA_TYPES[export_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


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
