"""What a spreadsheet shows of a number, by its number format (ECMA-376 part 1, 18.8.30 and 18.8.31).

A cell that holds 123 shows `00123`, `123.00 lei`, `1E+02`, `12300%` or a day in 1900. Only formats that a person
can read the very number off are worked out; of the others it is said what kind they are. Texts are those of the
English locale, and `is_local` marks those that another one spells otherwise.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

GENERAL: Final = "General"
# Those that a file refers to by number alone (18.8.30), and, below, the dates among them.
BUILT_IN: Final = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    37: "#,##0 ;(#,##0)",
    38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)",
    48: "##0.0E+0",
    49: "@",
}
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_DATE: Final = "yyyy-mm-dd"
# One that nobody wrote down: currencies whose look depends on the country, and numbers without a meaning.
_UNKNOWN: Final = "[unknown]"

# Excel keeps 15 digits of a number, and shows 11 characters of one without a format.
DIGITS: Final = 15
_GENERAL_DIGITS: Final = 10
_GENERAL_LIMIT: Final = Decimal(10) ** 11
_LONGEST_CODE: Final = 255
_MOST_DECIMALS: Final = 30

_TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<blank>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<noon>AM/PM|A/P)|(?P<exponent>E[+-])|(?P<digit>[0#?])|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
_COLOURS: Final = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+", re.IGNORECASE)
_ELAPSED: Final = re.compile(r"h+|m+|s+", re.IGNORECASE)
_LITERALS: Final = frozenset("$-+()!^&'~{}<>= :€£")


class Kind(StrEnum):
    """What a format makes of a number."""

    PLAIN = "plain"  # its digits, perhaps rounded, grouped, or with words beside them
    DATE = "date"
    PERCENT = "percent"
    EXPONENT = "exponent"
    OTHER = "unknown"  # a fraction, a condition, thousands, or what we do not know


class Shown(NamedTuple):
    """What a cell shows. `text` and `number`, which a person reads off it, are only there where it is PLAIN.

    `number` is None where no digits are shown. `is_local`: another locale has other decimal or thousands separators.
    """

    kind: Kind
    text: str = ""
    number: Decimal | None = None
    is_local: bool = False


class _Section(NamedTuple):
    """One of a format's up to four parts. `tokens` are literals and digit placeholders from left to right."""

    kind: Kind
    tokens: tuple[tuple[str, str], ...] = ()
    is_grouped: bool = False


def built_in(number: int) -> str:
    """The format code of a number format that has no code in the file."""
    return BUILT_IN.get(number, _DATE if number in _DATES else _UNKNOWN)


def show(number: Decimal, code: str) -> Shown:
    """What a cell with this number and this format code shows."""
    sections = _sections(code)
    if not sections:
        return Shown(Kind.OTHER)
    section, magnitude, sign = _chosen(sections, number)
    if section.kind is not Kind.PLAIN:
        return Shown(section.kind)
    if any(kind == "general" for kind, _ in section.tokens):
        return _with_general(section, magnitude, sign)
    return _with_digits(section, magnitude, sign)


def _chosen(sections: tuple[_Section, ...], number: Decimal) -> tuple[_Section, Decimal, str]:
    """The section for this number, and the number and the sign that it is to show."""
    if len(sections) > 2 and number == 0:
        return sections[2], number, ""
    if len(sections) > 1 and number < 0:
        return sections[1], -number, ""
    return sections[0], abs(number), "-" if number < 0 else ""


@lru_cache(maxsize=256)
def _sections(code: str) -> tuple[_Section, ...]:
    """The parts of a code; none where it is too long to be one."""
    if len(code) > _LONGEST_CODE:
        return ()
    parts: list[list[re.Match[str]]] = [[]]
    for token in _TOKEN.finditer(code.strip() or GENERAL):
        if token["other"] == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(_section(part) for part in parts[:3])


def _section(matches: list[re.Match[str]]) -> _Section:
    kinds = {_kind_of(match) for match in matches} - {Kind.PLAIN}
    for kind in (Kind.DATE, Kind.OTHER, Kind.EXPONENT, Kind.PERCENT):
        if kind in kinds:
            return _Section(kind)
    tokens = tuple(_token(match) for match in matches)
    places = [number for number, (kind, _) in enumerate(tokens) if kind == "digit"]
    commas = [number for number, (kind, _) in enumerate(tokens) if kind == "comma"]
    # A comma between digits groups them; one after the last divides by a thousand.
    if commas and not (places and all(places[0] < comma < places[-1] for comma in commas)):
        return _Section(Kind.OTHER)
    if sum(kind == "point" for kind, _ in tokens) > 1:
        return _Section(Kind.OTHER)
    return _Section(Kind.PLAIN, tuple(token for token in tokens if token[0] != "comma"), bool(commas))


def _kind_of(match: re.Match[str]) -> Kind:
    if match["noon"]:
        return Kind.DATE
    if match["exponent"]:
        return Kind.EXPONENT
    if match["bracket"] is not None:
        return _kind_of_bracket(match["bracket"])
    other = match["other"]
    if not other or other in _LITERALS or other in ".,@":
        return Kind.PLAIN
    if other == "%":
        return Kind.PERCENT
    return Kind.DATE if other.lower() in "ymdhsgb" else Kind.OTHER


def _kind_of_bracket(text: str) -> Kind:
    if _COLOURS.fullmatch(text) or text.startswith("$"):
        return Kind.PLAIN
    return Kind.DATE if _ELAPSED.fullmatch(text) else Kind.OTHER


def _token(match: re.Match[str]) -> tuple[str, str]:
    if match["digit"]:
        return "digit", match["digit"]
    if match["general"] or match["other"] == "@":
        return "general", ""
    if match["other"] in (".", ","):
        return ("point", ".") if match["other"] == "." else ("comma", ",")
    if match["bracket"] is not None:
        # `[$lei-418]`: the currency, and the locale.
        return "literal", match["bracket"].removeprefix("$").partition("-")[0] if match["bracket"][:1] == "$" else ""
    if match["blank"] is not None:
        return "literal", " "
    return "literal", match["quoted"] or match["escaped"] or match["other"] or ""


def _with_general(section: _Section, magnitude: Decimal, sign: str) -> Shown:
    if magnitude >= _GENERAL_LIMIT:
        return Shown(Kind.EXPONENT)
    whole_digits = max(1, magnitude.adjusted() + 1) if magnitude else 1
    rounded = _plain(_rounded(magnitude, max(0, _GENERAL_DIGITS - whole_digits)))
    if magnitude and not rounded:
        return Shown(Kind.EXPONENT)
    digits = sign + format(rounded, "f")
    text = "".join(digits if kind == "general" else literal for kind, literal in section.tokens)
    return Shown(Kind.PLAIN, text.strip(), _signed(rounded, sign, section), "." in digits)


def _with_digits(section: _Section, magnitude: Decimal, sign: str) -> Shown:
    point = next((number for number, (kind, _) in enumerate(section.tokens) if kind == "point"), len(section.tokens))
    before, after = section.tokens[:point], section.tokens[point + 1 :]
    places = [token for token in section.tokens if token[0] == "digit"]
    if not places:
        # Words alone, as `"-"` for nothing, or nothing at all: `;;;`.
        return Shown(Kind.PLAIN, "".join(literal for _, literal in section.tokens).strip())
    decimals = sum(kind == "digit" for kind, _ in after)
    if decimals > _MOST_DECIMALS:
        return Shown(Kind.OTHER)
    rounded = _rounded(magnitude, decimals)
    whole, _, fraction = format(rounded, "f").partition(".")
    left = _whole_text(before, "" if whole == "0" else whole, is_grouped=section.is_grouped)
    right = _fraction_text(after, fraction)
    has_point = point < len(section.tokens)
    text = f"{sign if rounded or sign == '' else ''}{left}{'.' if has_point else ''}{right}".strip()
    is_local = has_point or (section.is_grouped and len(whole) > 3)
    return Shown(Kind.PLAIN, text, _signed(_plain(rounded), sign, section), is_local)


def _signed(magnitude: Decimal, sign: str, section: _Section) -> Decimal:
    """The number that a person reads: a minus or a bracket before the digits makes it less than 0."""
    first = next(place for place, (kind, _) in enumerate(section.tokens) if kind != "literal")
    before = "".join(literal for _, literal in section.tokens[:first])
    is_negative = bool(sign) or "-" in before or "(" in before
    return -magnitude if is_negative and magnitude else magnitude


def _whole_text(tokens: tuple[tuple[str, str], ...], digits: str, *, is_grouped: bool) -> str:
    """The digits put into the placeholders from the right; the first one takes all that are left."""
    first = next((number for number, (kind, _) in enumerate(tokens) if kind == "digit"), -1)
    parts: list[str] = []
    used = 0
    rest = list(digits)
    for number in range(len(tokens) - 1, -1, -1):
        kind, text = tokens[number]
        if kind != "digit":
            parts.append(text)
            continue
        wanted = max(1, len(rest)) if number == first else 1
        for _ in range(wanted):
            digit = rest.pop() if rest else {"0": "0", "?": " "}.get(text, "")
            if digit.isdigit() and is_grouped and used and used % 3 == 0:
                parts.append(",")
            used += digit.isdigit()
            parts.append(digit)
    whole = "".join(reversed(parts))
    return whole if first >= 0 else whole + digits


def _fraction_text(tokens: tuple[tuple[str, str], ...], digits: str) -> str:
    """The digits after the point, without the zeros at the end that only `#` and `?` have a place for."""
    needed = len(digits.rstrip("0"))
    parts: list[str] = []
    place = 0
    for kind, text in tokens:
        if kind != "digit":
            parts.append(text)
            continue
        shown = place < needed or text == "0"
        parts.append(digits[place] if shown else {"?": " "}.get(text, ""))
        place += 1
    return "".join(parts)


def _rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _plain(number: Decimal) -> Decimal:
    """The number without zeros at the end of its decimals."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
