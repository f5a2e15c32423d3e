"""Opaque cursors of lists: the position of the next page as text, which the caller sends back unread."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import orjson

from emagsync.rest.problems import invalid

_LONGEST = 1000

CursorValue = str | int | None


def encode_cursor(kind: str, values: Sequence[CursorValue]) -> str:
    """The cursor for the position `values`, such as the sort key of the last row, in the list called `kind`."""
    return urlsafe_b64encode(orjson.dumps([kind, *values])).rstrip(b"=").decode()


def decode_cursor(kind: str, cursor: str, types: Sequence[type[str] | type[int]]) -> tuple[CursorValue, ...]:
    """The values of `encode_cursor(kind, ...)`, each of the type given or None.

    Raises a 422 problem for a cursor that is damaged, made up, or of another list.
    """
    values = _values(cursor)
    if values is None or len(values) != len(types) + 1 or values[0] != kind:
        raise _bad()
    if not all(_fits(value, expected) for value, expected in zip(values[1:], types, strict=True)):
        raise _bad()
    return tuple(values[1:])


def decode_id(kind: str, cursor: str) -> int:
    """The one number of `encode_cursor(kind, [number])`. Raises a 422 problem as `decode_cursor` does."""
    value = decode_cursor(kind, cursor, [int])[0]
    if not isinstance(value, int):
        raise _bad()
    return value


def _values(cursor: str) -> list[CursorValue] | None:
    if len(cursor) > _LONGEST or not cursor.isascii():
        return None
    try:
        values = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, orjson.JSONDecodeError):
        return None
    return values if isinstance(values, list) else None


def _fits(value: CursorValue, expected: type[str] | type[int]) -> bool:
    if value is None:
        return True
    # A larger number is one that no database column holds.
    return type(value) is expected and (not isinstance(value, int) or -(2**63) <= value < 2**63)


def _bad() -> Exception:
    return invalid("cursor", "This is not a cursor of this list: begin again without one.", "bad_cursor")
