"""What a run meets of failures is told while it happens, kept with it, and agrees with its counts and its ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.sync import failed_request_repository
from emagsync.sync.schemas import Phase, Progress, RunStatus
from support.local import HastyClock, open_local
from support.market import open_market

OFFERS, PER_PAGE = 230, 50


@pytest.mark.databases("both", often="sqlite")
async def test_every_request_that_failed_is_kept_with_its_page(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(kind="status", status=503, rows=[101, 150], route="product_offer/read")
        run = await local.sync(per_page=PER_PAGE)
        assert run.status is RunStatus.FAILED
        failed = await failed_request_repository.read_failed_requests(local.database, run.id)
        [dead] = [page for page in await local.ledger(run) if not page.is_stored]
        assert len(failed) == run.trouble.failed_requests == dead.attempts > 1
        assert [one.number for one in failed] == list(range(1, len(failed) + 1))
        for one in failed:
            assert one.page is not None
            assert one.size is not None
            first = (one.page - 1) * one.size + 1
            assert (101 <= first <= 150, one.code) == (True, "server_failure")
        assert run.trouble.last_failure == "server_failure"


async def test_while_emag_fails_everything_the_progress_says_so_and_promises_no_end(tmp_path: Path) -> None:
    told: list[Progress] = []
    async with open_market({"main": 600}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(kind="status", status=503, after=6)
        run = await local.sync(per_page=20, on_progress=told.append)
        assert run.errors[-1].code == "account_down"
    failing = [one for one in told if one.trouble.failing_since is not None]
    assert any(one.phase is Phase.PROBING for one in failing)
    assert {one.eta_seconds for one in failing} == {None}
    assert {one.trouble.last_failure for one in failing} == {"server_failure"}
    counts = [one.trouble.failed_requests for one in told]
    assert counts == sorted(counts)
    assert counts[-1] == run.trouble.failed_requests > 3
    assert run.requests - run.trouble.failed_requests >= 6
