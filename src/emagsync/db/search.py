"""Folding text, so that it is found in any case, with or without diacritics."""

from __future__ import annotations

import re
import unicodedata

_DIACRITICS = re.compile("[\u0300-\u036f]+")
# The diacritics of Romanian and Hungarian: with these replaced first, most texts need no Unicode decomposition.
_USUAL = tuple(zip("ăâîșşțţáéíóöőúüű", "aaissttaeiooouuu", strict=True))


def fold(text: str | None) -> str | None:
    """`text` in lower case and without diacritics: `Încălțăminte` becomes `incaltaminte`."""
    if text is None or text.isascii():
        return text and text.lower()
    folded = text.lower()
    for letter, base in _USUAL:
        folded = folded.replace(letter, base)
    return folded if folded.isascii() else _DIACRITICS.sub("", unicodedata.normalize("NFD", folded))
