"""A firewall before eMAG refuses a request now and then with a page of its own; eMAG's own refusals are JSON."""

from __future__ import annotations

from pathlib import Path

from emagsync.sync.schemas import RunStatus
from support.comparing import compare_with_marketplace
from support.local import HastyClock, open_local
from support.market import open_market

OFFERS = 130


async def test_a_page_of_a_firewall_is_a_passing_fault(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(kind="status", status=403, route="product_offer/read", times=3)
        await local.completed()
        assert market.market.faults.to_list()[0]["played"] == 3
        compare_with_marketplace(local.database, "main", market.truth())


async def test_eMAGs_own_refusal_with_the_same_status_ends_the_run_at_once(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(kind="not_allowed", status=403)
        run = await local.sync()
        assert (run.status, run.errors[0].code) == (RunStatus.FAILED, "credentials_refused")
        assert market.requests() <= local.settings.sync.pages_in_flight + 1
