"""Whatever a route raises is answered with a problem."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emagsync.core.errors import EmagsyncError
from emagsync.core.exhaustion import exhaustion_of
from emagsync.rest.openapi import allowed_methods
from emagsync.rest.problems import ApiProblem, FieldProblem, problem_of
from emagsync.rest.unknown_names import with_nearest_names
from emagsync.rest.unknown_values import with_nearest_value

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
_PLACES = frozenset({"body", "query", "path", "header", "cookie"})


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every refusal, and every failure that is known, with a problem; others are UnexpectedErrorMiddleware's."""
    app.add_exception_handler(EmagsyncError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
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
    errors = [
        _field_problem(with_nearest_value(item))
        for item in with_nearest_names(error.errors(), request.scope.get("route"))
    ]
    detail = "; ".join(f"{item.field}: {item.message}" for item in errors)
    problem = ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=errors)
    return problem.response(request.url.path)


def _field_problem(item: Any) -> FieldProblem:
    """Without `input` and `ctx`: what was sent may be a password."""
    code = str(item["type"])
    if code == "json_invalid":
        return FieldProblem(field="body", message="This is not JSON.", code=code)
    return FieldProblem(
        field=_field(item["loc"]),
        message=str(item["msg"]).removeprefix("Value error, "),
        code=code,
        values=item.get("values", {}),
    )


def _field(place: Sequence[str | int]) -> str:
    parts = [str(part) for part in place]
    if len(parts) > 1 and parts[0] in _PLACES:
        parts = parts[1:]
    return ".".join(parts)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is installed for this type
    if error.status_code < HTTPStatus.BAD_REQUEST:
        return Response(status_code=error.status_code, headers=error.headers)
    problem = _problem_of_http(error)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = allowed_methods(request.app.openapi(), request.url.path)
        problem.headers |= {"Allow": ", ".join(methods)} if methods else {}
    return problem.response(request.url.path)


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
