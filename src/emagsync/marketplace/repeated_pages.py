"""Notices a list that repeats itself: a marketplace that ignores the number of the page, or never ends. Pure.

Rows that move while a list is read show up on two pages, and a page can even look like its neighbour. But they do not
make four pages with exactly the same rows, nor page after page, behind the end that eMAG told, without a single row
that had not been there before. Every page the same, all rows on every page, the last page for ever, the list over again
from the start, any rows in any order: each is one or the other.

Where eMAG told no end, a list repeats itself when as many pages in a row showed nothing new as all that is known would
fill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

# Pages with the same rows, whatever their order.
_SAME_PAGES: Final = 4
# Pages without anything new, and none with it behind them: where eMAG told the end, behind it; at least, where it told
# none.
_BEHIND_THE_END: Final = 5
_WITHOUT_AN_END: Final = 10
# The same where they hold nothing but one row without an id.
_ODD_PAGES: Final = 500


class RepeatedPages:
    """Watches the pages of one reading of a list, in whatever order they come."""

    def __init__(self) -> None:
        self._times: Counter[int] = Counter()
        self._is_same = False
        self._last_new = 0  # the last page with something new
        self._nothing_new: set[int] = set()  # pages behind it; one between them may have failed
        self._has_odd = False  # whether one of these holds nothing but one odd row
        self._known = 0  # rows, all different
        self._largest = 1  # rows of a page, all different
        self._seen: set[int] = set()

    def add(
        self,
        page: int,
        rows: Sequence[bytes] | Sequence[int],
        *,
        expected: int | None = None,
        new: int | None = None,
    ) -> bool:
        """A page came, given by the ids of its rows (or its raw rows); returns whether the list repeats itself.

        `expected` is the number of pages that there should be, where that is known. `new` is how many of the ids this
        reading had not shown before, for those who know; without it they are remembered here.
        """
        content: frozenset[int | bytes] = frozenset(rows)
        if not content:
            return False
        key = hash(content)
        self._times[key] += 1
        is_odd = _is_one_odd_row(content)
        if self._times[key] >= _SAME_PAGES and not is_odd:
            self._is_same = True
        self._note(page, self._new_of(content, key, new), len(content), is_odd=is_odd)
        return self.repeats(expected)

    def repeats(self, expected: int | None) -> bool:
        """Whether the list repeats itself, going by what has come of it."""
        end = max(self._last_new, expected or 0)
        pages = self._pages_without_an_end() if expected is None else _BEHIND_THE_END
        return self._is_same or sum(page > end for page in self._nothing_new) >= pages

    def _new_of(self, content: frozenset[int | bytes], key: int, new: int | None) -> int:
        ids = [row for row in content if isinstance(row, int)]
        if not ids:
            return len(content) if self._times[key] == 1 else 0
        if new is None:
            before = len(self._seen)
            self._seen.update(ids)
            new = len(self._seen) - before
        return new

    def _note(self, page: int, new: int, rows: int, *, is_odd: bool) -> None:
        self._known += new
        self._largest = max(self._largest, rows)
        if new and page > self._last_new:
            self._last_new, self._has_odd = page, False
            self._nothing_new = {other for other in self._nothing_new if other > page}
        elif not new and page > self._last_new:
            self._nothing_new.add(page)
            self._has_odd = self._has_odd or is_odd

    def _pages_without_an_end(self) -> int:
        least = _ODD_PAGES if self._has_odd else _WITHOUT_AN_END
        return max(least, -(-self._known // self._largest))


def _is_one_odd_row(content: frozenset[int | bytes]) -> bool:
    """Whether a page holds nothing but one row without an id, over and over, such as `null`. Hundreds of these may
    stand in an honest list, and fill its pages alike."""
    return len(content) == 1 and not isinstance(next(iter(content)), int)
