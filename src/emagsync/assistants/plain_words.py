"""Failures of tools, in plain words for the assistant: without tracebacks, and without what is only for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from emagsync.core.errors import EmagsyncError
from emagsync.rest.unknown_names import name_nearest


def in_plain_words(error: BaseException | None, arguments: type[BaseModel] | None = None) -> str | None:
    """What a refusal says, with the nearest of the tool's `arguments` for one that it does not have. None: it is no
    refusal, but a crash."""
    if isinstance(error, EmagsyncError):
        return error.http_detail or str(error)
    if isinstance(error, ValidationError):
        return _listed(_with_nearest(error.errors(include_url=False, include_input=False), arguments))
    if isinstance(error, RequestValidationError):
        return _listed(error.errors())
    return None


def _with_nearest(errors: Sequence[Any], arguments: type[BaseModel] | None) -> list[Any]:
    if arguments is None:
        return list(errors)
    named = name_nearest([{**error, "loc": ("body", *error["loc"])} for error in errors], arguments)
    return [{**error, "loc": error["loc"][1:]} for error in named]


def _listed(errors: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(_line(error) for error in errors)


def _line(error: Mapping[str, Any]) -> str:
    place = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        nearest = error.get("values", {}).get("nearest")
        hint = f"; did you mean {nearest}?" if nearest else ""
        return f"{place}: there is no argument of this name{hint}"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"
