"""Texts that every database and encoding takes.

A NUL character ends a text for PostgreSQL and for the operating system, and half of a surrogate pair (`"\\ud800"` in
JSON) cannot be encoded. Neither occurs in any language. What people and programs send us is refused for it
(`rest.texts`); of what we fetch ourselves, names and messages are shown without them.
"""

from __future__ import annotations

import re
from typing import Final

_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")


def is_usable(text: str) -> bool:
    """Whether a database and an encoding take it."""
    return _UNUSABLE.search(text) is None


def usable(text: str) -> str:
    """The text, with a mark in place of each character that makes it unusable."""
    return _UNUSABLE.sub("\N{REPLACEMENT CHARACTER}", text)
