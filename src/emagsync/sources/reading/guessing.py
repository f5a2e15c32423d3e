"""Guesses which columns of a source's file are which fields. Pure; what it guesses is shown, and corrected by people.

Programs of Romanian shops name their columns in few ways. Where a word may mean something else it is not guessed: the
`id` of an ERP is not eMAG's, its `TVA` is a percentage, and a price with VAT is not what eMAG asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from emagsync.edits.bulk.columns import EANS, column_by_name, plain
from emagsync.sources.reading.options import KeyField

# Fields by the words for them beside those that every file of edits may use, the surest first.
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "part_number": (
        "part number", "sku", "cod sku", "cod extern", "cod produs", "cod articol", "simbol", "cod", "codart",
        "cod art", "cod intern", "referinta",
    ),
    EANS: ("ean", "cod ean", "cod de bare", "cod bare", "codbare", "gtin", "barcode", "bar code"),
    "sale_price": (
        "sale price", "pret de vanzare fara tva", "pret vanzare fara tva", "pret fara tva", "pret unitar fara tva",
        "pret ftva", "price without vat", "pret net", "pret de vanzare", "pret vanzare", "pret vanz", "pret lista",
        "pret unitar", "pret", "price",
    ),
    "stock": (
        "stock", "stoc disponibil", "cantitate disponibila", "disponibil", "stoc", "stoc curent", "stoc final",
        "stoc fizic", "stoc scriptic", "stoc total", "available", "quantity", "qty", "cantitate", "cant",
    ),
}  # fmt: skip
_RANKS: Final = {word: (field, rank) for field, words in _WORDS.items() for rank, word in enumerate(words)}
_NOT_GUESSED: Final = frozenset({"id", "tva", "vat", "stare", "activ", "version", "versiune"})
_WITH_VAT: Final = re.compile(
    r"\b(cu|incl|inclusiv|with|including|v) ?\.? ?(tva|vat)\b|\b(tva inclus|vtva)\b|\bpret (?!fara\b|f\b)\w+ tva$"
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# What comes from other files than an export of ours is no state of a row of it.
_OF_OUR_EXPORTS: Final = frozenset({"exported", "version"})
_UNKNOWN_RANK: Final = 99


def guess(headings: Iterable[str]) -> dict[str, str]:
    """Fields by heading, each field once, by the surest word for it; `ean` is called `eans` here."""
    best: dict[str, tuple[tuple[int, int, int], str]] = {}
    for place, heading in enumerate(headings):
        found = _field_of(heading)
        if found is None:
            continue
        field, rank = found
        candidate = ((rank, heading.count("/"), place), heading)
        if field not in best or candidate < best[field]:
            best[field] = candidate
    return {heading: field for field, (_, heading) in sorted(best.items(), key=lambda one: one[1][0][2])}


def guess_key(fields: Iterable[str]) -> KeyField | None:
    """What names the offers, where several fields could."""
    found = set(fields)
    return next((key for key in KeyField if column_name(key) in found), None)


def column_name(field: str) -> str:
    """The reader's name of a field of the API."""
    return EANS if field == KeyField.EAN else field


def field_name(column: str) -> str:
    """The API's name of a reader's column."""
    return KeyField.EAN.value if column == EANS else column


def _field_of(heading: str) -> tuple[str, int] | None:
    # The last step of a path says what a value is; `CodExtern` is two words, `eMAG` is not.
    step = heading.rpartition("/")[2].lstrip("@").replace(".", " ").replace("-", " ")
    words = (plain(step), plain(_CAMEL.sub(" ", step)))
    if any(_WITH_VAT.search(word) or word in _NOT_GUESSED for word in words):
        return None
    ranked = next((_RANKS[word] for word in words if word in _RANKS), None)
    if ranked is not None:
        return ranked
    column = next(filter(None, map(column_by_name, words)), None)
    return None if column is None or column in _OF_OUR_EXPORTS else (column, _UNKNOWN_RANK)
