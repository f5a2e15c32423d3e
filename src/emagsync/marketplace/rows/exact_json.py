"""Decodes the JSON of one row exactly: a number with a fraction becomes a `Decimal`, never a float.

msgspec decodes what eMAG usually sends. What it refuses although it can be read (half surrogate pairs, integers of
thousands of digits, hundreds of levels) is decoded by the standard library, so that an odd row costs only itself.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, NoReturn

import msgspec

DEEPEST = 200
"""Levels of nesting that are kept when a row has too many to decode; eMAG's own go to about ten."""
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_LONGEST_INTEGER = 4000
CUT = "nested too deeply: "


class Decoded(NamedTuple):
    """A decoded row. `odd`: msgspec refused it, so its texts may need cleaning. `cut`: levels were left out."""

    value: Any
    odd: bool
    cut: bool


def fraction(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what decimals hold
        return text


def _integer(text: str) -> int | Decimal:
    # Python refuses to turn longer texts into int.
    return int(text) if len(text) < _LONGEST_INTEGER else Decimal(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


_DECODER = msgspec.json.Decoder(float_hook=fraction)
_FALLBACK = json.JSONDecoder(parse_float=fraction, parse_int=_integer, parse_constant=_constant)


def decode(raw: bytes) -> Decoded:
    """The value of one row. Raises ValueError where `raw` is not JSON in UTF-8."""
    try:
        return Decoded(_DECODER.decode(raw), odd=False, cut=False)
    except RecursionError:
        return Decoded(_FALLBACK.decode(_shallow(raw).decode()), odd=True, cut=True)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _decode_odd(raw)


def _decode_odd(raw: bytes) -> Decoded:
    text = raw.decode()
    try:
        return Decoded(_FALLBACK.decode(text), odd=True, cut=False)
    except RecursionError:
        return Decoded(_FALLBACK.decode(_shallow(raw).decode()), odd=True, cut=True)


def _shallow(raw: bytes) -> bytes:
    """The row with each list and object below `DEEPEST` levels as one text that holds its bytes."""
    pieces: list[bytes] = []
    depth = start = kept = 0
    for token in _TOKEN.finditer(raw):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth == DEEPEST + 1:
                start = token.start()
        elif mark in (b"]", b"}"):
            depth -= 1
            if depth == DEEPEST:
                cut = CUT + raw[start : token.end()].decode(errors="backslashreplace")
                pieces += raw[kept:start], json.dumps(cut).encode()
                kept = token.end()
    return b"".join((*pieces, raw[kept:]))
