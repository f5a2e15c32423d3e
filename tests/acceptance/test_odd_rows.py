"""One odd row is reported with its id and reason, and costs nothing but itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emagsync.sync.schemas import RunStatus
from support.comparing import compare_with_marketplace
from support.local import open_local
from support.market import open_market

pytestmark = pytest.mark.databases("both", often="sqlite")

SIZE = 70


@pytest.mark.often(first=5)
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(None, "null", id="null"),
        pytest.param([], "list", id="a list"),
        pytest.param("text", "text", id="a text"),
        pytest.param({"name": "no id"}, "no id", id="no id"),
        pytest.param({"id": "abc", "name": "odd"}, "id", id="an id that is no number"),
        pytest.param({"id": 0, "name": "odd"}, "id", id="an impossible id"),
    ],
)
@pytest.mark.parametrize("place", [0, 50, SIZE], ids=["first", "at a page's end", "last"])
@pytest.mark.databases("both", first=6, often="sqlite")
async def test_a_row_that_cannot_be_stored_is_reported_and_costs_only_itself(
    tmp_path: Path, row: Any, reason: str, place: int
) -> None:
    async with open_market({"main": SIZE}) as market, open_local(tmp_path, market.url) as local:
        market.change("odd_rows", rows=[row], after=place)
        run = await local.sync()
        assert run.status is RunStatus.PARTIAL
        assert (run.processed, run.failed, run.error_count) == (SIZE, 1, 1)
        assert reason in run.errors[0].message
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_price_that_cannot_be_read_leaves_the_rest_of_the_offer_and_is_reported(tmp_path: Path) -> None:
    async with open_market({"main": SIZE}) as market, open_local(tmp_path, market.url) as local:
        market.change("change", ids=[60], set={"sale_price": "n/a"})
        run = await local.sync()
        assert run.status in (RunStatus.COMPLETED, RunStatus.PARTIAL)
        assert [error.emag_id for error in run.errors] == [60]
        assert "sale_price" in run.errors[0].message
        [stored] = await local.rows("SELECT name, sale_price, stock FROM offers WHERE emag_id = 60")
        assert stored["sale_price"] is None
        assert stored["name"] == market.truth()[60]["name"]
        truth = market.truth()
        del truth[60]
        await local.execute("DELETE FROM offers WHERE emag_id = 60")
        compare_with_marketplace(local.database, "main", truth)


async def test_a_run_with_odd_rows_removes_nothing(tmp_path: Path) -> None:
    async with open_market({"main": SIZE}) as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        market.change("remove", ids=[5])
        market.change("odd_rows", rows=[None], after=60)
        run = await local.sync()
        assert (run.status, run.removed) == (RunStatus.PARTIAL, 0)
        market.change("clear_odd_rows")
        run = await local.completed()
        assert run.removed == 1
        compare_with_marketplace(local.database, "main", market.truth())


async def test_hundreds_of_odd_rows_are_counted_and_only_fifty_kept(tmp_path: Path) -> None:
    async with open_market({"main": SIZE}) as market, open_local(tmp_path, market.url) as local:
        market.change("odd_rows", rows=[None] * 300, after=60)
        run = await local.sync()
        assert (run.failed, run.error_count, len(run.errors)) == (300, 300, 50)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_fields_that_nobody_knows_are_kept(tmp_path: Path) -> None:
    async with open_market({"main": SIZE}) as market, open_local(tmp_path, market.url) as local:
        market.change("change", ids=[9], set={"new_field": {"deep": [1, None, "x", {"ș": "ț"}]}})
        await local.completed()
        compare_with_marketplace(local.database, "main", market.truth())
        payload = await local.value("SELECT payload FROM offer_payloads WHERE emag_id = 9")
        assert '"new_field":{"deep":[1,null,"x",{"ș":"ț"}]}' in payload


@pytest.mark.parametrize("after", [5, 50], ids=["on the same page", "on another page"])
async def test_of_rows_that_contradict_each_other_the_one_that_emag_shows_by_id_counts(
    tmp_path: Path, after: int
) -> None:
    """The last row of the list was believed, whichever that was."""
    async with open_market({"main": SIZE}) as market, open_local(tmp_path, market.url) as local:
        other = market.truth()[4] | {"sale_price": "1.1100", "name": "Alt nume"}
        market.change("odd_rows", rows=[other], after=after)
        for _ in range(2):
            run = await local.completed(per_page=20)
            assert run.processed == SIZE
            compare_with_marketplace(local.database, "main", market.truth())
