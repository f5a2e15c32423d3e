"""What fails for a while, or for ever, costs few requests and little time, and the rest goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.marketplace import CallRecord
from emagsync.sync.schemas import Phase, Progress, RunStatus
from support.comparing import compare_with_marketplace
from support.local import HastyClock, open_local
from support.market import open_market

# Requests of a reading beside its pages: the counts, the empty page, the tail.
BESIDE = 4
OFFERS, PER_PAGE, PAGES = 230, 50, 5


@pytest.mark.thorough
async def test_an_account_that_fails_after_a_first_success_is_left_alone_and_probed_now_and_then(
    tmp_path: Path,
) -> None:
    phases: list[Phase] = []

    def on_progress(progress: Progress) -> None:
        phases.append(progress.phase)

    async with open_market({"main": 2000}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(kind="status", status=503, after=6)
        run = await local.sync(per_page=20, on_progress=on_progress)
        assert run.status is RunStatus.FAILED
        assert run.errors[-1].code == "account_down"
        assert "HTTP 503" in run.errors[-1].message
        assert Phase.PROBING in phases
        assert market.requests() < 60
        market.mend()
        await local.completed(per_page=20)
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=3)
@pytest.mark.parametrize("kind", ["status", "reset", "firewall", "is_error", "html"])
async def test_one_dead_page_costs_at_most_thirty_requests(tmp_path: Path, kind: str) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(kind=kind, rows=[101, 150], route="product_offer/read")
        run = await local.sync(per_page=PER_PAGE)
        assert run.status is RunStatus.FAILED
        assert "pages_unread" in [error.code for error in run.errors]
        assert run.processed == OFFERS - 50
        assert market.requests() <= PAGES + BESIDE + 30


async def test_a_page_with_one_dead_row_costs_as_little_and_loses_only_that(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        market.fault(kind="status", status=500, rows=[120, 120])
        run = await local.sync(per_page=PER_PAGE)
        assert (run.status, run.processed) == (RunStatus.FAILED, OFFERS - 1)
        assert market.requests() <= PAGES + BESIDE + 30
        # What came of it is not read again, by the next run neither, but for the rows at its edges.
        market.mend()
        market.forget()
        await local.completed(per_page=PER_PAGE)
        assert market.requests() <= BESIDE + 2 + 4
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_page_that_hangs_is_waited_for_once_before_all_others_have_come(tmp_path: Path) -> None:
    calls: list[CallRecord] = []
    async with (
        open_market({"main": OFFERS}) as market,
        open_local(
            tmp_path, market.url, on_call=calls.append, http={"read_timeout": 0.4}, sync={"pages_in_flight": 1}
        ) as local,
    ):
        market.fault(kind="slow", rows=[101, 150], route="product_offer/read", delay_ms=60_000)
        run = await local.sync(per_page=PER_PAGE)
        assert (run.status, run.processed) == (RunStatus.FAILED, OFFERS - 50)
        hung = [place for place, call in enumerate(calls) if call.outcome == "timeout"]
        first, *later = hung
        # Once while there was something else to read, and twice afterwards, by parts.
        assert len(later) == 2
        assert later == list(range(len(calls) - 2, len(calls)))
        assert first < len(calls) - 4
        market.mend()
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_look_ups_that_keep_failing_are_given_up(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url, clock=HastyClock()) as local:
        await local.completed(per_page=10)
        market.change("remove", ids=list(range(1, 31)))
        market.fault(kind="is_error", lookup=True)
        market.forget()
        run = await local.sync(per_page=10)
        assert (run.status, run.removed) == (RunStatus.PARTIAL, 0)
        assert market.requests() <= 20 + BESIDE + 90
        market.mend()
        assert (await local.completed(per_page=10)).removed == 30
