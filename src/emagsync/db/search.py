"""Folding text, so that it is found in any case, with or without diacritics and punctuation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_DIACRITICS = re.compile("[\u0300-\u036f]+")
# The diacritics of Romanian and Hungarian: with these replaced first, most texts need no Unicode decomposition.
_USUAL = tuple(zip("ăâîșşțţáéíóöőúüű", "aaissttaeiooouuu", strict=True))


_SEPARATOR = "\x1e"  # has no lower case, no diacritics, and is no letter for its neighbours


def fold(text: str | None) -> str | None:
    """`text` in lower case and without diacritics: `Încălțăminte` becomes `incaltaminte`."""
    if text is None or text.isascii():
        return text and text.lower()
    return _decomposed(_usual_folded(text))


def fold_all(texts: Sequence[str]) -> list[str]:
    """`fold` of each: of many short texts at a fifth of the cost, because most of it is per call."""
    folded = _usual_folded(_SEPARATOR.join(texts)).split(_SEPARATOR)
    if len(folded) != len(texts):  # one of them holds a separator, or there are none
        return [fold(text) or "" for text in texts]
    return [_decomposed(text) for text in folded]


# Whatever is neither a letter nor a digit. For many texts at once, what separates them stays, and so do single spaces.
_GAP = re.compile(r"[\W_]+")
_GAPS = re.compile(rf"(?:[^\w {_SEPARATOR}]|_)+")
_ASCII_GAPS = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) != _SEPARATOR}
_ASCII_NOTHING = dict.fromkeys(_ASCII_GAPS)


def words_of(folded: str) -> str:
    """The words of a folded text, with one space between two: `usb-c, 2 m` becomes `usb c 2 m`."""
    return _GAP.sub(" ", folded).strip()


def code_of(folded: str) -> str:
    """The letters and digits of a folded text: `ab-77/3` becomes `ab773`, however a person writes such a number."""
    return folded if folded.isalnum() else _GAP.sub("", folded)


def words_of_all(folded: Sequence[str]) -> list[str]:
    """`words_of` each, at a third of the cost."""
    joined = _SEPARATOR.join(folded)
    joined = joined.translate(_ASCII_GAPS) if joined.isascii() else _GAPS.sub(" ", joined)
    while "  " in joined:
        joined = joined.replace("  ", " ")
    words = joined.replace(f" {_SEPARATOR}", _SEPARATOR).replace(f"{_SEPARATOR} ", _SEPARATOR).strip(" ")
    return _split(words, folded) or [words_of(text) for text in folded]


def codes_of_all(folded: Sequence[str]) -> list[str]:
    """`code_of` each, at a third of the cost."""
    joined = _SEPARATOR.join(folded)
    joined = joined.translate(_ASCII_NOTHING) if joined.isascii() else _GAPS.sub("", joined).replace(" ", "")
    return _split(joined, folded) or [code_of(text) for text in folded]


def _split(joined: str, texts: Sequence[str]) -> list[str]:
    """The texts that were joined; none where one of them holds a separator."""
    found = joined.split(_SEPARATOR)
    return found if len(found) == len(texts) else []


def _usual_folded(text: str) -> str:
    folded = text.lower()
    if not folded.isascii():
        for letter, base in _USUAL:
            folded = folded.replace(letter, base)
    return folded


def _decomposed(folded: str) -> str:
    return folded if folded.isascii() else _DIACRITICS.sub("", unicodedata.normalize("NFD", folded))
