"""[seen]: 100 offers take eMAG 156 s, 20 take 31 s, and an answer may take 60 s. All times divided by 30."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emagsync.marketplace import CallRecord
from emagsync.sync.schemas import Progress, RunStatus
from support.comparing import compare_with_marketplace
from support.local import Local, open_local
from support.market import Market, open_market

OFFERS = 120
ROW_MS = 1560 / 30
HTTP = {"connect_timeout": 10 / 30, "read_timeout": 60 / 30}
SLOW: dict[str, Any] = {"kind": "slow", "row_ms": ROW_MS, "route": "product_offer/read"}


async def pace(local: Local) -> list[dict[str, Any]]:
    return await local.rows("SELECT account, page_size, seconds_per_offer FROM account_paces")


def asked_for(market: Market, size: int) -> int:
    """Requests for pages of that size."""
    asked = market.account().report.page_requests
    return sum(times for page, times in asked.items() if page.split("?")[0].endswith(f"/{size}"))


@pytest.mark.thorough
@pytest.mark.databases("both", often="sqlite")
async def test_runs_store_offers_from_the_start_go_on_from_each_other_and_complete_the_copy(tmp_path: Path) -> None:
    events: list[str] = []

    def on_call(record: CallRecord) -> None:
        if record.outcome == "timeout":
            events.append("timeout")

    def on_progress(progress: Progress) -> None:
        if progress.processed:
            events.append("stored")

    async with (
        open_market({"main": OFFERS}) as market,
        open_local(tmp_path, market.url, http=HTTP, on_call=on_call) as local,
    ):
        market.fault(**SLOW)
        first = await local.sync(per_page=100, timeout_seconds=5, on_progress=on_progress)
        assert (first.status, first.errors[-1].code) == (RunStatus.FAILED, "timeout")
        assert 0 < first.processed < OFFERS
        assert events[0] == "stored"  # in its first minute, before it is known that large pages take too long
        assert "pages of 25 offers" in first.errors[-1].message
        assert first.errors[-1].values is not None
        assert first.errors[-1].values["page_size"] == 25
        [learnt] = await pace(local)
        assert (learnt["account"], learnt["page_size"]) == ("main", 25)

        stored = {f"{page.page}/{page.size}" for page in await local.ledger(first) if page.is_stored}
        assert any(page.endswith("/25") for page in stored)
        market.forget()
        second = await local.completed(per_page=100, timeout_seconds=60)
        assert second.resumed_from == first.id
        assert asked_for(market, 100) == 0  # what was learnt is remembered
        # What the first run stored is not read again, but for the tail, which shows whether the list moved.
        assert stored & set(market.page_reads()) <= {"5/25"}
        assert not [page for page in await local.ledger(second) if page.is_part]
        assert second.processed == OFFERS
        compare_with_marketplace(local.database, "main", market.truth())


async def test_once_eMAG_is_fast_again_pages_grow_again(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url, http=HTTP) as local:
        await local.execute(
            "INSERT INTO account_paces (account, page_size, seconds_per_offer, failed_trials, learnt_at) "
            "VALUES ('main', 25, 0.05, 0, '2026-11-28 10:00:00.000000')"
        )
        for _ in range(4):
            await local.completed(per_page=100)
        assert await pace(local) == []
        market.forget()
        await local.completed(per_page=100)
        assert asked_for(market, 25) == 0
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 504}, {"kind": "reset"}], ids=["504", "reset"])
@pytest.mark.parametrize("bad_runs", [1, 3])
async def test_a_small_account_is_read_in_whole_pages_again_within_three_runs_after_a_bad_day(
    tmp_path: Path, fault: dict[str, Any], bad_runs: int
) -> None:
    async with open_market({"main": 130}) as market, open_local(tmp_path, market.url) as local:
        market.fault(**fault, route="product_offer/read", min_items_per_page=31)
        for number in range(bad_runs):
            market.forget()
            await local.completed(per_page=100)
            larger = asked_for(market, 50) + asked_for(market, 100)
            assert number == 0 or larger == 1  # a trial, and no more
        assert [row["page_size"] for row in await pace(local)] == [25]
        market.mend()
        for _ in range(3):
            await local.completed(per_page=100)
        assert await pace(local) == []
        market.forget()
        await local.completed(per_page=100)
        assert asked_for(market, 25) == 0
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_run_that_tries_nothing_does_not_put_off_the_next_trial(tmp_path: Path) -> None:
    async with open_market({"main": 130}) as market, open_local(tmp_path, market.url) as local:
        lately = datetime.now(UTC) - timedelta(minutes=230)
        await local.execute(
            "INSERT INTO account_paces (account, page_size, failed_trials, learnt_at) VALUES ('main', 25, 8, :lately)",
            lately=f"{lately:%Y-%m-%d %H:%M:%S.%f}",
        )
        [before] = await local.rows("SELECT * FROM account_paces")
        await local.completed(per_page=100)
        assert asked_for(market, 50) == 0
        [after] = await local.rows("SELECT * FROM account_paces")
        assert after == before | {"seconds_per_offer": after["seconds_per_offer"]}
        await local.execute("UPDATE account_paces SET learnt_at = '2026-11-28 10:00:00.000000'")
        await local.completed(per_page=100)
        assert [row["page_size"] for row in await pace(local)] != [25]


async def test_a_run_that_asks_for_small_pages_forgets_nothing(tmp_path: Path) -> None:
    async with open_market({"main": 40}) as market, open_local(tmp_path, market.url) as local:
        await local.execute(
            "INSERT INTO account_paces (account, page_size, failed_trials, learnt_at) "
            "VALUES ('main', 25, 2, '2026-11-28 10:00:00.000000')"
        )
        await local.completed(per_page=20)
        assert [row["page_size"] for row in await pace(local)] == [25]
