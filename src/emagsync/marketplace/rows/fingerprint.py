"""A row's fingerprint: equal exactly when its content is, however eMAG spells it today.

What does not matter: the order of keys, white space, escapes, and whether a number comes as a number or as its text
(`121.84`, `"121.84"` and `"121.8400"` are one; so are `1`, `1.0` and `"1"`).
What does: everything else, also in fields and levels that nobody knows. In particular

- a key that is missing, `null` and `""` are three contents;
- `true` is neither `"true"` nor 1;
- the order of a list;
- in the fields that hold text (`TEXT_KEYS`, EANs and the family's name) every character: part number `"01"`, `"1"` and
  `"1.0"` are three, although part number 1, sent as a number, is `"1"`;
- elsewhere a text that no program writes for a number (`"01"`, `"+1"`, `"1e2"`) is text, except in the fields known to
  hold numbers (`NUMBER_KEYS`), where it is the number that it means.

How: the row is written as JSON with sorted keys, every number in one spelling; then the quotes around numbers go, in
the written bytes, which is faster than a walk through the row. Since that folds `"1.0"` in text fields too, those few
texts are added once more, as they are.
"""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from emagsync.marketplace.rows import coerce

TEXT_KEYS = frozenset(
    (
        "part_number",
        "part_number_key",
        "name",
        "brand",
        "brand_name",
        "description",
        "url",
        "currency",
        "currency_type",
        "start_date",
    )
)
NUMBER_KEYS = frozenset(
    (
        "id",
        "category_id",
        "vendor_category_id",
        "status",
        "sale_price",
        "recommended_price",
        "min_sale_price",
        "max_sale_price",
        "best_offer_sale_price",
        "best_offer_recommended_price",
        "green_tax",
        "weight",
        "vat_id",
        "stock",
        "general_stock",
        "estimated_stock",
        "handling_time",
        "warranty",
        "number_of_offers",
        "buy_button_rank",
        "ownership",
        "genius_eligibility",
        "genius_eligibility_type",
        "genius_computed",
        "validation_status",
        "translation_validation_status",
        "offer_validation_status",
    )
)
# The number without zeros at the end of its fraction, and then those zeros.
_NUMBER = rb'(-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?)(?:\.?0+)?"'
# A quote after one of these begins a text, since quotes inside texts are escaped and texts do not end before digits.
# Three patterns, because two fixed bytes are found much faster than a choice of them.
_AS_VALUE = re.compile(b':"' + _NUMBER)
_AS_FIRST = re.compile(rb'\["' + _NUMBER)
_AS_NEXT = re.compile(b',"' + _NUMBER + b"(?!:)")
_PLAIN = re.compile(r"((?:0|[1-9][0-9]{0,30})(?:\.[0-9]{0,30}[1-9])?)(?:\.?0{1,30})?")
_FOLDED_TEXT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]*0|-0")


def fingerprint(row: dict[str, Any], version: int) -> str:
    """32 hex characters for a decoded row. `row` is used up: its numbers are respelled in place.

    `version` is part of it, so that a new way to read rows makes every stored row a changed one.
    """
    exact = _respelled(row) + _nested_texts(row)
    written = _written(row)
    for pattern in (_AS_VALUE, _AS_FIRST, _AS_NEXT):
        written = pattern.sub(_unquoted, written)
    digest = hashlib.blake2b(b"%d\n%b" % (version, written), digest_size=16)
    if exact:
        digest.update(b"\n" + orjson.dumps(sorted(exact)))
    return digest.hexdigest()


def _respelled(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Turns texts into numbers where the field holds numbers; gives the texts that unquoting would change."""
    changed: list[tuple[str, str]] = []
    for key, value in row.items():
        if type(value) is str:
            if key in NUMBER_KEYS:
                plain = _PLAIN.fullmatch(value)
                number = orjson.Fragment(plain[1]) if plain else _means(value)
                if number is not None:
                    row[key] = number
            elif "0" in value[-1:] and key in TEXT_KEYS and _FOLDED_TEXT.fullmatch(value):
                changed.append((key, value))
    return changed


def _nested_texts(row: dict[str, Any]) -> list[tuple[str, str]]:
    eans, family = row.get("ean"), row.get("family")
    names = (family.get("name"),) if type(family) is dict else ()
    changed: list[tuple[str, str]] = []
    for place, texts in (("ean", eans if type(eans) is list else (eans,)), ("family", names)):
        for index, value in enumerate(texts):
            if type(value) is str and "0" in value[-1:] and _FOLDED_TEXT.fullmatch(value):
                changed.append((f"{place} {index}", value))
    return changed


def _means(value: str) -> Decimal | None:
    try:
        return coerce.number(value)
    except coerce.Unreadable:
        return None


@lru_cache(maxsize=4096)
def _spelled(value: Decimal) -> orjson.Fragment:
    return orjson.Fragment(coerce.number_text(value))


def _unquoted(match: re.Match[bytes]) -> bytes:
    number = match[1]
    return match[0][:1] + (b"0" if number == b"-0" else number)


def _written(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(row, default=_spelled, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits, half a surrogate pair, or nesting beyond what orjson writes
        return _slowly_written(row)


def _slowly_written(row: dict[str, Any]) -> bytes:
    """The same bytes as orjson's for everything that orjson writes; without recursion."""
    pieces: list[bytes] = []
    waiting: list[Any] = [row]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is bytes:
            pieces.append(node)
        elif kind is dict:
            parts: list[Any] = []
            for key in sorted(node):
                parts += b"," if parts else b"{", _scalar(key) + b":", node[key]
            waiting += reversed([*(parts or [b"{"]), b"}"])
        elif kind is list:
            members = [part for member in node for part in (b",", member)]
            waiting += reversed([b"[", *members[1:], b"]"])
        else:
            pieces.append(_scalar(node))
    return b"".join(pieces)


def _scalar(value: Any) -> bytes:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return coerce.number_text(value).encode()
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()
