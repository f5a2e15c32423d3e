"""Numbers as people and spreadsheets write them: `1.599,90`, `1 599,90`, `1,599.90`, `699,90 lei`, `300 buc`. Pure.

A text that can mean one number only is that number, whoever wrote it. Where a separator could be either one, as in
`1.050`, the locale decides, by its data in CLDR (babel's); where none is known nothing is guessed: it is ambiguous.
`web/src/shared/numbers.ts` is the same for the page; both are held by the table in `web/src/shared/numbers.cases.json`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol

from emagsync.core.decimal_marks import DecimalMark

_MOST_CHARACTERS: Final = 60
_MOST_DIGITS: Final = 30
_MOST_EXPONENT: Final = 12
_POINT: Final = "."
_COMMA: Final = ","

# Beside an amount: the currencies of eMAG's platforms as people abbreviate them.
_CURRENCIES: Final[Mapping[str, str]] = {
    "lei": "RON",
    "leu": "RON",
    "ron": "RON",
    "eur": "EUR",
    "euro": "EUR",
    "€": "EUR",
    "bgn": "BGN",
    "лв": "BGN",
    "lv": "BGN",
    "лева": "BGN",
    "huf": "HUF",
    "ft": "HUF",
    "forint": "HUF",
    "pln": "PLN",
    "zł": "PLN",
    "zl": "PLN",
}
# Beside a number of pieces.
_PIECES: Final = frozenset(
    {"buc", "bucata", "bucată", "bucati", "bucăți", "bucăţi", "pcs", "pc", "piece", "pieces", "db", "бр", "броя"}
)
_UNIT: Final = r"[^\W\d_]+|€"
# A word, or a sign that stands by itself.
_CURRENCY_LIKE: Final = re.compile(r"[^\W\d_]+|[^\w\s]")
_WRITTEN: Final = re.compile(
    rf"(?:(?P<before>{_UNIT})\.? ?)?(?P<sign>[+-]?) ?(?P<body>[0-9.,][0-9 .,']*?)"
    rf"(?:[eE](?P<exponent>[+-]?[0-9]{{1,3}}))?"
    rf"(?: ?(?P<after>{_UNIT})\.?)?"
)
# Three digits in each group, none of which is at the begin, where the first may be shorter.
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:(?P<mark>[ .,'])[0-9]{3})(?:(?P=mark)[0-9]{3})*")
# Whatever is drawn as a minus, an apostrophe or a blank.
_LOOKALIKES: Final = str.maketrans(
    {"−": "-", "–": "-", "‒": "-", "﹣": "-", "’": "'", "‘": "'", "ʼ": "'", "′": "'", "`": "'", "٬": "'"}
)  # fmt: skip
# What a text has at its ends, or in it, without meaning anything: marks of direction, blanks of no width.
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Fault(StrEnum):
    """Why a text is no number."""

    NOT_A_NUMBER = "not_a_number"
    AMBIGUOUS = "ambiguous"  # it is one of two


class NumberUnreadable(ValueError):
    """The text is no number, or one of two: then `readings` has both, that with a decimal point first."""

    def __init__(self, fault: Fault, text: str, readings: tuple[Decimal, ...] = ()) -> None:
        super().__init__(
            f"{text!r} is no number" if not readings else f"{text!r} may be {readings[0]} or {readings[1]}"
        )
        self.fault = fault
        self.readings = readings


class WrittenNumber(NamedTuple):
    """A number and how it was written.

    `has_sign`: with a plus or minus before it. `currency` is what was written beside it, as ISO 4217 code, `in_pieces`
    whether pieces were. `by_locale`: without the locale it would have been ambiguous.
    """

    value: Decimal
    has_sign: bool = False
    currency: str | None = None
    in_pieces: bool = False
    by_locale: bool = False


def read_number(text: str, decimal: DecimalMark | None = None) -> WrittenNumber:
    """The number that `text` is; `decimal` is the mark of its writer, where that is known. Raises NumberUnreadable."""
    match = _WRITTEN.fullmatch(_tidy(text)) if len(text) <= _MOST_CHARACTERS else None
    if match is None or sum(letter.isdigit() for letter in match["body"]) > _MOST_DIGITS:
        raise NumberUnreadable(Fault.NOT_A_NUMBER, text[:_MOST_CHARACTERS])
    units = [unit.lower() for unit in (match["before"], match["after"]) if unit]
    exponent = int(match["exponent"] or 0)
    if len(units) > 1 or abs(exponent) > _MOST_EXPONENT or not all(_is_unit(unit) for unit in units):
        raise NumberUnreadable(Fault.NOT_A_NUMBER, text)
    scale = Decimal(-1 if match["sign"] == "-" else 1).scaleb(exponent)
    found = {mark: number * scale for mark, number in _readings(match["body"].strip()).items()}
    if not found:
        raise NumberUnreadable(Fault.NOT_A_NUMBER, text)
    is_open = len(set(found.values())) > 1
    if is_open and decimal is None:
        both = (found[DecimalMark.POINT], found[DecimalMark.COMMA])
        raise NumberUnreadable(Fault.AMBIGUOUS, text, both)
    unit = units[0] if units else ""
    value = found[decimal] if is_open and decimal else next(iter(found.values()))
    return WrittenNumber(value, bool(match["sign"]), _CURRENCIES.get(unit), unit in _PIECES, is_open)


def decimal_mark(text: str) -> DecimalMark | None:
    """The mark that the writer of `text` uses, where the text shows it: `comma` for `1.599,90` and `12,5`."""
    match = _WRITTEN.fullmatch(_tidy(text)) if len(text) <= _MOST_CHARACTERS else None
    if match is None or not {_POINT, _COMMA} & set(match["body"]):
        return None
    found = _readings(match["body"].strip())
    return next(iter(found)) if len(found) == 1 else None


def mark_of_all(texts: Iterable[str]) -> DecimalMark | None:
    """The mark that the writer of all these texts uses; None where none shows it, or they contradict each other."""
    found = {mark for mark in map(decimal_mark, texts) if mark is not None}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=64)
def mark_of_locale(name: str | None) -> DecimalMark | None:
    """The decimal mark of a locale, such as `ro` or `en-GB`; None for one that is unknown."""
    if not name:
        return None
    try:
        locale = Locale.parse(name, sep="-" if "-" in name else "_")
    except (UnknownLocaleError, ValueError):
        return None
    return {_POINT: DecimalMark.POINT, _COMMA: DecimalMark.COMMA}.get(get_decimal_symbol(locale))


def is_pieces(word: str) -> bool:
    """Whether the word stands beside a number of pieces: `buc`."""
    return word.lower() in _PIECES


def currency_of(word: str) -> str | None:
    """The currency that a word or sign is, as ISO 4217 code: RON for `lei`. A sign of one that is not known is itself;
    None for what is no currency."""
    known = _CURRENCIES.get(word.lower())
    return word if known is None and len(word) == 1 and unicodedata.category(word) == "Sc" else known


def currencies_in(text: str) -> set[str]:
    """The currencies that a text has beside its numbers, as `currency_of` names them."""
    words = _CURRENCY_LIKE.findall(unicodedata.normalize("NFKC", text))
    return {currency for word in words if (currency := currency_of(word)) is not None}


def _tidy(text: str) -> str:
    """The text in plain characters: blanks of every width are one, digits of full width are digits."""
    shown = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_LOOKALIKES)
    return " ".join(shown.split()).strip()


def _is_unit(unit: str) -> bool:
    return unit in _CURRENCIES or unit in _PIECES


def _readings(body: str) -> dict[DecimalMark, Decimal]:
    """The numbers that digits with separators can be, by the decimal mark of who means that."""
    return {
        mark: number
        for mark, sign in ((DecimalMark.POINT, _POINT), (DecimalMark.COMMA, _COMMA))
        if (number := _number(body, sign)) is not None
    }


def _number(body: str, decimal: str) -> Decimal | None:
    """The number that the digits are to who writes `decimal` before the decimals; None where that makes none."""
    whole, mark, fraction = body.partition(decimal)
    if (mark and not fraction.isdecimal()) or not (whole or mark):
        return None
    if whole.isdecimal() or (not whole and mark):
        return Decimal(f"{whole or 0}.{fraction}" if mark else whole)
    groups = _GROUPED.fullmatch(whole)
    # `0.050` begins with no group of thousands.
    if groups is None or whole[0] == "0":
        return None
    digits = re.sub("[^0-9]", "", whole)
    return Decimal(f"{digits}.{fraction}" if mark else digits)
