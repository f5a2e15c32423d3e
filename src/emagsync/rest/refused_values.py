"""The problem that names the values of a request that were refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from emagsync.rest.plain_refusals import in_words_of_json
from emagsync.rest.problems import ApiProblem, FieldProblem
from emagsync.rest.unknown_values import with_nearest_value

_PLACES = frozenset({"body", "query", "path", "header", "cookie"})


def refusal_of(errors: Iterable[Any]) -> ApiProblem:
    """422 for these errors of pydantic's, or of our own in the same shape, whose places begin with where they stand."""
    problems = [_field_problem(in_words_of_json(with_nearest_value(error))) for error in errors]
    detail = "; ".join(f"{one.field}: {one.message}" for one in problems)
    return ApiProblem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=problems)


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
