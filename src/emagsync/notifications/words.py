"""Every word of the messages to people: `en.json` and `ro.json` beside this, with plural forms as CLDR names them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import orjson

# A text, or one for each plural form.
Text = str | Mapping[str, str]


@cache
def words_of(language: str) -> Mapping[str, Text]:
    """All texts of a language, by key."""
    file = resources.files(__package__).joinpath(f"{language}.json")
    words: Mapping[str, Text] = orjson.loads(file.read_bytes())
    return words
