"""Learns how large the pages of an account may be, and how long eMAG takes for an offer. Pure.

[seen]: 100 offers in 156 s, 20 in 31 s; and pages that break above a size whatever they hold. So a size is believed as
long as it works, given up when pages of it fail that smaller ones deliver, and tried again one step larger, one page at
a time: by each reading of the list with its first page, and once more when very many have come. A list may be so short
that no number of its pages is ever reached, so after trials in vain it is time that counts: the sixth makes readings
wait for an hour, and each further one twice as long, up to a day. A size that could not be answered in time at the pace
that was measured is tried once a day.

What was learnt is a `Pace`, for whoever remembers it until the next time.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final, NamedTuple

# 100 -> 50 -> 25 -> 5 -> 1: near to half, and each a divisor of the one before.
_FIRST_DIVISORS: Final = (2, 3, 5, 7)
# Pages of the size in use that come before a larger one is tried, and before another trial after one in vain in the
# same reading. Each trial in vain doubles them.
_PASSES: Final = 4
_PASSES_AFTER_ONE_IN_VAIN: Final = 1024
_MOST_DOUBLINGS: Final = 10
# Trials in vain, in a row, with which each reading still makes one; how long no reading does after one more, after
# which each doubles that; and the longest that a size is left alone, however hopeless.
_FREE_TRIALS: Final = 5
_FIRST_WAIT: Final = timedelta(hours=1)
_LONGEST_WAIT: Final = timedelta(days=1)
# A page that fails in less than this share of the time there is costs next to nothing: no number of these makes the
# next trial wait for more than 4 hours. One that was waited for counts for two, up to a wait of a day.
_CHEAP: Final = 0.2
_MOST_CHEAP_TRIALS: Final = 8
_MOST_TRIALS: Final = 12
# A size is taken to fit when it is likely to be answered in this share of the time that there is.
_ROOM: Final = 0.75
# What makes a size doubtful: one page that took too long, or two that failed otherwise.
_DOUBTFUL: Final = 2
# The weight of the last answer in the average.
_NEWEST: Final = 0.3


class Pace(NamedTuple):
    """What was learnt about an account: offers a page, seconds an offer takes, larger pages tried in vain in a row (one
    that was waited for counts for two). `learnt_at` is when the size changed or a larger one was tried in vain."""

    page_size: int
    seconds_per_offer: float | None = None
    failed_trials: int = 0
    learnt_at: datetime | None = None


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
    seconds. Told of every read by `started`, then `passed` or `failed`.

    Without `now`, what is remembered is taken to have been learnt just now.
    """

    def __init__(
        self,
        per_page: int = 100,
        *,
        answer_within: float = 60.0,
        remembered: Pace | None = None,
        now: datetime | None = None,
    ) -> None:
        self.steps = sizes_below(per_page)
        self._answer_within = answer_within
        self._size = per_page
        self._passes = 0
        self._failed_trials = 0
        self._failed_here = 0  # of these, those of this reading
        self._before_growth: int | None = None  # trials in vain before the size grew, in this reading
        self._trial = False
        self._is_due = False  # a larger size may be tried at once, if it fits
        self._is_overdue = False  # a larger size may be tried at once, even if it does not
        self._doubts: Counter[int] = Counter()
        self._seconds: dict[int, float] = {}  # by size, for a full page
        if remembered is not None:
            self._remember(remembered, now)

    def _remember(self, pace: Pace, now: datetime | None) -> None:
        self._size = next(size for size in self.steps if size <= max(pace.page_size, 1))
        self._failed_trials = pace.failed_trials
        # Of a clock that was wrong, in either direction, nothing comes but a trial.
        age = timedelta() if now is None or pace.learnt_at is None else abs(now - pace.learnt_at)
        self._is_due = age >= _wait_after(pace.failed_trials)
        self._is_overdue = age >= _LONGEST_WAIT
        if pace.seconds_per_offer is not None:
            self._seconds[self._size] = pace.seconds_per_offer * self._size

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

    @property
    def trials_in_vain(self) -> int:
        """How often a larger size was tried in vain in this reading."""
        return self._failed_here

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
        return larger if larger is not None and not self._trial and self._may_try(larger) else self._size

    def below(self, size: int) -> int | None:
        """The size to go on with where `size` failed: the largest that is likely to come in time. None below 1."""
        candidates = [step for step in self.steps if step < size]
        return next((step for step in candidates if self._fits(step)), candidates[-1] if candidates else None)

    def started(self, size: int) -> None:
        """A page of this size is being read."""
        if size > self._size:
            self._trial = True
            self._start_counting()

    def passed(self, size: int, rows: int, seconds: float) -> None:
        """A page of this size came, with so many rows, after so many seconds."""
        if not rows:  # past the end of the list, which says nothing about the others
            self._trial = self._trial and size <= self._size
            return
        self._measure(size, rows, seconds)
        for step in self.steps:
            if step <= size:
                self._doubts.pop(step, None)
        if size > self._size:
            self._grow(size)
        elif any(size < step <= self._size and doubts >= _DOUBTFUL for step, doubts in self._doubts.items()):
            self._shrink(size)
        elif size == self._size:
            self._passes += 1

    def failed(self, size: int, *, took_too_long: bool, seconds: float | None = None) -> None:
        """A page of this size did not come, for a reason that smaller ones may cure; after so many seconds, if given.

        A gateway's "too long" may have taken no time at all.
        """
        self._doubts[size] += _DOUBTFUL if took_too_long else 1
        if size > self._size and self._trial:
            self._trial = False
            is_dear = took_too_long if seconds is None else seconds > _CHEAP * self._answer_within
            # That one failed of which nothing else was to be expected says nothing about those with better prospects.
            self._tried_in_vain(0 if not self._fits(size) else 2 if is_dear else 1)

    def _tried_in_vain(self, weight: int) -> None:
        if not self._failed_here:  # those of one reading are about one state of the marketplace
            most = _MOST_CHEAP_TRIALS if weight == 1 else _MOST_TRIALS
            self._failed_trials = max(self._failed_trials, min(self._failed_trials + weight, most))
        self._failed_here += 1
        self._start_counting()

    def _start_counting(self) -> None:
        self._passes, self._is_due, self._is_overdue = 0, False, False

    def _measure(self, size: int, rows: int, seconds: float) -> None:
        before = self._seconds.get(size)
        if rows < size:
            # A page that is not full can only show that eMAG is faster than was believed.
            seconds = seconds * size / rows
            if before is None or seconds >= before:
                return
        self._seconds[size] = seconds if before is None else before + _NEWEST * (seconds - before)

    def _grow(self, size: int) -> None:
        self._before_growth = self._failed_trials
        self._size, self._trial, self._failed_trials = size, False, 0
        self._start_counting()

    def _shrink(self, size: int) -> None:
        self._size = size
        if self._before_growth is not None:
            # The trial had only luck.
            self._failed_trials, self._before_growth = max(self._before_growth, self._failed_trials), None
            self._tried_in_vain(1)
        self._start_counting()

    def _larger(self) -> int | None:
        place = self.steps.index(self._size)
        return self.steps[place - 1] if place else None

    def _may_try(self, larger: int) -> bool:
        if not self._fits(larger):
            return self._is_overdue
        return self._is_due or self._passes >= self._passes_before_a_trial()

    def _passes_before_a_trial(self) -> int:
        passes = _PASSES << min(self._failed_trials, _MOST_DOUBLINGS)
        if not self._failed_here:
            return passes
        return max(passes, _PASSES_AFTER_ONE_IN_VAIN << min(self._failed_here - 1, _MOST_DOUBLINGS))

    def _fits(self, size: int) -> bool:
        """Whether a page of this size is likely to come in time, by the largest that was measured below it."""
        measured = max((known for known in self._seconds if known <= size), default=None)
        if measured is None:
            measured = min(self._seconds, default=None)
        if measured is None:
            return True
        return self._seconds[measured] * size / measured <= _ROOM * self._answer_within


def _wait_after(failed_trials: int) -> timedelta:
    """How long no reading begins with a larger page after so many trials in vain in a row."""
    if failed_trials <= _FREE_TRIALS:
        return timedelta()
    doublings = min(failed_trials - _FREE_TRIALS - 1, _MOST_DOUBLINGS)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
