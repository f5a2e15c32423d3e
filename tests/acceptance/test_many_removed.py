"""More offers missing than the list has pages: a second complete reading decides, and not one request for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.sync.run.reconcile import SAMPLE
from emagsync.sync.schemas import Mode, RunStatus
from support.comparing import compare_with_marketplace
from support.local import open_local
from support.market import open_market

OFFERS, PER_PAGE = 230, 25


@pytest.mark.databases("both", often="sqlite")
@pytest.mark.parametrize("mode", [Mode.FULL, Mode.INCREMENTAL])
async def test_many_removed_offers_are_found_by_a_second_reading(tmp_path: Path, mode: Mode) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=PER_PAGE)
        active = [emag_id for emag_id, row in market.truth().items() if int(row["status"]) == 1]
        market.change("remove", ids=active[:100])
        market.forget()
        run = await local.completed(mode=mode, per_page=PER_PAGE)
        assert run.removed == 100
        assert market.account().report.lookups == SAMPLE
        assert market.requests() < 50
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_list_that_leaves_out_offers_that_are_there_removes_none_of_them(tmp_path: Path) -> None:
    async with open_market({"main": 60}) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=PER_PAGE)
        market.set(count_shape="zero")
        market.fault(kind="empty_page", lookup=False, route="product_offer/read")
        run = await local.sync(per_page=PER_PAGE)
        assert run.removed == 0
        assert await local.value("SELECT count(*) FROM offers WHERE removed_at IS NULL") == 60


async def test_a_second_reading_that_does_not_stand_still_decides_nothing(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=PER_PAGE)
        market.change("remove", ids=list(range(1, 61)))
        market.forget()
        # One page of each later reading is empty although others follow.
        for _ in range(3):
            market.fault(kind="empty_page", pages=[3], after=1, times=8)
        run = await local.sync(per_page=PER_PAGE)
        assert run.status is RunStatus.COMPLETED
        assert run.removed == 60
        assert market.account().report.lookups == 60
        compare_with_marketplace(local.database, "main", market.truth())


async def test_few_missing_offers_are_asked_for_by_id(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=PER_PAGE)
        market.change("remove", ids=[1, 2, 3, 220])
        market.forget()
        assert (await local.completed(per_page=PER_PAGE)).removed == 4
        assert market.account().report.lookups == 4
