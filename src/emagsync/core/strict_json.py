"""JSON that says one thing: no object has a name twice, and no number is none.

Python's reader, as most others, takes the last of two members of one name and throws the other away without a word
(RFC 8259 leaves it to the reader), and takes `NaN` and `Infinity`, which are no JSON at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

_SHOWN: Final = 40


class NameRepeated(ValueError):
    """An object has a name twice: which of both is meant nobody can tell."""

    def __init__(self, name: str) -> None:
        super().__init__(f"an object has the name {name[:_SHOWN]!r} twice")
        self.name = name


def loads(content: bytes, *, parse_float: Callable[[str], Any] = float) -> Any:
    """The document in `content`, which is UTF-8, UTF-16 or UTF-32. `parse_float` makes the numbers with a point or an
    exponent.

    Raises NameRepeated, other ValueErrors for what is no JSON, and RecursionError for what is nested too deeply.
    """
    return json.loads(
        content, parse_float=parse_float, parse_constant=_refuse_constant, object_pairs_hook=_without_repeats
    )


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise NameRepeated(Counter(name for name, _ in pairs).most_common(1)[0][0])
    return made
