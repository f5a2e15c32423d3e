"""Compares a row with what is stored of its offer: whether the offer changed, and which of two forms tells more.

The same offer looks different by the way it is asked for: `manufacturer` and `eu_representative` are booleans (filled
in or not) in a list, and lists of companies in an answer about one id (API v4.5.1). That is no change of the offer, and
the copy keeps the fuller form. Nor is it one when PHP writes nothing in another way (`null`, `""`, `[]`, `{}`, no key).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec

from emagsync.marketplace.rows import coerce, exact_json
from emagsync.marketplace.rows.fingerprint import fingerprint

COMPANIES: Final = ("manufacturer", "eu_representative")
_TRUE: Final = (True, 1, "1", "true")
_FALSE: Final = (False, 0, "0", "false")
_CONTAINERS: Final = frozenset((dict, list))


class _Companies(msgspec.Struct, gc=False):
    """The two keys of a row, undecoded."""

    manufacturer: msgspec.Raw = msgspec.Raw(b"null")
    eu_representative: msgspec.Raw = msgspec.Raw(b"null")


_COMPANIES_DECODER: Final = msgspec.json.Decoder(_Companies)
_ROW_DECODER: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def same_content(stored: bytes, row: bytes) -> bool:
    """Whether two rows show the offer unchanged. Raises ValueError where one of them is not a JSON object."""
    pair = [_told(raw) for raw in (stored, row)]
    for key in COMPANIES:
        # Where one of them says only whether there are companies, that is all that can be compared.
        if any(one.get(key, False) is True for one in pair):
            for one in pair:
                if key in one:
                    one[key] = True
    return fingerprint(pair[0]) == fingerprint(pair[1])


def as_listed(raw: bytes) -> dict[str, Any]:
    """A row as a list would tell it, by whichever way it was asked for, and without what says nothing.

    Two rows of one unchanged offer are the same in this form. Raises ValueError where the row is not a JSON object.
    """
    row = _told(raw)
    return row | dict.fromkeys(row.keys() & set(COMPANIES), True)


def names_companies(row: bytes) -> bool:
    """Whether the row has the form of an answer about one id: companies, not only whether there are any."""
    return bool(_named(row))


def names_more(stored: bytes, row: bytes) -> bool:
    """Whether the row names companies where the stored row says only that there are some."""
    return bool(_named(row).keys() - _named(stored).keys())


def with_companies_of(stored: bytes, row: bytes) -> bytes:
    """The row, with the companies that the stored row names where this one says only that there are some.

    Every other value keeps its bytes.
    """
    named = {key: value for key, value in _named(stored).items() if key not in _named(row)}
    if not named:
        return row
    try:
        parts = _ROW_DECODER.decode(row)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return row
    lost = {key: value for key, value in named.items() if key in parts and _value(parts[key]) in _TRUE}
    return msgspec.json.encode(parts | lost) if lost else row


def _named(row: bytes) -> dict[str, msgspec.Raw]:
    """Those of the two keys under which the row names companies."""
    try:
        companies = _COMPANIES_DECODER.decode(row)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    texts = {key: getattr(companies, key) for key in COMPANIES}
    return {key: text for key, text in texts.items() if bytes(text)[:1] in (b"[", b"{") and _value(text)}


def _value(text: msgspec.Raw) -> Any:
    return exact_json.decode(bytes(text)).value


def _told(raw: bytes) -> dict[str, Any]:
    """A row without what says nothing; whether there are companies as True, or left out."""
    row = exact_json.decode(raw).value
    if not isinstance(row, dict):
        raise ValueError(f"the row is {coerce.described(row)}, not an object")  # noqa: TRY004  (bad data, not a type)
    told: dict[str, Any] = _without_nothing(row)
    for key in COMPANIES:
        value = told.get(key)
        if isinstance(value, bool | int | Decimal | str):
            if value in _FALSE:
                del told[key]
            elif value in _TRUE:
                told[key] = True
    return told


def _without_nothing(value: Any) -> Any:
    """Objects without members that say nothing, in place and at every level. Lists keep theirs: they have an order."""
    waiting = [value] if type(value) in _CONTAINERS else []  # a stack, not recursion: nesting comes from outside
    while waiting:
        node = waiting.pop()
        if type(node) is dict:
            # Most members are true: that is asked first, because a digest of a copy asks it of each member of each row.
            for key in [key for key, member in node.items() if not member and coerce.is_empty(member)]:
                del node[key]
            waiting += [member for member in node.values() if type(member) in _CONTAINERS]
        else:
            waiting += [member for member in node if type(member) in _CONTAINERS]
    return value
