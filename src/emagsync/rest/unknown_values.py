"""What a value of an enumeration may be: a refusal of one that is unknown names the nearest that is known.

For parameters and bodies of all routes. Only known values are named: what was sent may be a secret in the wrong place.
"""

from __future__ import annotations

import re
from typing import Any, Final

from emagsync.rest.nearest import nearest_of

_ENUMERATED: Final = frozenset({"enum", "literal_error"})
# Pydantic gives the known values as Python writes them: `'open', 'done' or 3`.
_KNOWN: Final = re.compile(r"'([^']*)'")


def with_nearest_value(error: Any) -> Any:
    """The validation error; where it is about a value of an enumeration, with the nearest known value if any is alike.

    It is added to the message, which keeps the whole list, and stands in `values` as `nearest`.
    """
    given = error.get("input")
    if error["type"] not in _ENUMERATED or not isinstance(given, str):
        return error
    nearest = nearest_of(given, _KNOWN.findall(error.get("ctx", {}).get("expected", "")))
    if nearest is None:
        return error
    return {**error, "msg": f"{error['msg']}; did you mean '{nearest}'?", "values": {"nearest": nearest}}
