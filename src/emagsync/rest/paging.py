"""Pages of lists: how long they may be, and opaque cursors, the position of the next page as text, which the caller
sends back unread.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson

from emagsync.core.usable_texts import is_usable
from emagsync.rest.problems import ApiProblem, invalid
from emagsync.rest.timestamps import in_utc

# The most that one page of a list may have. Above the first are lists that gave more before it was the same for all:
# programs that ask for so many go on.
MOST_ROWS: Final = 500
MOST_ENTRIES: Final = 1000  # edits, conflicts, what changed of one offer or by one run
MOST_LOG_ENTRIES: Final = 5000  # the change feed, and what a dry run found: read from end to end

_LONGEST = 1000

CursorValue = str | int | datetime | None


def encode_cursor(kind: str, values: Sequence[CursorValue]) -> str:
    """The cursor for the position `values`, such as the sort key of the last row, in the list called `kind`."""
    return urlsafe_b64encode(orjson.dumps([kind, *values])).rstrip(b"=").decode()


def decode_cursor(
    kind: str, cursor: str, types: Sequence[type[CursorValue]], *, field: str = "cursor", longest: int = _LONGEST
) -> tuple[CursorValue, ...]:
    """The values of `encode_cursor(kind, ...)`, each of the type given or None; times in UTC.

    Raises a 422 problem about the parameter `field` for a cursor that is damaged, made up, or of another list.
    """
    values = _values(cursor) if len(cursor) <= longest else None
    if values is None or len(values) != len(types) + 1 or values[0] != kind:
        raise bad_cursor(field)
    try:
        return tuple(_value(value, expected) for value, expected in zip(values[1:], types, strict=True))
    except (TypeError, ValueError):
        raise bad_cursor(field) from None


def decode_id(kind: str, cursor: str) -> int:
    """The one number of `encode_cursor(kind, [number])`. Raises a 422 problem as `decode_cursor` does."""
    value = decode_cursor(kind, cursor, [int])[0]
    if not isinstance(value, int):
        raise bad_cursor()
    return value


def decode_moment(kind: str, cursor: str) -> tuple[datetime, str]:
    """The time and the id of `encode_cursor(kind, [time, id])`. Raises a 422 problem as `decode_cursor` does."""
    at, name = decode_cursor(kind, cursor, [datetime, str])
    if not isinstance(at, datetime) or not isinstance(name, str):
        raise bad_cursor()
    return at, name


def _values(cursor: str) -> list[CursorValue] | None:
    if not cursor.isascii():
        return None
    try:
        values = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, orjson.JSONDecodeError):
        return None
    return values if isinstance(values, list) else None


def _value(value: CursorValue, expected: type[CursorValue]) -> CursorValue:
    """`value` as the type that is expected. Raises TypeError and ValueError."""
    if value is None:
        return None
    if expected is datetime and isinstance(value, str):
        time = datetime.fromisoformat(value)
        if time.tzinfo is None:
            raise ValueError
        return in_utc(time)
    if type(value) is not expected:
        raise TypeError
    # What no column of a database holds.
    if (isinstance(value, int) and not -(2**63) <= value < 2**63) or (isinstance(value, str) and not is_usable(value)):
        raise ValueError
    return value


def bad_cursor(field: str = "cursor") -> ApiProblem:
    """The 422 problem about a cursor that is none of this list."""
    return invalid(field, "This is not a cursor of this list: begin again without one.", "bad_cursor")
