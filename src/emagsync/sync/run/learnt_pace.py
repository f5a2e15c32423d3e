"""What a run begins with of its account's pages, and what the account's next run is to know of them."""

from __future__ import annotations

from emagsync.marketplace.page_sizes import Pace, PageSizes


class LearntPace:
    """The pace that is remembered for the account, beside the one that the run learns. `sizes` are the run's own."""

    def __init__(self) -> None:
        self.sizes = PageSizes()
        self.remembered: Pace | None = None

    def begin(self, per_page: int, *, answer_within: float) -> PageSizes:
        """The sizes of a run that asks for pages of `per_page` offers, with what is remembered."""
        self.sizes = PageSizes(per_page, answer_within=answer_within, remembered=self.remembered)
        return self.sizes

    @property
    def learnt(self) -> Pace | None:
        """What the account's next run should know; None: pages can be as large as is asked for."""
        if self.sizes.is_reduced:
            return self.sizes.pace
        # Where this run asked for small pages, it has not seen whether larger ones work.
        grown = self.remembered is not None and self.remembered.page_size < self.sizes.size
        return None if grown else self.remembered

    @property
    def is_news(self) -> bool:
        """Whether another size works now than is remembered. The seconds of an offer change with every page."""
        return _sizes_of(self.learnt) != _sizes_of(self.remembered)


def _sizes_of(pace: Pace | None) -> tuple[int, int] | None:
    return None if pace is None else (pace.page_size, pace.failed_trials)
