"""Decides, after each reading of a list, whether what was read is the whole list. Pure.

eMAG's list can move while it is read (docs/decisions/0001). A reading is believed when nothing in it shows a move and
eMAG's own counts before and after agree with it. A list that goes on moving, or a count that is simply wrong, is read
again a few times: until two readings saw the same offers, or two readings in a row found nothing new, or it is enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from emagsync.sync.run.id_set import IdSet

MAX_PASSES: Final = 6
# Offers that one reading showed more than once and that are remembered: one more than is of use.
_MOST_REPEATED: Final = 21
# A count that is simply wrong must not make every run read everything over and over.
_CALM_PASSES: Final = 2


class Movement(Enum):
    """How a reading itself shows that rows moved from page to page meanwhile."""

    REPEATED_ROW = auto()  # an offer was on two pages
    HOLE = auto()  # an empty page before a page with rows
    SHORT_PAGE = auto()  # a page before the last one was not full
    CHANGED_TAIL = auto()  # the end of the list, read a second time, had other rows
    MOVED_MEANWHILE = auto()  # what an earlier attempt had stored was elsewhere when the run was taken up


class Extent(Enum):
    """How far a reading went."""

    END = auto()  # to an empty page behind the last row
    LIMIT = auto()  # as many pages as the run may read
    REPEATED = auto()  # until it was clear that the list repeats itself instead of ending
    STOPPED = auto()  # until the run was told to stop


@dataclass
class Pass:
    """One reading of a list: what it saw, and how far it got."""

    number: int
    ids: IdSet = field(default_factory=IdSet)
    repeated: set[int] = field(default_factory=set)  # offers that came more than once; not all where they are many
    nameless: int = 0  # rows without a usable id
    movements: set[Movement] = field(default_factory=set)
    unread: list[int] = field(default_factory=list)  # pages that could not be read
    extent: Extent = Extent.END
    found_new: bool = True  # whether some offer had not been seen by any reading of the run before
    repeated_on: int | None = None  # the page on which it was clear that the list repeats itself
    count_before: int | None = None  # the number of offers as eMAG says, asked when it began
    count_after: int | None = None  # the same, asked when every row had been read

    @property
    def rows(self) -> int:
        """Distinct offers, as eMAG would count them."""
        return len(self.ids) + self.nameless

    def add(self, ids: tuple[int, ...], rejected: int) -> int:
        """A page was stored. Returns how many of its offers this reading had not shown before."""
        repeats = [emag_id for emag_id in ids if not self.ids.add(emag_id)]
        if repeats:
            self.movements.add(Movement.REPEATED_ROW)
            self.repeated.update(repeats[: max(_MOST_REPEATED - len(self.repeated), 0)])
        self.nameless += rejected
        return len(ids) - len(repeats)


class Verdict(Enum):
    """What a reading is worth."""

    WHOLE = auto()  # it is the whole list
    READ_AGAIN = auto()  # the list may have moved
    MOVING = auto()  # the same, and it was read often enough
    UNREAD = auto()  # pages could not be read
    REPEATING = auto()  # the list repeats itself: there is no telling what it holds
    LIMITED = auto()  # there is more behind the last page that the run may read
    STOPPED = auto()  # the run was told to stop


class ListStability:
    """Compares the readings of one list with each other. `next` takes them in order."""

    def __init__(self) -> None:
        self._previous: Pass | None = None
        self._calm = 0  # readings in a row that found nothing new

    def next(self, read: Pass) -> Verdict:
        """The verdict about a reading, given those before it."""
        if read.extent is Extent.STOPPED:
            return Verdict.STOPPED
        if read.extent is Extent.REPEATED:
            return Verdict.REPEATING
        if read.unread:
            return Verdict.UNREAD
        if read.extent is Extent.LIMIT:
            return Verdict.WHOLE if read.count_before == read.rows else Verdict.LIMITED
        if stood_still(read) or self._agrees_with_those_before(read):
            return Verdict.WHOLE
        self._previous = read
        return Verdict.READ_AGAIN if read.number < MAX_PASSES else Verdict.MOVING

    def _agrees_with_those_before(self, read: Pass) -> bool:
        previous = self._previous
        if previous is None:
            return False
        self._calm = 0 if read.found_new else self._calm + 1
        return self._calm >= _CALM_PASSES or (not read.movements and previous.ids == read.ids)


def stood_still(read: Pass) -> bool:
    """Whether nothing in a complete reading shows a move, and eMAG's own counts agree with it."""
    return not read.movements and read.count_before in (None, read.rows) and read.count_after in (None, read.rows)
