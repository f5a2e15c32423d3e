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

How: every value is made canonical (a number, or a text that is one, in one spelling), then the row is written as JSON
with sorted keys and hashed. Since that makes `"1.0"` and `"1"` one in text fields too, those few texts are hashed once
more, as they are.

Whether an offer changed is a question of its own, which is a little more generous: see `rows/comparison.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from contextlib import suppress
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
        "main_offer_price",
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
# A text that is a number as programs write it: the number without zeros at the end of its fraction, then those zeros.
# (It also takes several zeros, `"00"`, for zero, as it always has.)
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?)(?:\.?0+)?")
_BEGIN_NUMBERS = frozenset("-0123456789")
_FOLDED_TEXT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]*0|-0")


def fingerprint(row: dict[str, Any], version: int = 1) -> str:
    """32 hex characters for a decoded row, which is used up: its values are made canonical in place.

    `version` is part of it: those of different versions cannot be compared.
    """
    kept = _texts_to_keep(row)
    digest = hashlib.blake2b(b"%d\n%b" % (version, _written(row)), digest_size=16)
    if kept:
        digest.update(b"\n" + orjson.dumps(sorted(kept)))
    return digest.hexdigest()


def _written(row: dict[str, Any]) -> bytes:
    _read_numbers(row)
    try:
        _make_canonical(row, row.items())
        return orjson.dumps(row, default=_decimal, option=orjson.OPT_SORT_KEYS)
    except (TypeError, RecursionError):
        # An integer beyond 64 bits, half a surrogate pair, or nesting beyond what orjson writes.
        return _slowly_written(row)


def _read_numbers(row: dict[str, Any]) -> None:
    """Put numbers for the texts of fields that hold numbers, also where a person typed them (`" +1.50 "`)."""
    for key in NUMBER_KEYS & row.keys():
        value = row[key]
        if type(value) is str and not _NUMBER.fullmatch(value):
            with suppress(coerce.Unreadable):
                number = coerce.number(value)
                row[key] = value if number is None else number


def _make_canonical(container: Any, members: Iterable[tuple[Any, Any]]) -> None:
    """Put numbers, in their one spelling, for the texts in `container` that are numbers; `members` by key or index."""
    for key, value in members:
        kind = type(value)
        if kind is str:
            # Most texts are told apart by their first character.
            if value[:1] in _BEGIN_NUMBERS and (number := _NUMBER.fullmatch(value)):
                container[key] = _spelled(number[1])
        elif kind is dict:
            _make_canonical(value, value.items())
        elif kind is list:
            _make_canonical(value, enumerate(value))


def _spelled(number: str) -> orjson.Fragment:
    return orjson.Fragment("0" if number == "-0" else number)


@lru_cache(maxsize=4096)
def _decimal(value: Decimal) -> orjson.Fragment:
    return orjson.Fragment(coerce.number_text(value))


def _texts_to_keep(row: dict[str, Any]) -> list[tuple[str, str]]:
    """The texts of text fields that end in zeros which their canonical spelling would lose, each with its place."""
    # "ean 0" and "family 0" are part of stored fingerprints: they cannot be renamed.
    eans, family = row.get("ean"), row.get("family")
    places = [(key, row[key]) for key in TEXT_KEYS & row.keys()]
    places += [(f"ean {index}", ean) for index, ean in enumerate(eans if type(eans) is list else (eans,))]
    if type(family) is dict:
        places.append(("family 0", family.get("name")))
    return [(place, value) for place, value in places if type(value) is str and _loses_zeros(value)]


def _loses_zeros(value: str) -> bool:
    return value[-1:] == "0" and _FOLDED_TEXT.fullmatch(value) is not None


def _slowly_written(row: dict[str, Any]) -> bytes:
    """The row written canonically, as orjson would, but without recursion. Some values may be canonical already."""
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
                parts += b"," if parts else b"{", _quoted(key) + b":", node[key]
            waiting += reversed([*(parts or [b"{"]), b"}"])
        elif kind is list:
            members = [part for member in node for part in (b",", member)]
            waiting += reversed([b"[", *members[1:], b"]"])
        else:
            pieces.append(_scalar(node))
    return b"".join(pieces)


def _scalar(value: Any) -> bytes:
    if type(value) in (int, Decimal):
        return coerce.number_text(value).encode()
    if type(value) is str:
        number = _NUMBER.fullmatch(value)
        return orjson.dumps(_spelled(number[1])) if number else _quoted(value)
    return orjson.dumps(value)


def _quoted(text: str) -> bytes:
    try:
        return orjson.dumps(text)
    except TypeError:
        return json.dumps(text).encode()
