"""What people write before decimals. Apart from `written_numbers`, which needs the locales' data."""

from __future__ import annotations

from enum import StrEnum


class DecimalMark(StrEnum):
    """What stands before the decimals."""

    POINT = "point"
    COMMA = "comma"
