"""Problem answers (RFC 9457): every refusal is `application/problem+json` with a stable `code`, and shows no internals.

An endpoint or service raises its room's own error; `register_problem` says, next to the routes that may raise it, what
status it is answered with. For a refusal that belongs to the route alone there is `ApiProblem`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from emagsync.core.errors import EmagsyncError, ErrorKind

MEDIA_TYPE = "application/problem+json"

E = TypeVar("E", bound=EmagsyncError)


class FieldProblem(BaseModel):
    """What is wrong with one value of a request. `field` is its path, such as `selection.ids.0`."""

    field: str
    message: str
    code: str


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


@dataclass(frozen=True)
class _Answer:
    status: int
    detail: str | None
    members: Callable[[Any], Mapping[str, Any]] | None
    headers: Callable[[Any], Mapping[str, str]] | None


_answers: dict[type[EmagsyncError], _Answer] = {}
_STATUS_OF_KIND = {
    ErrorKind.TRANSIENT: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.CONFIGURATION: HTTPStatus.BAD_REQUEST,
    ErrorKind.PERMANENT: HTTPStatus.UNPROCESSABLE_ENTITY,
}


def register_problem(
    error_type: type[E],
    status: int,
    *,
    detail: str | None = None,
    extra: Callable[[E], Mapping[str, Any]] | None = None,
    headers: Callable[[E], Mapping[str, str]] | None = None,
) -> None:
    """Answer `error_type`, and what is derived from it, with `status`.

    The detail is the error's own message unless `detail` replaces it, for messages that are meant for whoever operates
    the machine. `extra` gives more members, such as `lambda error: {"run_id": error.run_id}`; `headers` more headers.
    """
    _answers[error_type] = _Answer(int(status), detail, extra, headers)


def problem_of(error: EmagsyncError) -> ApiProblem:
    """The problem that answers `error`: as registered for its nearest type, else by its kind."""
    if isinstance(error, ApiProblem):
        return error
    for error_type in type(error).__mro__:
        answer = _answers.get(error_type)
        if answer is not None:
            members = answer.members(error) if answer.members else {}
            headers = answer.headers(error) if answer.headers else {}
            return ApiProblem(answer.status, error.code, answer.detail or str(error), headers=headers, **members)
    return ApiProblem(_STATUS_OF_KIND[error.kind], error.code, str(error))


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
