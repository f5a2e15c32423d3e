"""Issue 2: after every single fault of the contract, on any one page, the copy equals the marketplace."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, get_args

import pytest

from emagsync.accounts.connection_test import Culprit, check_connection
from emagsync.marketplace.client import EmagClient
from emagsync.sandbox.faults import FaultKind
from emagsync.sync.schemas import RunStatus
from support.comparing import compare_with_marketplace
from support.local import HastyClock, open_local
from support.market import PASSWORD, open_market

pytestmark = pytest.mark.databases("both", often="sqlite")

OFFERS = 137
PER_PAGE = 16
PAGES = 9
HTTP = {"connect_timeout": 1.0, "read_timeout": 1.0}

REFUSALS = ("not_allowed", "invalid_ip")
FAULTS: list[dict[str, Any]] = [
    *({"kind": kind} for kind in get_args(FaultKind) if kind not in ("status", "is_error", *REFUSALS)),
    *({"kind": "status", "status": status} for status in (408, 500, 502, 503, 504)),
    {"kind": "rate_limited", "retry_after": 0},
    {"kind": "is_error", "message": "Internal error"},
    {"kind": "is_error", "message": {"text": "Try again", "field": "currentPage"}},
    {"kind": "status", "status": 503, "body": '{"isError": false, "messages": [], "results": []}'},
]


def named(fault: dict[str, Any]) -> str:
    return " ".join(str(value) for value in fault.values())


@pytest.mark.often(first=4)
@pytest.mark.parametrize("fault", FAULTS, ids=named)
@pytest.mark.databases("both", first=4, often="sqlite")
async def test_one_fault_on_one_page_costs_nothing(tmp_path: Path, fault: dict[str, Any]) -> None:
    page = random.Random(named(fault)).randint(1, PAGES)
    async with (
        open_market({"main": OFFERS}) as market,
        open_local(tmp_path, market.url, clock=HastyClock(), http=HTTP) as local,
    ):
        market.fault(**({"delay_ms": 200} | fault), pages=[page], times=1, route="product_offer/read")
        run = await local.completed(per_page=PER_PAGE)
        assert market.market.faults.to_list()[0]["played"] == 1
        assert run.processed == OFFERS
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=3)
@pytest.mark.parametrize("kind", ["empty_page", "wrong_page", "truncated"])
@pytest.mark.parametrize("page", [*range(1, PAGES + 2)])
@pytest.mark.databases("both", first=3, often="sqlite")
async def test_a_fault_that_lies_is_seen_through_on_every_page(tmp_path: Path, kind: str, page: int) -> None:
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url) as local:
        market.fault(kind=kind, pages=[page], times=1)
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=3)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault["kind"] != "wrong_page"], ids=named)
@pytest.mark.databases("both", first=2, often="sqlite")
async def test_a_fault_of_the_count_costs_nothing(tmp_path: Path, fault: dict[str, Any]) -> None:
    async with (
        open_market({"main": OFFERS}) as market,
        open_local(tmp_path, market.url, clock=HastyClock(), http=HTTP) as local,
    ):
        market.fault(**({"delay_ms": 200} | fault), times=1, route="product_offer/count")
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=3)
@pytest.mark.parametrize("status", [200, 401, 403])
@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.databases("both", first=1, often="sqlite")
async def test_a_refusal_ends_the_run_at_once_and_the_next_one_completes(
    tmp_path: Path, kind: str, status: int
) -> None:
    page = random.Random(f"{kind} {status}").randint(1, PAGES)
    async with open_market({"main": OFFERS}) as market, open_local(tmp_path, market.url) as local:
        market.fault(kind=kind, status=status, pages=[page], times=1)
        run = await local.sync(per_page=PER_PAGE)
        assert run.status is RunStatus.FAILED
        assert {"not_allowed": "credentials", "invalid_ip": "127.0.0.1"}[kind] in run.errors[0].message
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=2)
@pytest.mark.parametrize("page", [1, 5], ids=["from the first page", "in the middle"])
@pytest.mark.parametrize("status", [301, 302, 307])
@pytest.mark.databases("sqlite")
async def test_a_redirect_ends_the_run_at_once_and_says_what_check_says(tmp_path: Path, status: int, page: int) -> None:
    async with (
        open_market({"main": OFFERS}) as market,
        open_local(tmp_path, market.url, sync={"pages_in_flight": 2}) as local,
        EmagClient(username="main", password=PASSWORD, base_url=market.url) as client,
    ):
        market.fault(kind="status", status=status, pages=list(range(page, PAGES + 1)))
        run = await local.sync(per_page=PER_PAGE)
        assert run.status is RunStatus.FAILED
        # No more than what was on its way: it is neither tried again nor read in smaller pages.
        counts, pages_before, in_flight = 2, page - 1, 2
        assert market.requests() <= counts + pages_before + in_flight
        market.mend()
        market.fault(kind="status", status=status, times=1)
        report = await check_connection(client)
        assert [(error.code, error.message.endswith(str(report.message))) for error in run.errors] == [
            ("redirected", True)
        ]
        assert (report.code, report.culprit) == ("redirected", Culprit.MARKETPLACE)
        market.mend()
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())
