"""Part numbers as spreadsheets treat them: what looks like a number loses its zeros, or comes by an exponent. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_MOST_DIGITS: Final = 60


def as_number(part_number: str) -> str | None:
    """What a spreadsheet keeps of a part number that it takes for a number: `123` of `00123`, `100000` of `1E5`.

    None for one that is no number.
    """
    text = part_number.strip()
    if not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text).normalize()
    return format(number, "f") if abs(number.adjusted()) < _MOST_DIGITS else str(number)


def same_but_for_spelling(one: str, other: str) -> bool:
    """Whether two part numbers are the same, or the same number."""
    number = as_number(one)
    return one == other or (number is not None and number == as_number(other))
