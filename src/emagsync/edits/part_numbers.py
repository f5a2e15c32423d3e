"""Codes as spreadsheets treat them, part numbers and EANs: what looks like a number loses its zeros, and of a long one
the last digits where it is shown by an exponent. Pure."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_MOST_DIGITS: Final = 60
_SHORTENED: Final = re.compile(r"(?P<digits>[1-9]([.,][0-9]{1,14})?)[eE]\+?(?P<exponent>[0-9]{1,2})", re.ASCII)


def as_number(part_number: str) -> str | None:
    """What a spreadsheet keeps of a part number that it takes for a number: `123` of `00123`, `100000` of `1E5`.

    None for one that is no number.
    """
    text = part_number.strip()
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text).normalize()
    return format(number, "f") if abs(number.adjusted()) < _MOST_DIGITS else str(number)


def is_shortened(code: str) -> bool:
    """Whether it is how a spreadsheet shows a code of many digits, of which it drops the last: `5.94E+12`."""
    return _SHORTENED.fullmatch(code.strip()) is not None


def same_but_for_spelling(one: str, other: str) -> bool:
    """Whether two codes are the same, or the same number, or one is what a spreadsheet shows of the other."""
    number = as_number(one)
    return one == other or (number is not None and number == as_number(other)) or _shows(one, other)


def _shows(shortened: str, code: str) -> bool:
    match, number = _SHORTENED.fullmatch(shortened.strip()), as_number(code)
    if match is None or number is None:
        return False
    exact = Decimal(number)
    digits = sum(letter.isdigit() for letter in match["digits"])
    place = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    shown = Decimal(f"{match['digits'].replace(',', '.')}E{match['exponent']}")
    return exact.quantize(place, ROUND_HALF_UP) == shown
