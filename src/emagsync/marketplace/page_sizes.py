"""Learns how large the pages of an account may be, and how long eMAG takes for an offer. Pure.

[seen]: 100 offers in 156 s, 20 in 31 s; and pages that break above a size whatever they hold. So a size is believed as
long as it works, given up when pages of it fail that smaller ones deliver, and tried again one step larger, one page at
a time, once pages of the size in use have come often enough. A trial that fails makes the next one twice as rare; one
that could not be answered in time at the pace that was measured is made very rarely.

What was learnt is a `Pace`, for whoever remembers it until the next time.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

# 100 -> 50 -> 25 -> 5 -> 1: near to half, and each a divisor of the one before.
_FIRST_DIVISORS: Final = (2, 3, 5, 7)
# Pages of the size in use that come before a larger one is tried, and before one that is likely to take too long.
_PASSES: Final = 4
_MANY_PASSES: Final = 64
_MOST_DOUBLINGS: Final = 5
# A size is taken to fit when it is likely to be answered in this share of the time that there is.
_ROOM: Final = 0.75
# What makes a size doubtful: one page that took too long, or two that failed otherwise.
_DOUBTFUL: Final = 2
# The weight of the last answer in the average.
_NEWEST: Final = 0.3


class Pace(NamedTuple):
    """What was learnt about an account: offers a page, seconds an offer takes, larger pages tried in vain in a row."""

    page_size: int
    seconds_per_offer: float | None = None
    failed_trials: int = 0


def smaller(per_page: int) -> int | None:
    """The next smaller size that divides `per_page`; None for 1."""
    if per_page == 1:
        return None
    divisor = next((number for number in _FIRST_DIVISORS if per_page % number == 0), per_page)
    return per_page // divisor


def sizes_below(per_page: int) -> tuple[int, ...]:
    """`per_page` and all smaller sizes, each a divisor of the one before: 100, 50, 25, 5, 1."""
    sizes = [per_page]
    while (size := smaller(sizes[-1])) is not None:
        sizes.append(size)
    return tuple(sizes)


class PageSizes:
    """The size of the pages of one account's list, at most `per_page`; `answer_within` is the longest answer, in
    seconds. Told of every read by `started`, then `passed` or `failed`."""

    def __init__(self, per_page: int = 100, *, answer_within: float = 60.0, remembered: Pace | None = None) -> None:
        self.steps = sizes_below(per_page)
        self._answer_within = answer_within
        self._size = per_page
        self._passes = 0
        self._failed_trials = 0
        self._trial = False
        self._doubts: Counter[int] = Counter()
        self._seconds: dict[int, float] = {}  # by size, for a full page
        if remembered is not None:
            self._size = next(size for size in self.steps if size <= max(remembered.page_size, 1))
            self._failed_trials = remembered.failed_trials
            self._passes = _PASSES  # those of the time before: a short list may never have so many
            if remembered.seconds_per_offer is not None:
                self._seconds[self._size] = remembered.seconds_per_offer * self._size

    @property
    def size(self) -> int:
        """The size that is known to work, or not known not to."""
        return self._size

    @property
    def is_reduced(self) -> bool:
        """Whether pages are smaller than was asked for."""
        return self._size < self.steps[0]

    @property
    def is_measured(self) -> bool:
        """Whether any full page has come."""
        return bool(self._seconds)

    def works(self, size: int) -> bool:
        """Whether full pages of this size came, and with time to spare."""
        return size in self._seconds and self._fits(size)

    @property
    def pace(self) -> Pace:
        """What has been learnt so far."""
        seconds = self._seconds.get(self._size)
        return Pace(self._size, None if seconds is None else seconds / self._size, self._failed_trials)

    def next_size(self) -> int:
        """The size to read with next: now and then a larger one than works, to see whether it does now."""
        larger = self._larger()
        if larger is None or self._trial or self._passes < self._passes_before(larger):
            return self._size
        return larger

    def below(self, size: int) -> int | None:
        """The size to go on with where `size` failed: the largest that is likely to come in time. None below 1."""
        candidates = [step for step in self.steps if step < size]
        return next((step for step in candidates if self._fits(step)), candidates[-1] if candidates else None)

    def started(self, size: int) -> None:
        """A page of this size is being read."""
        if size > self._size:
            self._trial = True
            self._passes = 0

    def passed(self, size: int, rows: int, seconds: float) -> None:
        """A page of this size came, with so many rows, after so many seconds."""
        if not rows:  # past the end of the list, which says nothing about the others
            self._trial = self._trial and size <= self._size
            return
        if rows >= size:
            before = self._seconds.get(size, seconds)
            self._seconds[size] = before + _NEWEST * (seconds - before)
        for step in self.steps:
            if step <= size:
                self._doubts.pop(step, None)
        if size > self._size:
            self._size, self._passes, self._failed_trials, self._trial = size, 0, 0, False
        elif any(size < step <= self._size and doubts >= _DOUBTFUL for step, doubts in self._doubts.items()):
            self._size, self._passes = size, 0
        elif size == self._size:
            self._passes += 1

    def failed(self, size: int, *, took_too_long: bool) -> None:
        """A page of this size did not come, for a reason that smaller ones may cure."""
        self._doubts[size] += _DOUBTFUL if took_too_long else 1
        if size > self._size and self._trial:
            self._trial, self._passes = False, 0
            self._failed_trials += 1

    def _larger(self) -> int | None:
        place = self.steps.index(self._size)
        return self.steps[place - 1] if place else None

    def _passes_before(self, larger: int) -> int:
        passes = _PASSES if self._fits(larger) else _MANY_PASSES
        return passes << min(self._failed_trials, _MOST_DOUBLINGS)

    def _fits(self, size: int) -> bool:
        """Whether a page of this size is likely to come in time, by the largest that was measured below it."""
        measured = max((known for known in self._seconds if known <= size), default=None)
        if measured is None:
            measured = min(self._seconds, default=None)
        if measured is None:
            return True
        return self._seconds[measured] * size / measured <= _ROOM * self._answer_within
