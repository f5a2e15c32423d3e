"""Routes of saved filters and of preferences: `/api/v1/emag/saved-filters`, `/api/v1/emag/preferences`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request

from emagsync.audit.service import audit
from emagsync.rest.auth import Viewer
from emagsync.rest.problems import problem_responses
from emagsync.views.dependencies import ViewStore
from emagsync.views.schemas import Preference, PreferenceName, SavedFilter, SavedFilterBody, SavedFilterList

router = APIRouter(prefix="/api/v1/emag", tags=["views"])

FilterId = Annotated[int, Path(ge=1, lt=2**53)]


@router.get("/saved-filters")
async def list_saved_filters(caller: Viewer, views: ViewStore) -> SavedFilterList:
    """One's own saved filters of the offers, and the shared ones."""
    return SavedFilterList(filters=await views.filters_for(caller))


@router.post("/saved-filters", status_code=HTTPStatus.CREATED, responses=problem_responses(HTTPStatus.CONFLICT))
async def add_saved_filter(request: Request, caller: Viewer, views: ViewStore, body: SavedFilterBody) -> SavedFilter:
    """Keep a filter under a name. 409 for a name that one has already."""
    saved = await views.add_filter(body, caller)
    await audit(request, caller, "saved_filter.add", saved.name, {"query": saved.query, "shared": saved.shared})
    return saved


@router.put("/saved-filters/{filter_id}", responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
async def replace_saved_filter(
    request: Request, caller: Viewer, views: ViewStore, filter_id: FilterId, body: SavedFilterBody
) -> SavedFilter:
    """Replace a filter, rename it, or share it. Its owner may, and where it is shared an admin."""
    saved = await views.replace_filter(filter_id, body, caller)
    await audit(request, caller, "saved_filter.change", saved.name, {"query": saved.query, "shared": saved.shared})
    return saved


@router.delete(
    "/saved-filters/{filter_id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=problem_responses(HTTPStatus.NOT_FOUND),
)
async def remove_saved_filter(request: Request, caller: Viewer, views: ViewStore, filter_id: FilterId) -> None:
    """Delete a filter."""
    await audit(request, caller, "saved_filter.remove", await views.remove_filter(filter_id, caller))


@router.get("/preferences/{name}")
async def get_preference(caller: Viewer, views: ViewStore, name: PreferenceName) -> Preference:
    """What the caller prefers."""
    return Preference(value=await views.preference(name, caller))


@router.put("/preferences/{name}")
async def set_preference(caller: Viewer, views: ViewStore, name: PreferenceName, body: Preference) -> Preference:
    """Keep what the caller prefers; `null` for the usual."""
    await views.prefer(name, body.value, caller)
    return body
