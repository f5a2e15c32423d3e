"""Folding text, so that it is found in any case, with or without diacritics."""

from __future__ import annotations

import re
import unicodedata

_DIACRITICS = re.compile("[\u0300-\u036f]+")


def fold(text: str | None) -> str | None:
    """`text` in lower case and without diacritics: `Încălțăminte` becomes `incaltaminte`."""
    if text is None or text.isascii():
        return text and text.lower()
    return _DIACRITICS.sub("", unicodedata.normalize("NFD", text.lower()))
