"""What the page ledger says of each reading."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

from emagsync.sync.certificate.ledger_summary import LedgerSummary, summed_up
from emagsync.sync.ledger import PageRead
from sync.run_rows import AT, a_page


async def summary(pages: Iterable[PageRead]) -> LedgerSummary:
    async def one_by_one() -> AsyncIterator[PageRead]:
        for page in pages:
            yield page

    return await summed_up(one_by_one())


def page(number: int, *ids: int, size: int = 2, **changes: object) -> PageRead:
    return a_page(number, **{"ids": ids, "items": len(ids), "size": size, **changes})


async def test_repeats_and_holes_of_a_reading() -> None:
    pages = [page(1, 1, 2), page(2, 2, 3), page(3), page(4, 4, 4), page(5), page(6)]
    read = (await summary(pages)).readings[1]
    assert (read.pages, read.rows, read.distinct_offers, read.repeats) == (3, 6, 4, 2)
    assert read.holes == 1, "page 3; pages 5 and 6 are behind the end"


async def test_pages_of_other_sizes_are_placed_by_their_rows() -> None:
    # Page 3 of two rows begins where page 2 of four ends.
    empty_in_between = page(3, size=2)
    assert (await summary([page(1, 1, 2, 3, 4, size=4), empty_in_between, page(4, 9, size=2)])).readings[1].holes == 1
    assert (await summary([page(1, 1, 2, 3, 4, size=4), empty_in_between])).readings[1].holes == 0


async def test_each_reading_is_summed_up_by_itself() -> None:
    first = [page(1, 1, 2), page(2, 3, status="failed", rejected=1, items=2)]
    second = [page(1, 1, 2, pass_number=2, inherited=True), page(2, 3, 4, pass_number=2)]
    found = await summary([*first, *second])
    readings = found.readings
    assert found.offers_found == 4
    assert (readings[1].unread_pages, readings[1].unreadable_rows, readings[1].repeats) == ([2], 1, 0)
    assert (readings[2].unread_pages, readings[2].inherited_pages, readings[2].distinct_offers) == ([], 1, 4)


async def test_the_lists_of_a_selection_are_summed_up_together_and_are_no_readings() -> None:
    later = AT + timedelta(minutes=1)
    pages = [
        page(1, 1, scope="pn-0", started_at=later, finished_at=later),
        page(1, 1, 5, scope="pn-1"),
        page(2, scope="pn-1", status="failed"),
    ]
    found = await summary(pages)
    assert found.readings == {}
    read = found.selected
    assert (read.pages, read.rows, read.distinct_offers, read.repeats) == (2, 3, 3, 0)
    assert (read.unread_pages, read.last_read_at) == ([2], later)


async def test_a_run_that_read_nothing() -> None:
    found = await summary([])
    assert (found.readings, found.selected.pages) == ({}, 0)
