"""`true` is no number: Python counts it as 1, and a stock that somebody sent as a truth value would be set to that.

Models take a number that comes as a text, as spreadsheets and forms write it, and never guess otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from emagsync.rest.bodies import json_with
from emagsync.rest.shapes import shapes_of, within

_NUMBERS: Final = frozenset({int, float, Decimal})
_OTHERS: Final = frozenset({bool, object, Any})
_WORDS: Final = (b"true", b"false")

Place = tuple[str | int, ...]


async def refuse_truth_for_numbers(request: Request) -> None:
    """Raises RequestValidationError, 422, that names every truth value in the place of a number.

    A dependency of the whole application, for the bodies that FastAPI has read as JSON by then.
    """
    route = request.scope.get("route")
    field = route.body_field if isinstance(route, APIRoute) else None
    if field is not None:
        refuse_truth(await json_with(request, _WORDS), field.field_info.annotation)


def refuse_truth(document: Any, body: Any) -> None:
    """Raises RequestValidationError for truth values in a document that is read as `body`, a model or another
    annotation, where that has numbers."""
    errors = [
        {"type": "truth_for_number", "loc": place, "msg": "a number is needed, not true or false"}
        for place in _misplaced(document, body)
    ]
    if errors:
        raise RequestValidationError(errors)


def _misplaced(document: Any, body: Any) -> Iterator[Place]:
    left: list[tuple[Place, Any, list[Any]]] = [(("body",), document, shapes_of(body))]
    while left:
        place, value, shapes = left.pop()
        if isinstance(value, bool):
            if _NUMBERS.intersection(shapes) and not _OTHERS.intersection(shapes):
                yield place
            continue
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for part, inner in parts:
            found = [one for shape in shapes for each in within(shape, part) for one in shapes_of(each)]
            if found:
                left.append(((*place, part), inner, found))
