"""How deep JSON is nested, and what is kept of JSON that is nested too deeply. Counts brackets; decodes nothing.

What a decoder refuses as too deep depends on it and on Python: msgspec gives up after about 1,000 levels on Python 3.11
and after about 10,000 on 3.13, PostgreSQL after a few thousand. One limit of ours, far below all of these, lets the
same row give the same offer everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

DEEPEST: Final = 200
"""Levels of nesting that are kept of a row; eMAG's own go to about ten."""
CUT: Final = "nested too deeply: "
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


class Outline(NamedTuple):
    """A list or object without the lists and objects in it: `frame` has `[n]` for the one that is `inner[n]`."""

    frame: bytes
    inner: tuple[bytes, ...]

    def whole(self, part: bytes) -> bytes:
        """A value of the frame, as it was sent."""
        return self.inner[int(part[1:-1])] if part.startswith(b"[") else part


class _Span(NamedTuple):
    start: int
    end: int


def is_too_deep(raw: bytes) -> bool:
    """Whether there are more than `DEEPEST` levels. Nearly always told by how many brackets there are.

    Asked of every row that is read: `bytes.count` looks at each byte, and takes three times as long as `bytes.replace`.
    """
    brackets = 2 * len(raw) - len(raw.replace(b"[", b"")) - len(raw.replace(b"{", b""))
    return brackets > DEEPEST and next(_spans(raw, DEEPEST + 1), None) is not None


def bounded(raw: bytes) -> bytes:
    """`raw`, with each list and object below `DEEPEST` levels as one text that holds its bytes."""
    if not is_too_deep(raw):
        return raw
    pieces: list[bytes] = []
    kept = 0
    for start, end in _spans(raw, DEEPEST + 1):
        cut = CUT + raw[start:end].decode(errors="backslashreplace")
        pieces += raw[kept:start], json.dumps(cut).encode()
        kept = end
    return b"".join((*pieces, raw[kept:]))


def outline(raw: bytes) -> Outline:
    """The outline of a list or object, however deep it is."""
    pieces: list[bytes] = []
    inner: list[bytes] = []
    kept = 0
    for start, end in _spans(raw, 2):
        pieces += raw[kept:start], b"[%d]" % len(inner)
        inner.append(raw[start:end])
        kept = end
    return Outline(b"".join((*pieces, raw[kept:])), tuple(inner))


def _spans(raw: bytes, level: int) -> Iterator[_Span]:
    """Where the lists and objects of a level are; the outermost one is of level 1. One without an end is left out."""
    depth = start = 0
    for token in _TOKEN.finditer(raw):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth == level:
                start = token.start()
        elif mark in (b"]", b"}"):
            if depth == level:
                yield _Span(start, token.end())
            depth -= 1
