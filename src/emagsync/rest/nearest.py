"""The known word that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

# Below it, words have little more in common than letters.
_ALIKE: Final = 0.62


def nearest_of(given: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `given`, whatever its case; None where none is much like it."""
    words: dict[str, str] = {}
    for word in known:
        words.setdefault(word.lower(), word)
    # Nothing long is a misspelling, and comparing takes time.
    if len(given) > 2 * max(map(len, words), default=0):
        return None
    found = difflib.get_close_matches(given.lower(), list(words), n=1, cutoff=_ALIKE)
    return words[found[0]] if found else None
