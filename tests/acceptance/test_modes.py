"""What each mode reads, and what it never does: only a complete read that asked by id marks an offer removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.sync.schemas import Mode, RunStatus, Selection
from support.comparing import compare_with_marketplace
from support.local import HastyClock, Local, open_local
from support.market import Market, open_market

pytestmark = pytest.mark.databases("both", often="sqlite")


def active(market: Market) -> set[int]:
    return {emag_id for emag_id, row in market.truth().items() if int(row["status"]) == 1}


async def local_ids(local: Local, where: str = "removed_at IS NULL") -> set[int]:
    return {row["emag_id"] for row in await local.rows(f"SELECT emag_id FROM offers WHERE {where}")}


async def test_an_incremental_run_copies_the_active_offers(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed(mode=Mode.INCREMENTAL)
        assert await local_ids(local) == active(market)


async def test_an_incremental_run_that_includes_the_inactive_copies_all(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed(mode=Mode.INCREMENTAL, include_inactive=True)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_full_run_reads_every_status_whatever_was_asked(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed(mode=Mode.FULL, include_inactive=False)
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.parametrize("status", [0, 2])
async def test_an_offer_that_left_the_active_list_is_looked_up_and_never_stays_active(
    tmp_path: Path, status: int
) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        left = sorted(active(market))[5:8]
        market.change("change", ids=left, set={"status": status})
        market.forget()
        await local.completed(mode=Mode.INCREMENTAL)
        assert market.account().report.lookups == 3
        compare_with_marketplace(local.database, "main", market.truth())


async def test_many_offers_that_left_the_active_list_are_found_by_eMAGs_other_lists(tmp_path: Path) -> None:
    async with open_market({"main": 450}) as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        ids = sorted(active(market))
        market.change("change", ids=ids[:60], set={"status": 0})
        market.change("change", ids=ids[60:120], set={"status": 2})
        market.change("remove", ids=ids[120:122])
        market.forget()
        run = await local.completed(mode=Mode.INCREMENTAL)
        assert run.removed == 2
        assert market.account().report.lookups == 2  # those in no list at all
        assert market.requests() < 40
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.parametrize("mode", [Mode.FULL, Mode.INCREMENTAL])
async def test_a_removed_offer_is_marked_once_eMAG_asked_by_id_does_not_know_it(tmp_path: Path, mode: Mode) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        gone = sorted(active(market))[10:14]
        market.change("remove", ids=gone)
        run = await local.completed(mode=mode)
        assert run.removed == 4
        assert await local_ids(local, "removed_at IS NOT NULL") == set(gone)
        log = await local.rows(
            "SELECT emag_id, old, new FROM offer_changes WHERE field = 'lifecycle' AND new = 'removed'"
        )
        assert {row["emag_id"] for row in log} == set(gone)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_removed_offer_that_comes_back_is_present_again_and_the_log_says_so(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        row = market.truth()[9]
        market.change("remove", ids=[9])
        await local.completed()
        market.change("add", rows=[row], whole=True)
        await local.completed()
        log = await local.rows("SELECT new FROM offer_changes WHERE emag_id = 9 ORDER BY seq")
        assert [entry["new"] for entry in log] == ["created", "removed", "returned"]
        compare_with_marketplace(local.database, "main", market.truth())


async def test_an_offer_that_eMAG_does_not_answer_about_is_left_alone(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        await local.completed()
        market.change("remove", ids=[9])
        market.fault(kind="status", status=500, lookup=True)
        run = await local.sync()
        assert (run.status, run.removed) == (RunStatus.PARTIAL, 0)
        assert [error.emag_id for error in run.errors] == [9]
        assert 9 in await local_ids(local)
        market.mend()
        assert (await local.completed()).removed == 1


async def test_a_lookup_that_meets_a_lying_empty_answer_marks_nothing_that_the_list_showed(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        market.fault(kind="empty_page", lookup=True)
        run = await local.completed()
        assert run.removed == 0


async def test_a_limited_run_is_partial_and_removes_nothing(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        market.change("remove", ids=[3, 140])
        run = await local.sync(max_pages=2)
        assert (run.status, run.removed, run.processed) == (RunStatus.PARTIAL, 0, 100)
        assert await local_ids(local, "removed_at IS NOT NULL") == set()


async def test_a_limit_that_the_list_does_not_reach_is_none(tmp_path: Path) -> None:
    async with open_market({"main": 70}) as market, open_local(tmp_path, market.url) as local:
        run = await local.completed(max_pages=2)
        assert run.processed == 70


async def test_a_selective_run_reads_what_is_named_and_notes_what_eMAG_does_not_know(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        truth = market.truth()
        named = next(row for row in truth.values() if str(row["part_number"]).startswith("SKU-") and row["id"] != 5)
        selection = Selection(ids=(5, 99_999), part_numbers=(named["part_number"],))
        run = await local.sync(mode=Mode.SELECTIVE, selection=selection)
        assert run.status is RunStatus.PARTIAL
        assert [(error.code, error.emag_id) for error in run.errors] == [("offer_not_known", 99_999)]
        assert await local_ids(local) == {5, int(named["id"])}
        wanted = {emag_id: truth[emag_id] for emag_id in (5, int(named["id"]))}
        compare_with_marketplace(local.database, "main", wanted)


async def test_a_selective_run_by_stock_reads_every_page_of_that_list(tmp_path: Path) -> None:
    async with open_market({"main": 300}) as market, open_local(tmp_path, market.url) as local:
        run = await local.sync(mode=Mode.SELECTIVE, selection=Selection(max_stock=0), per_page=10)
        expected = {emag_id for emag_id, row in market.truth().items() if int(row["general_stock"]) == 0}
        assert len(expected) > 20
        assert await local_ids(local) == expected
        assert run.processed == len(expected)


async def test_a_selective_run_does_not_mark_a_named_offer_removed(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        market.change("remove", ids=[5])
        await local.sync(mode=Mode.SELECTIVE, selection=Selection(ids=(5,)))
        assert 5 in await local_ids(local)
