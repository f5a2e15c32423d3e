"""`/mcp`: the Model Context Protocol over streamable HTTP. It is no part of the REST API, nor of its document."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from emagsync.assistants.dependencies import AssistantServers
from emagsync.rest.auth import Viewer
from emagsync.rest.csrf import refuse_foreign_page
from emagsync.rest.problems import ApiProblem

router = APIRouter(include_in_schema=False)


@router.post("/mcp")
async def call(request: Request, caller: Viewer, assistants: AssistantServers) -> Response:
    """A message of the protocol, answered at once. Pages of other origins are refused, whatever token they have."""
    refuse_foreign_page(request)
    return await assistants.answer(caller)


@router.get("/mcp")
@router.delete("/mcp")
async def no_stream(_: Viewer) -> Response:
    """There are no sessions and no streams. Raises a 405 problem, which tells clients to do without."""
    raise ApiProblem(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Send messages of the Model Context Protocol by POST: this server keeps no sessions.",
        headers={"Allow": "POST"},
    )
