"""The OpenAPI document. The page shows it at `/docs`, where one can try each route."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from emagsync.entrypoints.api.document_process import DocumentProcess, openapi_text
from emagsync.rest.auth import Viewer
from emagsync.rest.root_path import root_path_of

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request, _: Viewer, made: Annotated[DocumentProcess, Depends(openapi_text)]) -> Response:
    """Every route as OpenAPI 3.1, with the address at which the caller found this server."""
    text = await made.text(request.app.openapi)
    servers = orjson.dumps([{"url": root_path_of(request.scope) or "/"}])
    # It is an object, and too long to be read and written for each caller.
    return Response(text[:-1] + b',"servers":' + servers + b"}", media_type="application/json")
