"""Lists of texts in one column: JSON, so that every character of a value survives; for people a plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import orjson

_NOT_PLAIN = re.compile(r"[\s\[\"]")


def list_text(values: Sequence[str]) -> str:
    """The list as it is stored: JSON without white space around the values."""
    return orjson.dumps(values).decode()


def read_list(stored: str) -> list[str]:
    """The list that `list_text` wrote."""
    values: list[str] = orjson.loads(stored)
    return values


def read_lists(stored: Iterable[str]) -> list[list[str]]:
    """`read_list` of each: of many at a time, at a fifth of the cost."""
    values: list[list[str]] = orjson.loads(f"[{','.join(stored)}]")
    return values


def plain_list(stored: str) -> str:
    """A stored list as one text, in tables and in the change log: its values with a space between them.

    Where a value holds a space itself, or what may be taken for the beginning of a list, it stays JSON.
    """
    values = read_list(stored)
    return stored if any(map(_NOT_PLAIN.search, values)) else " ".join(values)
