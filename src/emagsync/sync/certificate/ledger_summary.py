"""Sums up a run's page ledger: what each reading read. Pure; memory does not grow with the catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from emagsync.sync.certificate.schemas import ReadTotals
from emagsync.sync.ledger import CONFIRMING_SCOPE, MAIN_SCOPE, PageRead
from emagsync.sync.run.id_set import IdSet


class _List:
    """One list in one reading. Its pages come in any order of their sizes."""

    def __init__(self, scope: str) -> None:
        # Lists of a selection are many and short.
        self._ids: IdSet | set[int] = IdSet() if scope in (MAIN_SCOPE, CONFIRMING_SCOPE) else set()
        self._empty: list[int] = []  # where empty pages begin, in rows
        self._reach = 0  # where the last page with rows begins
        self.totals = ReadTotals()

    def add(self, page: PageRead) -> None:
        before = self.totals
        start = (page.page - 1) * page.size
        if page.items:
            self._reach = max(self._reach, start)
        elif page.is_stored:
            self._empty.append(start)
        new = sum(self._is_new(emag_id) for emag_id in page.ids)
        has_rows = bool(page.items)
        self.totals = ReadTotals(
            pages=before.pages + has_rows,
            inherited_pages=before.inherited_pages + (has_rows and page.inherited),
            rows=before.rows + page.items,
            distinct_offers=before.distinct_offers + new,
            repeats=before.repeats + len(page.ids) - new,
            holes=sum(start < self._reach for start in self._empty),
            unreadable_rows=before.unreadable_rows + page.rejected,
            unread_pages=before.unread_pages + ([] if page.is_stored else [page.page]),
            first_read_at=min(before.first_read_at or page.started_at, page.started_at),
            last_read_at=max(before.last_read_at or page.finished_at, page.finished_at),
        )

    def _is_new(self, emag_id: int) -> bool:
        if emag_id in self._ids:
            return False
        self._ids.add(emag_id)
        return True


class LedgerSummary(NamedTuple):
    """`readings` of the whole list by number; `selected` sums up the lists of a selection.

    `offers_found` is how many offers the readings of the whole list showed together.
    """

    readings: dict[int, ReadTotals]
    selected: ReadTotals
    offers_found: int


async def summed_up(pages: AsyncIterator[PageRead]) -> LedgerSummary:
    """The ledger's pages, in the order of reading, list and page."""
    readings: dict[int, ReadTotals] = {}
    selected = ReadTotals()
    key: tuple[int, str] | None = None
    current: _List | None = None
    found = IdSet()

    def close() -> None:
        nonlocal selected
        if key is None or current is None:
            return
        if key[1] == MAIN_SCOPE:
            readings[key[0]] = current.totals
        else:
            selected = _sum(selected, current.totals)

    async for page in pages:
        if page.is_part:
            continue  # of a page that is not complete: what is missing of it is said there
        if key != (page.pass_number, page.scope) or current is None:
            close()
            key, current = (page.pass_number, page.scope), _List(page.scope)
        current.add(page)
        if page.scope == MAIN_SCOPE:
            for emag_id in page.ids:
                found.add(emag_id)
    close()
    return LedgerSummary(readings, selected, len(found))


def _sum(one: ReadTotals, other: ReadTotals) -> ReadTotals:
    times = [at for at in (one.first_read_at, other.first_read_at) if at is not None]
    ends = [at for at in (one.last_read_at, other.last_read_at) if at is not None]
    return ReadTotals(
        pages=one.pages + other.pages,
        inherited_pages=one.inherited_pages + other.inherited_pages,
        rows=one.rows + other.rows,
        distinct_offers=one.distinct_offers + other.distinct_offers,
        repeats=one.repeats + other.repeats,
        holes=one.holes + other.holes,
        unreadable_rows=one.unreadable_rows + other.unreadable_rows,
        unread_pages=sorted({*one.unread_pages, *other.unread_pages}),
        first_read_at=min(times, default=None),
        last_read_at=max(ends, default=None),
    )
