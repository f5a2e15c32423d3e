"""Why an offer does not sell, in plain words. Meanings of the numbers: eMAG's API documentation, v4.4.9."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from emagsync.offers import words_bg, words_en, words_hu, words_ro

Language = Literal["ro", "en", "bg", "hu"]

# The locales by which eMAG keys its own messages.
LOCALES: Mapping[Language, str] = {"ro": "ro_RO", "en": "en_GB", "bg": "bg_BG", "hu": "hu_HU"}

STATUS_WORDS = {0: "inactive", 1: "active", 2: "end of life"}

_WORDS = {"ro": words_ro.WORDS, "en": words_en.WORDS, "bg": words_bg.WORDS, "hu": words_hu.WORDS}
_NUMBERED = re.compile(r"^(offer_)?validation_(-?\d+)$")


def explain(code: str, language: Language = "en") -> str:
    """A code of `Offer.not_sellable` in words; one that is not known stays as it is."""
    words = _WORDS[language]
    if code in words:
        return words[code]
    match = _NUMBERED.match(code)
    if match is None:
        return code
    return words["offer_validation" if match[1] else "validation"].format(number=match[2])


def verdict(*, sellable: bool, removed: bool, language: Language = "en") -> str:
    """Whether an offer sells, in one sentence."""
    return _WORDS[language]["removed" if removed else "sells" if sellable else "does_not_sell"]
