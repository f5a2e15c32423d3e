"""Decodes the JSON of one row exactly: a number with a fraction becomes a `Decimal`, never a float.

msgspec decodes what eMAG usually sends. What it refuses although it can be read (half surrogate pairs, integers of
thousands of digits) is decoded by the standard library, so that an odd row costs only itself. What is nested too deeply
is cut, see `marketplace/nesting.py`.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, NoReturn

import msgspec

from emagsync.marketplace import nesting

_LONGEST_INTEGER = 4000


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
    if nesting.is_too_deep(raw):
        return Decoded(_FALLBACK.decode(nesting.bounded(raw).decode()), odd=True, cut=True)
    try:
        return Decoded(_DECODER.decode(raw), odd=False, cut=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Decoded(_FALLBACK.decode(raw.decode()), odd=True, cut=False)
