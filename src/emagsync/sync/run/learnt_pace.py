"""What a run begins with of its account's pages, and what the account's next run is to know of them."""

from __future__ import annotations

from datetime import datetime

from emagsync.marketplace.page_sizes import Pace, PageSizes


class LearntPace:
    """The pace that is remembered for the account, beside the one that the run learns. `sizes` are the run's own."""

    def __init__(self) -> None:
        self.sizes = PageSizes()
        self.remembered: Pace | None = None
        self._noted_trials = 0

    def begin(self, per_page: int, *, answer_within: float, now: datetime) -> PageSizes:
        """The sizes of a run that asks for pages of `per_page` offers, with what is remembered."""
        self.sizes = PageSizes(per_page, answer_within=answer_within, remembered=self.remembered, now=now)
        return self.sizes

    def as_of(self, now: datetime) -> Pace | None:
        """What the account's next run should know; None: pages can be as large as is asked for."""
        learnt = self._learnt
        if learnt is None or self.is_news or self.remembered is None:
            return None if learnt is None else learnt._replace(learnt_at=now)
        # A run that tried nothing, or nothing yet: the wait for the next trial goes on.
        return learnt._replace(learnt_at=self.remembered.learnt_at)

    def noted(self, pace: Pace | None) -> None:
        """What was learnt so far has been written down."""
        self.remembered, self._noted_trials = pace, self.sizes.trials_in_vain

    @property
    def _learnt(self) -> Pace | None:
        if self.sizes.is_reduced:
            return self.sizes.pace
        # Where this run asked for small pages, it has not seen whether larger ones work.
        grown = self.remembered is not None and self.remembered.page_size < self.sizes.size
        return None if grown else self.remembered

    @property
    def is_news(self) -> bool:
        """Whether another size works now than is remembered, or a larger one was tried since. The seconds of an offer
        change with every page."""
        learnt, remembered = self._learnt, self.remembered
        if learnt is None or remembered is None:
            return learnt is not remembered
        return learnt.page_size != remembered.page_size or self.sizes.trials_in_vain > self._noted_trials
