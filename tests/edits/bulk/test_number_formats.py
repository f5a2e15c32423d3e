"""What a spreadsheet shows of a number, beside SheetJS's own formatter (ssf 0.11.2), whose texts were recorded.

Left out are what ssf is wrong about, beside Excel: halves of binary fractions (1.005), `00.0`, and `000-000` of what
has other than six digits.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from emagsync.edits.bulk.number_formats import Kind, built_in, show

SHOWN_BY_SSF = json.loads((Path(__file__).parent / "shown_by_ssf.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", SHOWN_BY_SSF)
def test_numbers_are_shown_as_another_formatter_shows_them(code: str) -> None:
    ours = {number: " ".join(show(Decimal(number), code).text.split()) for number in SHOWN_BY_SSF[code]}
    assert ours == SHOWN_BY_SSF[code]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("yyyy-mm-dd", Kind.DATE),
        ("[h]:mm", Kind.DATE),
        ("h AM/PM", Kind.DATE),
        (built_in(14), Kind.DATE),
        ("0%", Kind.PERCENT),
        ("0.00E+00", Kind.EXPONENT),
        ("# ?/?", Kind.OTHER),
        ("0,", Kind.OTHER),
        ("[>=1000]0;0.00", Kind.OTHER),
        ("0" * 300, Kind.OTHER),
        (built_in(999), Kind.OTHER),
    ],
)
def test_what_is_not_the_number_s_own_digits_is_known_by_kind(code: str, kind: Kind) -> None:
    assert show(Decimal(45000), code) == (kind, "", None, False)


@pytest.mark.parametrize(
    ("number", "code", "read"),
    [
        ("123", "00000", "123"),
        ("121.8487", "0.00", "121.85"),
        ("-5", "#,##0;(#,##0)", "-5"),
        ("-5", "0;[Red]0", "5"),  # without its minus it reads as another number
        ("5", '"A-"0', "-5"),
        ("0", '0;-0;"-"??', "0"),
        ("5", ";;;", None),
        ("0", '0;0;"none"', None),
    ],
)
def test_the_number_that_a_person_reads_is_known(number: str, code: str, read: str | None) -> None:
    assert show(Decimal(number), code).number == (None if read is None else Decimal(read))
