"""Issue 2: both accounts are copied exactly, on good days and on bad ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from emagsync.sandbox.catalogue import from_csv, from_json
from emagsync.sync.schemas import RunStatus
from support.comparing import compare_with_marketplace
from support.local import open_local
from support.market import open_market

pytestmark = pytest.mark.databases("both", often="sqlite")

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.databases("both")
async def test_both_accounts_are_copied_exactly_and_each_page_is_read_once(tmp_path: Path) -> None:
    async with (
        open_market({"main": 445, "fbe": 130}) as market,
        open_local(tmp_path, market.url, "main", "fbe") as local,
    ):
        runs = await asyncio.gather(*(local.sync(name, per_page=100) for name in ("main", "fbe")))
        for run in runs:
            assert run.status is RunStatus.COMPLETED
            assert run.processed == run.created == len(market.truth(run.account))
            compare_with_marketplace(local.database, run.account, market.truth(run.account))
            assert set(market.page_reads(run.account).values()) == {1}
        assert [run.total_items for run in runs] == [445, 130]


@pytest.mark.often(first=8)
@pytest.mark.parametrize(
    ("size", "per_page"),
    [
        pytest.param(0, 100, id="no offers at all"),
        pytest.param(1, 100, id="one offer"),
        pytest.param(99, 100, id="nearly a page"),
        pytest.param(100, 100, id="exactly a page"),
        pytest.param(101, 100, id="a page and one"),
        pytest.param(7, 1, id="pages of one"),
        pytest.param(60, 7, id="an odd page size"),
    ],
)
@pytest.mark.parametrize("count", ["text", "missing", "too_low", "too_high"])
@pytest.mark.databases("both", first=4, often="sqlite")
async def test_any_size_is_copied_whatever_the_count_says(tmp_path: Path, size: int, per_page: int, count: str) -> None:
    async with (
        open_market({"main": size}, count_shape=count, count_offset=150) as market,
        open_local(tmp_path, market.url) as local,
    ):
        await local.completed(per_page=per_page)
        compare_with_marketplace(local.database, "main", market.truth())


FILES = [pytest.param(DATA / "catalogue.csv", DATA / "offers_sample.json", id="our own files")]
if SHARED.is_dir():  # the project ships without it
    FILES.append(pytest.param(SHARED / "catalogue.csv", SHARED / "real_offers.json", id="a real catalogue"))


@pytest.mark.parametrize(("offers", "rows"), FILES)
@pytest.mark.databases("both", first=1, often="sqlite")
async def test_a_catalogue_file_and_real_rows_are_copied_exactly(tmp_path: Path, offers: Path, rows: Path) -> None:
    async with (
        open_market({"main": from_csv(offers), "fbe": from_json(rows)}) as market,
        open_local(tmp_path, market.url, "main", "fbe") as local,
    ):
        runs = await asyncio.gather(*(local.completed(name, per_page=100) for name in ("main", "fbe")))
        assert [run.error_count for run in runs] == [0, 0]
        for name in ("main", "fbe"):
            compare_with_marketplace(local.database, name, market.truth(name))


async def test_payloads_are_kept_byte_by_byte(tmp_path: Path) -> None:
    async with open_market({"main": 120}, gpsr="lists") as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        served = {emag_id: market.account().catalogue.encoded(emag_id).decode() for emag_id in market.account().ids()}
        stored = await local.rows("SELECT emag_id, payload FROM offer_payloads")
        assert {row["emag_id"]: row["payload"] for row in stored} == served
