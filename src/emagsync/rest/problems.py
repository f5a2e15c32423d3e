"""Problem answers (RFC 9457): every refusal is `application/problem+json` with a stable `code`, without internals.

An endpoint or service raises its feature's own error, whose class says how it is answered (`core.errors`). For a
refusal that belongs to the route alone there is `ApiProblem`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from emagsync.core.errors import EmagsyncError, ErrorKind

MEDIA_TYPE = "application/problem+json"
# What a caller is told to wait (`Retry-After`) where the refusal does not know better.
_WAIT_SECONDS: dict[int, str] = {HTTPStatus.TOO_MANY_REQUESTS: "2", HTTPStatus.SERVICE_UNAVAILABLE: "5"}


class FieldProblem(BaseModel):
    """What is wrong with one value of a request. `field` is its path, such as `selection.ids.0`."""

    field: str
    message: str
    code: str
    values: dict[str, str] = Field(default_factory=dict, description="What the message names, such as a limit.")


class Problem(BaseModel):
    """A problem answer as it is written. Some codes add members of their own, such as `run_id`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Always `about:blank`: `code` tells problems apart.")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable: made for programs.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FieldProblem] = Field(default_factory=list, description="The values that were refused, if any were.")


class ApiProblem(EmagsyncError):
    """A refusal that a route words itself. `extra` become members of the answer."""

    code = "api_problem"

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldProblem | Mapping[str, str]] = (),
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.problem_code = code
        self.title = title or HTTPStatus(status).phrase
        self.headers = dict(headers or {})
        if status in _WAIT_SECONDS and not any(name.lower() == "retry-after" for name in self.headers):
            self.headers["Retry-After"] = _WAIT_SECONDS[status]
        self.errors = tuple(FieldProblem.model_validate(error) for error in errors)
        self.extra = extra

    def response(self, instance: str) -> JSONResponse:
        """The answer to the request for the path `instance`."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": str(self),
            "code": self.problem_code,
            "instance": instance,
        }
        if self.errors:
            body["errors"] = [error.model_dump() for error in self.errors]
        return JSONResponse(self.extra | body, self.status, headers=self.headers, media_type=MEDIA_TYPE)


_STATUS_OF_KIND = {
    ErrorKind.TRANSIENT: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.CONFIGURATION: HTTPStatus.BAD_REQUEST,
    ErrorKind.PERMANENT: HTTPStatus.UNPROCESSABLE_ENTITY,
}


def problem_of(error: EmagsyncError) -> ApiProblem:
    """The problem that answers `error`, as the error's class says; where that names no status, as its kind says."""
    if isinstance(error, ApiProblem):
        return error
    return ApiProblem(
        error.http_status or _STATUS_OF_KIND[error.kind],
        error.code,
        error.http_detail or str(error),
        headers=error.problem_headers(),
        **error.problem_members(),
    )


def invalid(field: str, message: str, code: str = "invalid") -> ApiProblem:
    """422 about one value of the request."""
    return ApiProblem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid_request",
        f"{field}: {message}",
        errors=[FieldProblem(field=field, message=message, code=code)],
    )


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route that may answer with these problems; all share one schema in the document."""
    return {int(status): problem_in_document(HTTPStatus(status).phrase) for status in statuses}


def problem_in_document(description: str) -> dict[str, Any]:
    """One response object of the OpenAPI document whose body is a problem."""
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
