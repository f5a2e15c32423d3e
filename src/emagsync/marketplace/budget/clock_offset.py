"""Noticing that another machine's clock was set: its readings no longer fit what passed here meanwhile."""

from __future__ import annotations

from typing import Final

# Two good clocks drift apart by less than this share; a slewed one too.
_DRIFT: Final = 0.001
_TOLERANCE_SECONDS: Final = 0.02


class SteadyTime:
    """The distance between Redis's clock and the steady one here, as narrow as the answers so far allow.

    An answer that took from `began` to `ended` and says `told` puts the distance between `told - ended` and
    `told - began`, however slow the way was. An answer that does not fit the others shows a clock that was set.
    """

    def __init__(self) -> None:
        # How often the clock was set.
        self.jumps = 0
        self._least = float("-inf")
        self._most = float("inf")
        self._at = 0.0

    def observe(self, began: float, ended: float, told: float) -> None:
        """Learn from one answer. Seconds."""
        drift = _DRIFT * max(0.0, ended - self._at)
        least, most = told - ended, told - began
        if least > self._most + drift + _TOLERANCE_SECONDS or most < self._least - drift - _TOLERANCE_SECONDS:
            self.jumps += 1
            self._least, self._most = least, most
        else:
            self._least = max(self._least - drift, least)
            self._most = max(self._least, min(self._most + drift, most))
        self._at = ended
