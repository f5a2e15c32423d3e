"""Failures of tools, in plain words for the assistant: without tracebacks, and without what is only for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from emagsync.core.errors import EmagsyncError


def in_plain_words(error: BaseException | None) -> str | None:
    """What a refusal says. None: it is none, but a crash."""
    if isinstance(error, EmagsyncError):
        return error.http_detail or str(error)
    if isinstance(error, ValidationError):
        return _listed(error.errors(include_url=False, include_input=False))
    if isinstance(error, RequestValidationError):
        return _listed(error.errors())
    return None


def _listed(errors: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(_line(error) for error in errors)


def _line(error: Mapping[str, Any]) -> str:
    place = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"{place}: there is no argument of this name"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"
