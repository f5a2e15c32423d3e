"""The OpenAPI document. The page shows it at `/docs`, where one can try each route."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from emagsync.rest.auth import Viewer
from emagsync.rest.root_path import root_path_of

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request, _: Viewer) -> Response:
    """Every route as OpenAPI 3.1, with the address at which the caller found this server."""
    document = request.app.openapi()
    return JSONResponse({**document, "servers": [{"url": root_path_of(request.scope) or "/"}]})
