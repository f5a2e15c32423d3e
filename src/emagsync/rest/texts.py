"""Texts that come in: none holds what no database and no encoding takes.

`core.usable_texts` says what that is. It is refused here, once for all routes, before anything works with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from emagsync.core.usable_texts import is_usable, usable

# JSON can spell them in no other way, so that most bodies need no closer look.
_MAY_HOLD_ONE: Final = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
_MESSAGE: Final = "a text holds no NUL character and no half of a surrogate pair"

Place = tuple[str | int, ...]


async def refuse_unusable_texts(request: Request) -> None:
    """Raises RequestValidationError, 422, that names the first such text in the path, the query or a JSON body.

    A dependency of the whole application. Of bodies it sees those that FastAPI has read as JSON by then; `bodies` sees
    to the others.
    """
    for place, values in (("path", request.path_params), ("query", request.query_params)):
        refuse_unusable(dict(values), place)
    if "_json" in vars(request) and _MAY_HOLD_ONE.search(await request.body()):
        refuse_unusable(await request.json(), "body")


def refuse_unusable(document: Any, *place: str) -> None:
    """Raises RequestValidationError when some text in `document`, as JSON is read, is unusable. `place` is where the
    document stands, such as `body`."""
    found = next(_unusable(document, place), None)
    if found is not None:
        raise RequestValidationError([{"type": "text_unusable", "loc": found, "msg": _MESSAGE}])


def _unusable(document: Any, place: Place) -> Iterator[Place]:
    """The places of unusable texts. Without recursion, for a document may be nested deeply."""
    left: list[tuple[Place, Any]] = [(place, document)]
    while left:
        where, value = left.pop()
        if isinstance(value, str) and not is_usable(value):
            yield where
        elif isinstance(value, dict):
            left.extend(((*where, usable(name)), inner) for name, inner in value.items())
            # A name is a text too.
            left.extend((where, name) for name in value)
        elif isinstance(value, list):
            left.extend(((*where, number), inner) for number, inner in enumerate(value))
