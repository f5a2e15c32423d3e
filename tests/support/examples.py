"""How many examples a property is tried with, where Hypothesis's own number does not fit it."""

from __future__ import annotations

from hypothesis import settings

_USUAL = 100
# With fewer, hardly anything but the simplest examples is tried.
_FEWEST = 5


def examples(number: int) -> int:
    """So many by themselves and in `make thorough`; the profile `few` takes a part of them, as of every property's."""
    return max(_FEWEST, number * settings.default.max_examples // _USUAL)
