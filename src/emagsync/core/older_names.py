"""The older names of an offer's values that requests may still bring and answers still have: here, and nowhere else.

Apart from `vocabulary`, because errors need them, and commands import those before any model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Of requests: the names by which existing scripts send these.
OLDER_NAMES: Final[Mapping[str, str]] = {"account": "account_type", "part_number": "sku"}
# Of a sort order and of what lists show.
OLDER_WORDS: Final[Mapping[str, str]] = {
    "account": "account_type",
    "part_number": "sku",
    "sale_price": "price",
    "stock": "stock_quantity",
    "sale_price_with_vat": "price_with_vat",
}
_NEWER_WORDS: Final[Mapping[str, str]] = {older: newer for newer, older in OLDER_WORDS.items()}


def with_older_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an answer that no model writes, with each that has an older name by that too."""
    return {**values, **{older: values[newer] for newer, older in OLDER_WORDS.items() if newer in values}}


def newer_word(word: object) -> object:
    """The word that is used now for `word`, such as a sort order, be there a `-` before it or not."""
    if not isinstance(word, str):
        return word
    bare = word.removeprefix("-")
    return word[: len(word) - len(bare)] + _NEWER_WORDS.get(bare, bare)
