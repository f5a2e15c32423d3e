"""Whatever a route raises is answered with a problem."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emagsync.core.errors import EmagsyncError
from emagsync.core.exhaustion import exhaustion_of
from emagsync.rest.problems import ApiProblem, invalid, problem_of
from emagsync.rest.refused_values import refusal_of
from emagsync.rest.unknown_names import with_nearest_names

log = structlog.get_logger()

_CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
}
_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method; the Allow header lists those it takes.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is larger than EMAGSYNC_SERVER__MAX_BODY_BYTES allows.",
}
_NOT_JSON = ApiProblem(
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "unsupported_media_type",
    "Send the body as JSON, with the header `Content-Type: application/json`.",
)


def install_problem_handlers(app: FastAPI, routes: Iterable[BaseRoute] = ()) -> None:
    """Answer every refusal, and every failure that is known, with a problem; others are UnexpectedErrorMiddleware's.

    `routes` are those that a refused method may be looked up in.
    """
    described = tuple(route for route in routes if isinstance(route, APIRoute) and route.include_in_schema)
    app.add_exception_handler(EmagsyncError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, partial(_on_http_exception, described))
    app.add_exception_handler(OSError, _on_system_error)


async def _on_our_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, EmagsyncError)  # noqa: S101 - the handler is installed for this type
    return answer_to(error, request.url.path)


def answer_to(error: EmagsyncError | HTTPException, path: str) -> Response:
    """The answer to a request for `path` that ended with this error; a failure is logged."""
    problem = problem_of(error) if isinstance(error, EmagsyncError) else _problem_of_http(error)
    if isinstance(error, EmagsyncError) and problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", code=problem.problem_code, path=path, error=str(error))
    return problem.response(path)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the handler is installed for this type
    found = error.errors()
    if any(_is_unread(item) for item in found):
        return _NOT_JSON.response(request.url.path)
    errors = with_nearest_names(found, request.scope.get("route"))
    return refusal_of(errors).response(request.url.path)


def _is_unread(item: Any) -> bool:
    """Whether FastAPI has left the body as it came, because its Content-Type is not that of JSON."""
    return tuple(item["loc"]) == ("body",) and isinstance(item.get("input"), bytes) and bool(item["input"])


async def _on_http_exception(routes: Sequence[APIRoute], request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is installed for this type
    status = HTTPStatus(error.status_code)
    if status < HTTPStatus.BAD_REQUEST:
        return Response(status_code=status, headers=error.headers)
    if status == HTTPStatus.BAD_REQUEST and error.__cause__ is not None:
        # FastAPI's words for a body that it could not even decode.
        return invalid("body", "This is not JSON in UTF-8.", "json_invalid").response(request.url.path)
    problem = _problem_of_http(error)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = _methods_at(routes, request.url.path)
        problem.headers |= {"Allow": ", ".join(methods)} if methods else {}
    return problem.response(request.url.path)


def _methods_at(routes: Sequence[APIRoute], path: str) -> list[str]:
    """The methods that `path` takes. Each route alone knows only its own."""
    return sorted({method for route in routes if route.path_regex.match(path) for method in route.methods or ()})


def _problem_of_http(error: HTTPException) -> ApiProblem:
    status = HTTPStatus(error.status_code)
    detail = _DETAILS.get(status) or str(error.detail)
    return ApiProblem(status, _CODES.get(status, "http_error"), detail, headers=error.headers)


async def _on_system_error(request: Request, error: Exception) -> Response:
    """What the machine has run out of is said; anything else of its errors is a defect of ours."""
    exhausted = exhaustion_of(error)
    if exhausted is None:
        raise error
    return await _on_our_error(request, exhausted)


class UnexpectedErrorMiddleware:
    """Answers what nobody expected with a problem (500) that names the place in the log, where it is written once.

    Starlette's own handler would raise the error again after the answer, and the server would log it a second time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        is_answered = False

        async def send_noted(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except Exception:
            error_id = uuid.uuid4().hex
            log.exception("unexpected_error", error_id=error_id, method=scope["method"], path=scope["path"])
            # What was begun breaks off: the server closes a connection whose answer is not complete.
            if not is_answered:
                await _unexpected(error_id).response(scope["path"])(scope, receive, send)


def _unexpected(error_id: str) -> ApiProblem:
    detail = f"The server failed unexpectedly; its log has the details under {error_id}."
    return ApiProblem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail, error_id=error_id)
