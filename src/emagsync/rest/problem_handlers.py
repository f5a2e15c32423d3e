"""Exception handlers: whatever a route raises is answered with a problem."""

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

from emagsync.core.errors import EmagsyncError
from emagsync.rest.middleware import SECURITY_HEADERS
from emagsync.rest.openapi import allowed_methods
from emagsync.rest.problems import ApiProblem, FieldProblem, problem_of
from emagsync.rest.request_log import REQUEST_ID_HEADER

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
    """Answer every refusal and failure of `app` with a problem."""
    app.add_exception_handler(EmagsyncError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


async def _on_our_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, EmagsyncError)  # noqa: S101 - the handler is installed for this type
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_failed", code=problem.problem_code, path=request.url.path, error=str(error))
    return problem.response(request.url.path)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the handler is installed for this type
    errors = [_field_problem(item) for item in error.errors()]
    detail = "; ".join(f"{item.field}: {item.message}" for item in errors)
    problem = ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=errors)
    return problem.response(request.url.path)


def _field_problem(item: Any) -> FieldProblem:
    """Without `input` and `ctx`: what was sent may be a password."""
    code = str(item["type"])
    if code == "json_invalid":
        return FieldProblem(field="body", message="This is not JSON.", code=code)
    return FieldProblem(field=_field(item["loc"]), message=str(item["msg"]).removeprefix("Value error, "), code=code)


def _field(place: Sequence[str | int]) -> str:
    parts = [str(part) for part in place]
    if len(parts) > 1 and parts[0] in _PLACES:
        parts = parts[1:]
    return ".".join(parts)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is installed for this type
    status = HTTPStatus(error.status_code)
    if status < HTTPStatus.BAD_REQUEST:
        return Response(status_code=status, headers=error.headers)
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = allowed_methods(request.app.openapi(), request.url.path)
        headers |= {"Allow": ", ".join(methods)} if methods else {}
    detail = _DETAILS.get(status) or str(error.detail)
    problem = ApiProblem(status, _CODES.get(status, "http_error"), detail, headers=headers)
    return problem.response(request.url.path)


async def _on_unexpected(request: Request, error: Exception) -> Response:
    error_id = uuid.uuid4().hex
    log.error("unexpected_error", error_id=error_id, method=request.method, path=request.url.path, exc_info=error)
    detail = f"The server failed unexpectedly; its log has the details under {error_id}."
    problem = ApiProblem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        detail,
        # This answer is made outside of the middleware that would add them.
        headers=SECURITY_HEADERS | _request_id(),
        error_id=error_id,
    )
    return problem.response(request.url.path)


def _request_id() -> dict[str, str]:
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return {REQUEST_ID_HEADER: request_id} if isinstance(request_id, str) else {}
