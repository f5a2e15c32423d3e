"""Runs that are taken up after the list moved: what is stored already is looked at before it is believed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emagsync.sync.ledger import MAIN_SCOPE, PageRead, part_scope
from emagsync.sync.run.stored_pages import MOST_ASKED, Border, borders, chosen
from emagsync.sync.schemas import Run, RunStatus
from support.comparing import compare_with_marketplace
from support.local import Local, open_local
from support.market import Market, open_market

OFFERS, PER_PAGE = 60, 4
PAGES = OFFERS // PER_PAGE
AT = datetime(2026, 11, 28, tzinfo=UTC)


def stored(page: int, *ids: int, size: int = 2, items: int | None = None, scope: str = MAIN_SCOPE) -> PageRead:
    rows = len(ids) if items is None else items
    return PageRead(1, scope, page, size, "stored", ids, rows, rows - len(ids), 1, False, None, AT, AT)


def part(page: int, *ids: int) -> PageRead:
    return stored(page, *ids, size=1, scope=part_scope(MAIN_SCOPE, 1))


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([stored(1, 11, 12), stored(2, 13, 14)], [(4, 14)], id="the beginning"),
        pytest.param([stored(3, 15, 16)], [(5, 15), (6, 16)], id="a page in the middle"),
        pytest.param([stored(1, 11, 12), stored(3, 15, 16)], [(2, 12), (5, 15), (6, 16)], id="a gap"),
        pytest.param([stored(3, 15)], [(5, 15)], id="a last page of one row"),
        pytest.param([stored(1, 11, 12), stored(2)], [(2, 12)], id="the empty page behind the list"),
        pytest.param(
            [stored(1, 11, 12), stored(2, 13, items=2), stored(3, 15, 16)],
            [(2, 12), (5, 15), (6, 16)],
            id="a row without an id",
        ),
        pytest.param([stored(1, 11, 12), part(3, 13)], [(3, 13)], id="a part of the next page"),
        pytest.param([part(4, 14)], [(4, 14)], id="a part alone"),
    ],
)
def test_the_rows_that_border_on_what_is_not_stored(
    pages: Sequence[PageRead], expected: Sequence[tuple[int, int]]
) -> None:
    assert borders(pages) == expected


@pytest.mark.parametrize("number", [0, 1, MOST_ASKED, MOST_ASKED + 1, 1000])
def test_of_many_borders_some_are_asked_for_and_the_last_always(number: int) -> None:
    found = [Border(place, place) for place in range(number)]
    asked = chosen(found)
    assert len(set(asked)) == min(number, MOST_ASKED)
    assert asked[-1:] == found[-1:]


async def interrupted(local: Local, pages: int) -> Run:
    """A run that was stopped when so many pages were stored."""
    stop = asyncio.Event()
    if not pages:
        stop.set()
    run = await local.sync(
        per_page=PER_PAGE, stop=stop, on_progress=lambda told: stop.set() if told.pages_read >= pages else None
    )
    assert (run.status, run.pages_read) == (RunStatus.INTERRUPTED, pages)
    return run


def stored_offers(pages: Sequence[PageRead]) -> list[int]:
    return [emag_id for page in pages if page.is_stored for emag_id in page.ids]


def remove(market: Market, ids: Sequence[int], *, add: int) -> None:
    market.change("remove", ids=list(ids))
    if add:
        market.change("add", count=add)


@pytest.mark.often(first=2)
@pytest.mark.parametrize("pages", [0, 1, 2, 3, 5, 8, 12, PAGES])
async def test_whatever_went_and_came_while_the_run_was_interrupted_the_copy_is_exact(
    tmp_path: Path, pages: int
) -> None:
    chance = random.Random(pages)
    async with (
        open_market({"main": OFFERS}) as market,
        open_local(tmp_path, market.url, sync={"pages_in_flight": 1}) as local,
    ):
        for removed, added in ((3, 1), (2, 2), (0, 3)):
            run = await interrupted(local, pages)
            there = stored_offers(await local.ledger(run)) or market.account().ids()
            first = sorted(there)[:1] if removed else []
            gone = {*first, *chance.sample(market.account().ids(), max(removed - 1, 0))}
            remove(market, sorted(gone), add=added)
            after = await local.completed(per_page=PER_PAGE)
            assert after.id == run.id
            compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=3)
# Ids on pages that none of these runs has stored.
@pytest.mark.parametrize("place", [14, 38, 54])
@pytest.mark.parametrize("pages", [1, 2, 8])
async def test_an_offer_that_takes_the_place_of_a_removed_one_further_back_is_not_missed(
    tmp_path: Path, pages: int, place: int
) -> None:
    async with (
        open_market({"main": OFFERS}) as market,
        open_local(tmp_path, market.url, sync={"pages_in_flight": 1}) as local,
    ):
        market.change("remove", ids=[place])
        run = await interrupted(local, pages)
        market.change("remove", ids=stored_offers(await local.ledger(run))[:1])
        market.change("add", rows=[{"id": place}])
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_stored_pages_that_are_where_they_were_are_not_read_again(tmp_path: Path) -> None:
    async with (
        open_market({"main": OFFERS}) as market,
        open_local(tmp_path, market.url, sync={"pages_in_flight": 1}) as local,
    ):
        run = await interrupted(local, 8)
        read = {f"{page.page}/{PER_PAGE}" for page in await local.ledger(run) if page.items}
        market.forget()
        await local.completed(per_page=PER_PAGE)
        assert not read & market.page_reads().keys()
