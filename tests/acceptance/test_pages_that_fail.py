"""Issue 2: pages that always fail, pages that fail above a size, bursts, refusals. Nothing is ever lost by them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from emagsync.sync.schemas import Run, RunStatus
from support.comparing import compare_with_marketplace, present_offers, snapshot
from support.local import HastyClock, Local, open_local
from support.market import open_market

pytestmark = pytest.mark.databases("both", often="sqlite")

ACCOUNTS = {"main": 230, "fbe": 60}
OFFERS_OF_MAIN = "SELECT * FROM offers WHERE account = 'main' ORDER BY emag_id"
ALWAYS = {"kind": "status", "status": 500, "account": "main"}


def pages_named(run: Run) -> set[int]:
    return {error.page for error in run.errors if error.page is not None}


async def both(local: Local, **options: Any) -> tuple[Run, Run]:
    main, fbe = await asyncio.gather(local.sync("main", **options), local.sync("fbe", **options))
    return main, fbe


@pytest.mark.often(first=2)
@pytest.mark.parametrize("kind", ["status", "reset", "truncated", "is_error", "missing_is_error"])
async def test_a_page_that_keeps_failing_fails_the_run_names_the_page_and_removes_nothing(
    tmp_path: Path, kind: str
) -> None:
    async with (
        open_market(ACCOUNTS) as market,
        open_local(
            tmp_path,
            market.url,
            "main",
            "fbe",
            clock=HastyClock(),
            retry={"attempts": 2, "base_seconds": 0.005, "max_seconds": 0.01},
        ) as local,
    ):
        await both(local)
        market.change("remove", ids=[7, 220])
        market.change("change", ids=[8, 120, 221], set={"sale_price": "1.5000"})
        # Row 120 of the list, in pages of whatever size.
        market.fault(kind=kind, account="main", rows=[120, 120])
        main, fbe = await both(local)
        assert (main.status, fbe.status) == (RunStatus.FAILED, RunStatus.COMPLETED)
        assert pages_named(main) == {3}
        assert any("Pages that could not be read: 3" in error.message for error in main.errors)
        assert main.removed == 0
        assert await local.value("SELECT count(*) FROM offers WHERE removed_at IS NOT NULL") == 0
        # What could be read is stored all the same.
        stored = present_offers(local.database, "main")
        assert {emag_id: str(stored[emag_id]["price"]) for emag_id in (8, 221)} == {8: "1.5000", 221: "1.5000"}
        market.mend()
        await local.completed()
        compare_with_marketplace(local.database, "main", market.truth())
        # Both runs met the readable rows of page 3; the second one goes on counting where the first left off.
        counted = "SELECT processed FROM sync_runs WHERE account = 'main' ORDER BY created_at DESC LIMIT 1"
        assert await local.value(counted) == ACCOUNTS["main"] - 2


async def test_where_every_page_fails_no_row_changes(tmp_path: Path) -> None:
    async with (
        open_market(ACCOUNTS) as market,
        open_local(tmp_path, market.url, "main", "fbe", clock=HastyClock()) as local,
    ):
        await both(local)
        before = snapshot(local.database), await local.rows(OFFERS_OF_MAIN)
        market.change("remove", ids=[7])
        market.change("change", ids=[8], set={"sale_price": "1.5000"})
        market.fault(**ALWAYS)
        # Longer than an account is waited for that fails everything.
        main, fbe = await both(local)
        assert (main.status, fbe.status) == (RunStatus.FAILED, RunStatus.COMPLETED)
        assert main.errors
        assert (snapshot(local.database), await local.rows(OFFERS_OF_MAIN)) == before
        market.mend()
        await local.completed()
        compare_with_marketplace(local.database, "main", market.truth())


async def test_the_first_copy_of_an_account_that_always_fails_holds_nothing(tmp_path: Path) -> None:
    async with open_market() as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(**ALWAYS)
        run = await local.sync()
        assert run.status is RunStatus.FAILED
        assert await local.value("SELECT count(*) FROM offers") == 0


@pytest.mark.often(first=1)
@pytest.mark.parametrize("above", [2, 26, 50])
async def test_pages_that_fail_only_above_a_size_are_read_in_smaller_ones(tmp_path: Path, above: int) -> None:
    async with (
        open_market({"main": 230}) as market,
        open_local(tmp_path, market.url, clock=HastyClock()) as local,
    ):
        market.fault(kind="reset", min_items_per_page=above, rows=[51, 150])
        await local.completed()
        compare_with_marketplace(local.database, "main", market.truth())


async def test_an_account_whose_every_full_page_fails_is_copied_in_smaller_ones(tmp_path: Path) -> None:
    async with open_market({"main": 230}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(kind="status", status=504, min_items_per_page=50)
        await local.completed()
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_burst_of_failures_that_ends_costs_time_and_nothing_else(tmp_path: Path) -> None:
    async with (
        open_market(ACCOUNTS) as market,
        open_local(tmp_path, market.url, "main", "fbe", clock=HastyClock()) as local,
    ):
        market.fault(**ALWAYS | {"status": 503, "after": 3, "until_s": 0.5})
        main, fbe = await both(local)
        assert (main.status, fbe.status) == (RunStatus.COMPLETED, RunStatus.COMPLETED)
        for account in ACCOUNTS:
            compare_with_marketplace(local.database, account, market.truth(account))


async def test_a_burst_makes_far_fewer_requests_than_every_page_with_all_its_retries(tmp_path: Path) -> None:
    async with open_market({"main": 2000}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(**ALWAYS)
        run = await local.sync(per_page=20)
        assert run.status is RunStatus.FAILED
        assert market.requests() < 100  # a hundred pages, five attempts each


@pytest.mark.parametrize(
    ("kind", "what_to_do"),
    [
        pytest.param("not_allowed", "check the API user's name and password", id="credentials"),
        pytest.param("invalid_ip", "127.0.0.1: add it to the list of allowed addresses", id="address"),
    ],
)
async def test_a_refused_account_fails_at_once_and_says_what_to_do(tmp_path: Path, kind: str, what_to_do: str) -> None:
    async with (
        open_market(ACCOUNTS) as market,
        open_local(tmp_path, market.url, "main", "fbe") as local,
    ):
        market.fault(kind=kind, account="main")
        main, fbe = await both(local)
        assert (main.status, fbe.status) == (RunStatus.FAILED, RunStatus.COMPLETED)
        assert what_to_do in main.errors[0].message
        assert market.requests("main") <= local.settings.sync.pages_in_flight + 1  # none of them was tried again


async def test_a_dead_network_fails_the_run_and_the_next_one_copies(tmp_path: Path) -> None:
    async with open_market({"main": 130}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        port = market.server.port
        await market.server.stop()
        run = await local.sync()
        assert run.status is RunStatus.FAILED
        assert run.errors
        market.server._port = port
        await market.server.start()
        await local.completed()
        compare_with_marketplace(local.database, "main", market.truth())
