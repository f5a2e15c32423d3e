"""A marketplace that ignores the number of the page, or never ends: told within a few pages, and never believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.marketplace import EmagClient
from emagsync.marketplace.errors import ListRepeats
from emagsync.sync.schemas import Mode, RunStatus, Selection
from support.comparing import compare_with_marketplace
from support.local import open_local
from support.market import PASSWORD, open_market

OFFERS, PER_PAGE, PAGES = 130, 15, 9
PAGING = ["first_rows", "first_page", "all_rows", "last_page"]
# The counts, and the pages that are on their way when it is clear.
BESIDE = 12


@pytest.mark.often(first=2)
@pytest.mark.parametrize("paging", PAGING)
@pytest.mark.parametrize("count", ["text", "missing"])
async def test_it_ends_with_that_reason_a_few_pages_behind_the_count_and_removes_nothing(
    tmp_path: Path, paging: str, count: str
) -> None:
    async with open_market({"main": OFFERS}, count_shape=count) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=PER_PAGE)
        market.set(paging=paging)
        market.forget()
        run = await local.sync(per_page=PER_PAGE)
        assert (run.status, run.removed) == (RunStatus.FAILED, 0)
        assert [error.code for error in run.errors] == ["list_repeats"]
        assert market.requests() <= PAGES + 5 + BESIDE
        assert market.account().report.lookups == 0
        market.set(paging="right")
        after = await local.completed(per_page=PER_PAGE)
        assert after.resumed_from is None
        compare_with_marketplace(local.database, "main", market.truth())


# The first page of a list that is in a new order at every read: any of the known rows, never the same ones.
ANY_ROWS = {"first_page": PER_PAGE, "first_rows": 100}


@pytest.mark.parametrize("paging", ANY_ROWS)
@pytest.mark.parametrize("count", ["text", "too_low", "missing"])
async def test_pages_of_known_rows_that_are_never_the_same_end_it_too(tmp_path: Path, paging: str, count: str) -> None:
    async with open_market({"main": OFFERS}, count_shape=count) as market, open_local(tmp_path, market.url) as local:
        first = await local.completed(per_page=PER_PAGE)
        market.set(paging=paging, order={"kind": "shuffle"})
        market.forget()
        run = await local.sync(per_page=PER_PAGE)
        assert (run.status, run.removed, first.processed) == (RunStatus.FAILED, 0, OFFERS)
        assert [error.code for error in run.errors] == ["list_repeats"]
        # Any 15 of 130 rows: the last of them that had not come may come late.
        luck = 100 if paging == "first_page" else 0
        assert market.requests() <= PAGES + 10 + BESIDE + luck
        market.set(paging="right", order={"kind": "id"})
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_list_that_is_pushed_far_behind_its_counted_end_while_it_is_read_is_copied(tmp_path: Path) -> None:
    """Newest first, and 40 more come in while it is read: eight pages behind the end have nothing new."""
    async with (
        open_market({"main": 60}, order={"kind": "reverse"}) as market,
        open_local(tmp_path, market.url) as local,
    ):
        market.meanwhile({"op": "add", "count": 40}, after_reads=12)
        await local.completed(per_page=5)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_the_first_copy_of_such_a_marketplace_is_not_called_complete(tmp_path: Path) -> None:
    async with open_market({"main": 50}, paging="first_rows") as market, open_local(tmp_path, market.url) as local:
        run = await local.sync(per_page=100)  # all of it on the first page, and again on each that follows
        assert run.status is RunStatus.FAILED
        assert run.errors[0].code == "list_repeats"
        assert run.processed == 50


async def test_a_filtered_list_that_repeats_itself_ends_too(tmp_path: Path) -> None:
    async with open_market({"main": 300}, paging="first_page") as market, open_local(tmp_path, market.url) as local:
        run = await local.sync(mode=Mode.SELECTIVE, selection=Selection(max_stock=100))
        assert run.status is RunStatus.FAILED
        assert "list_repeats" in [error.code for error in run.errors]
        assert market.requests() < 10


async def test_who_pages_with_the_client_is_told() -> None:
    async with (
        open_market({"main": 300}, paging="all_rows") as market,
        EmagClient(username="main", password=PASSWORD, base_url=market.url) as client,
    ):
        with pytest.raises(ListRepeats):
            async for _ in client.offer_pages():
                pass
        assert market.requests() < 10
