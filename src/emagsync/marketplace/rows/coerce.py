"""Reads single values strictly: each function returns the value that is meant, None for nothing, or raises Unreadable.

Source: the shapes met in production: numbers as text, prices as text or number, and each of PHP's ways to say nothing.
Every function takes what `exact_json.decode` returns (`str`, `int`, `Decimal`, `bool`, `None`, `list`, `dict`; never a
float) and raises `Unreadable` with a reason that continues the field's name: "is 'n/a', not a number".

Nothing is ever rounded or guessed: `1,5` could be one and a half or fifteen, so it is unreadable. Values come from
outside, so numbers are compared with their bounds before anything is computed with them: a short text such as
`1e999999` is a number of a million digits.
"""

from __future__ import annotations

import html
import re
from decimal import Decimal
from html.entities import html5
from typing import Any

from emagsync.core import money
from emagsync.marketplace.rows import exact_json

INTEGER_LIMIT = 2**31 - 1
"""No count, code or foreign id of eMAG's comes near it, and every database holds it in a plain integer column."""
ID_LIMIT = 2**63 - 1
WEIGHT_SCALE = 6
_WEIGHT_UNIT = Decimal(1).scaleb(-WEIGHT_SCALE)
_WEIGHT_LIMIT = Decimal(10) ** 12
# JSON's numbers, and what people type for them: a sign, leading zeros, ".5". Never "1,5", "1_000" or "NaN".
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
# How eMAG writes nearly all of them: nothing about them is left to check.
USUAL_PRICE = re.compile(r"[0-9]{1,14}\.[0-9]{4}")
_USUAL_WEIGHT = re.compile(r"[0-9]{1,12}\.[0-9]{6}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
UNREADABLE_CHARACTER = "\ufffd"
"""What stands for a character that could not be read: half a surrogate pair, bytes that are not UTF-8."""
_UNREADABLE_FORMS = (UNREADABLE_CHARACTER.encode(), rb"\ufffd")
_ADDRESS = re.compile(r"https?://.", re.IGNORECASE | re.DOTALL)
# An entity with its semicolon: without one, "B&regular" would be one too.
_ENTITY = re.compile(r"&(?:(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));")
# What people put between the digits of a barcode, or between several in one text.
_SEPARATORS = re.compile(r"[\s,;\u200b\ufeff]+")
_BARCODE_LENGTHS = (8, 12, 13, 14)  # of EAN-8, UPC-A, EAN-13 and GTIN-14
# Characters of a value in a message; digits of a number that is written out; characters of a text read as a number.
_SHOWN = 40
_LONGEST_PLAIN = 400
_LONGEST_NUMBER = 400


class Unreadable(ValueError):
    """The value cannot be read as what its field holds; the text says what is there instead."""


def is_empty(value: object) -> bool:
    """Whether a value of any field says nothing: null, `""`, `[]` or `{}`."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def is_nothing(value: object) -> bool:
    """Whether the value of a field that holds no free text says nothing: as `is_empty`, blank text, or the text
    "null"."""
    if isinstance(value, str):
        return value.strip().lower() in ("", "null")
    return is_empty(value)


def unfolded(value: object) -> object:
    """The list or object that a text holds as JSON, where a list belongs; any other value as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{"):
        return value
    try:
        return exact_json.decode(value.encode()).value
    except ValueError:  # also half surrogate pairs: UnicodeEncodeError is one
        return value


def described(value: object) -> str:
    """The value in a message to a person: `'n/a'`, `the number 1.5`, `a list`, `true`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        return ascii(shown) if _UNSTORABLE.search(shown) else repr(shown)
    if isinstance(value, int | Decimal):
        shown = number_text(value)
        return f"the number {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"
    return "a list" if isinstance(value, list) else "an object"


def number_text(value: int | Decimal) -> str:
    """The one spelling of a number, without exponent and trailing zeros (`121.84`); beyond 400 places `12184E398`."""
    # By the digits: `normalize` would round to the decimal context, and a format write out a million zeros.
    sign, digits, exponent = Decimal(value).as_tuple()
    if not isinstance(exponent, int):
        return str(value)
    text = "".join(map(str, digits)).lstrip("0")
    bare = text.rstrip("0")
    exponent += len(text) - len(bare)
    if not bare:
        return "0"
    minus = "-" if sign else ""
    if exponent >= 0:
        return (
            f"{minus}{bare}{'0' * exponent}" if len(bare) + exponent <= _LONGEST_PLAIN else f"{minus}{bare}E{exponent}"
        )
    if exponent < -_LONGEST_PLAIN:
        return f"{minus}{bare}E{exponent}"
    padded = bare.rjust(1 - exponent, "0")
    return f"{minus}{padded[:exponent]}.{padded[exponent:]}"


def number(value: object) -> Decimal | None:
    """Any finite number, from a number or its text; `None` for nothing."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if is_nothing(value):
        return None
    if isinstance(value, str):
        text = value.strip()
        if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text):
            return Decimal(text)
    raise Unreadable(f"is {described(value)}, not a number")


def whole(value: object, least: int = 0, most: int = INTEGER_LIMIT) -> int | None:
    """A whole number within bounds: `5`, `"5"` and `5.0` are 5, `1.5` is not readable."""
    try:
        amount = number(value)
    except Unreadable:
        raise Unreadable(f"is {described(value)}, not a whole number") from None
    if amount is None:
        return None
    if not least <= amount <= most:
        raise Unreadable(f"is {described(value)}, not between {least} and {most}")
    # Bounded first: turning 1e999999 into an int would take all memory.
    result = int(amount)
    if result != amount:
        raise Unreadable(f"is {described(value)}, not a whole number")
    return result


def _price(value: object) -> Decimal | None:
    # The way for everything that is not the usual text; `price` is called seven times for each row.
    amount = number(value)
    if amount is None:
        return None
    if amount < 0:
        raise Unreadable(f"is {described(value)}, below zero")
    try:
        # Compared first: arithmetic overflows on 1e9999999. The price -0 is 0.
        exact = money.exact(amount) if amount < money.LIMIT else None
    except ValueError:
        exact = None
    if exact is None:
        raise Unreadable(f"is {described(value)}, not an amount below 10^14 with at most {money.SCALE} decimals")
    return abs(exact)


def price(value: object) -> Decimal | None:
    """An amount of money with exactly four decimals. More decimals, or less than zero, is not readable."""
    if type(value) is str and USUAL_PRICE.fullmatch(value):
        return Decimal(value)
    return _price(value)


def weight(value: object) -> Decimal | None:
    """A weight with exactly six decimals, as eMAG writes it."""
    if type(value) is str and _USUAL_WEIGHT.fullmatch(value):
        return Decimal(value)
    return _weight(value)


def _weight(value: object) -> Decimal | None:
    amount = number(value)
    if amount is None:
        return None
    if not 0 <= amount < _WEIGHT_LIMIT:
        raise Unreadable(f"is {described(value)}, not between 0 and 10^12")
    quantized = abs(amount.quantize(_WEIGHT_UNIT))
    if quantized != amount:
        raise Unreadable(f"is {described(value)}, with more than {WEIGHT_SCALE} decimals")
    return quantized


def text(value: object) -> str | None:
    """Text as it is; a number is its text (`1` is `"1"`); `None` for null and what is empty."""
    if is_empty(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return number_text(value)
    raise Unreadable(f"is {described(value)}, not text")


def address(value: object) -> str | None:
    """A URL, without white space around it; what does not begin with `http://` or `https://` is none."""
    if is_nothing(value):
        return None
    found = value.strip() if isinstance(value, str) else ""
    if not _ADDRESS.match(found):
        raise Unreadable(f"is {described(value)}, not an address")
    return found


def barcode(value: object) -> str | None:
    """An EAN: text, or a whole number (which has lost its leading zeros).

    Spaces, commas and semicolons between the digits of one barcode are taken out. Where what is left is none, the text
    stays as it is, without white space around it (`is_unclear` finds those): it may be two barcodes, or something else.
    """
    if is_nothing(value):
        return None
    if isinstance(value, Decimal) and value != value.to_integral_value():
        raise Unreadable(f"is {described(value)}, not a barcode")
    found = (text(value) or "").strip()
    if not is_unclear(found):
        return found or None
    digits = _SEPARATORS.sub("", found)
    return digits if len(digits) in _BARCODE_LENGTHS and digits.isascii() and digits.isdigit() else found


def is_unclear(ean: str) -> bool:
    """Whether what `barcode` read may be several barcodes, or none: it has white space, commas or semicolons in it."""
    return _SEPARATORS.search(ean) is not None


def without_entities(value: str) -> str:
    """The text with its HTML entities decoded, once: `Tom &amp; Jerry` is `Tom & Jerry`."""
    return _ENTITY.sub(_decoded, value) if "&" in value else value


def _decoded(entity: re.Match[str]) -> str:
    number, name = entity.groups()
    return html.unescape(entity[0]) if number else html5.get(f"{name};", entity[0])


def storable(value: str) -> str:
    """Without what databases refuse: NUL characters go, half surrogate pairs become U+FFFD."""
    return _UNSTORABLE.sub(lambda match: "" if match[0] == "\x00" else UNREADABLE_CHARACTER, value)


def is_damaged(raw: bytes) -> bool:
    """Whether a row, as JSON, has a character that could not be read: eMAG has it so, or the answer was mended."""
    # `rfind` finds nothing in two thirds of the time that `in` takes for that.
    return any(raw.rfind(form) >= 0 for form in _UNREADABLE_FORMS)


def ownership(value: object) -> int | None:
    """Documented as 1 (may edit the documentation) and 2 (may not), met as true and false."""
    if isinstance(value, bool):
        return 1 if value else 2
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return 1 if value.strip().lower() == "true" else 2
    return whole(value, 1, 2)


def identifier(value: object) -> int | None:
    """The seller's own id of an offer: 1 and up."""
    if type(value) is int and 0 < value <= ID_LIMIT:
        return value
    try:
        return whole(value, 1, ID_LIMIT)
    except Unreadable:
        raise Unreadable(f"is {described(value)}, not a whole number from 1 to 2^63-1") from None


def members(value: Any) -> list[Any] | None:
    """The members of a list, of an object that PHP wrote for one, or a single member without its list; else `None`."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        # PHP writes a list with gaps, or one that does not begin at 0, as an object. An empty one is an empty list.
        return list(value.values()) if all(key.isdigit() for key in value) else [value]
    return [] if is_nothing(value) else None
