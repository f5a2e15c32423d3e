"""Notices a list that repeats itself: a marketplace that ignores the number of the page, or never ends.

Rows that move while a list is read show up on two pages, and a page can even look like its neighbour. But they do not
make four pages with exactly the same rows, nor one page after the other, behind the end that eMAG told, that has been
there before. Every page the same, all rows on every page, the last page for ever, the list over again from the start:
each is one or the other. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

# Pages with the same rows, whatever their order.
_SAME_PAGES: Final = 4
# Pages in a row that lie behind the end and were there before.
_BEHIND_THE_END: Final = 5


class RepeatedPages:
    """Watches the pages of one reading of a list, in whatever order they come."""

    def __init__(self) -> None:
        self._times: Counter[int] = Counter()
        self._behind: set[int] = set()  # pages behind the end that repeat another one

    def add(self, page: int, rows: Sequence[bytes] | Iterable[int], *, expected: int | None = None) -> bool:
        """A page came, given by the ids of its rows (or its raw rows); returns whether the list repeats itself.

        `expected` is the number of pages that there should be, where that is known.
        """
        content = frozenset(rows)
        if not content:
            return False
        key = hash(content)
        self._times[key] += 1
        if self._times[key] >= _SAME_PAGES and not _is_one_odd_row(content):
            return True
        if expected is not None and page > expected and self._times[key] > 1:
            self._behind.add(page)
        return self._has_run()

    def _has_run(self) -> bool:
        return any(all(page + step in self._behind for step in range(_BEHIND_THE_END)) for page in self._behind)


def _is_one_odd_row(content: frozenset[object]) -> bool:
    """Whether a page holds nothing but one row without an id, over and over, such as `null`. Hundreds of these may
    stand in an honest list, and fill its pages alike."""
    return len(content) == 1 and not isinstance(next(iter(content)), int)
