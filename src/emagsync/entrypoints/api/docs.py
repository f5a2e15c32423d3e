"""The OpenAPI document, and a page made of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from emagsync.entrypoints.api.docs_page import render
from emagsync.rest.auth import Viewer

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request, _: Viewer) -> Response:
    """Every route as OpenAPI 3.1."""
    return JSONResponse(_document(request))


@router.get("/docs")
async def docs(request: Request, _: Viewer) -> Response:
    """Every route as a page, without scripts and without anything from elsewhere."""
    return HTMLResponse(render(_document(request)))


def _document(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.openapi()
    return document
