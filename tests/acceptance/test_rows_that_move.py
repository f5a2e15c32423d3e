"""Issue 2: rows that are removed, added and shifted while the run reads.

Equal numbers removed and added at one moment leave no count to tell, and where every page on both sides had been read
already nothing that a run asks can tell either (see `sync/run/page_plan.py`): then the next run must heal it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emagsync.sync.schemas import RunStatus
from support.comparing import compare_with_marketplace, differences
from support.local import open_local
from support.market import Market, open_market

pytestmark = pytest.mark.databases("both", often="sqlite")

# Even, so that the last page can be read a second time by half.
PER_PAGE = 8
PAGES = 9
FULL, NOT_FULL = 72, 69
SIZES = [pytest.param(FULL, id="last page full"), pytest.param(NOT_FULL, id="last page not full")]
AT_EVERY_PAGE = pytest.mark.parametrize("after", range(1, PAGES + 1))


def with_gaps(market: Market, chance: random.Random) -> list[int]:
    """Free some ids all over the list, where offers can appear; returns them."""
    gaps = chance.sample(range(1, max(market.account().ids()) + 1), 10)
    market.change("remove", ids=gaps)
    market.change("add", count=10)
    return gaps


def some(market: Market, chance: random.Random, count: int) -> list[int]:
    return chance.sample(market.account().ids(), count)


@pytest.mark.often(first=2)
@AT_EVERY_PAGE
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.databases("both", first=3, often="sqlite")
async def test_offers_removed_while_the_run_reads_are_not_in_the_copy(tmp_path: Path, size: int, after: int) -> None:
    chance = random.Random(f"{size} {after}")
    async with open_market({"main": size}, jitter_ms=2) as market, open_local(tmp_path, market.url) as local:
        if after % 2:
            await local.completed(per_page=PER_PAGE)  # an older copy is there
        market.meanwhile({"op": "remove", "ids": some(market, chance, chance.choice((1, 3)))}, after_reads=after)
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=2)
@AT_EVERY_PAGE
@pytest.mark.parametrize("where", ["in the middle", "at the end"])
@pytest.mark.databases("both", first=3, often="sqlite")
async def test_offers_added_while_the_run_reads_are_in_the_copy(tmp_path: Path, after: int, where: str) -> None:
    chance = random.Random(f"{after} {where}")
    size = FULL if after % 2 else NOT_FULL
    async with open_market({"main": size}, jitter_ms=2) as market, open_local(tmp_path, market.url) as local:
        gaps = with_gaps(market, chance)
        rows = [{"id": emag_id} for emag_id in chance.sample(gaps, chance.choice((1, 3)))]
        added: dict[str, Any] = {"rows": rows} if where == "in the middle" else {"count": PER_PAGE + 5}
        market.meanwhile({"op": "add", **added}, after_reads=after)
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=1)
@AT_EVERY_PAGE
@pytest.mark.databases("both", first=2, often="sqlite")
async def test_equal_numbers_removed_and_added_are_noticed_or_healed_by_the_next_run(
    tmp_path: Path, after: int
) -> None:
    chance = random.Random(after)
    async with (
        open_market({"main": NOT_FULL}, jitter_ms=2) as market,
        open_local(tmp_path, market.url, sync={"pages_in_flight": 8 if after % 2 else 1}) as local,
    ):
        gaps = with_gaps(market, chance)
        market.meanwhile(
            {"op": "remove", "ids": some(market, chance, 2)},
            {"op": "add", "rows": [{"id": emag_id} for emag_id in gaps[:2]]},
            after_reads=after,
        )
        await local.completed(per_page=PER_PAGE)
        if differences(local.database, "main", market.truth()):
            await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


@pytest.mark.often(first=2)
@pytest.mark.parametrize("page", range(3, PAGES))
@pytest.mark.databases("both", first=1, often="sqlite")
async def test_a_removal_before_and_an_addition_behind_the_pages_still_to_be_read_are_noticed(
    tmp_path: Path, page: int
) -> None:
    """One row slips from a page that is not yet read into one that is; the count stays the same.

    Before the third page both neighbours of the slip may still be unread, and then the next run heals it.
    """
    async with (
        open_market({"main": NOT_FULL}) as market,
        open_local(tmp_path, market.url, sync={"pages_in_flight": 1}) as local,
    ):
        market.meanwhile({"op": "remove", "ids": [1]}, {"op": "add", "count": 1}, after_reads=page)
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


def restless() -> Iterator[Any]:
    for until in (1, 3, 6, 9, 12):
        yield pytest.param({"kind": "shuffle", "until": until}, id=f"shuffled {until} times")
        yield pytest.param({"kind": "rotate", "by": 7, "until": until}, id=f"rotated {until} times")


@pytest.mark.often(first=4)
@pytest.mark.parametrize("order", list(restless()))
@pytest.mark.databases("both", first=2, often="sqlite")
async def test_rows_in_another_order_at_every_read_are_all_found(tmp_path: Path, order: dict[str, Any]) -> None:
    async with open_market({"main": NOT_FULL}, order=order) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_a_list_that_never_stands_still_is_not_called_complete_unless_it_is(tmp_path: Path) -> None:
    async with (
        open_market({"main": NOT_FULL}, order={"kind": "shuffle"}) as market,
        open_local(tmp_path, market.url) as local,
    ):
        run = await local.sync(per_page=PER_PAGE)
        if run.status is RunStatus.COMPLETED:
            assert len(await local.rows("SELECT 1 FROM offers")) == NOT_FULL
        else:
            assert run.errors
        market.set(order={"kind": "id"})
        await local.completed(per_page=PER_PAGE)
        compare_with_marketplace(local.database, "main", market.truth())


async def test_an_offer_that_only_slipped_out_of_sight_is_never_marked_removed(tmp_path: Path) -> None:
    async with open_market({"main": NOT_FULL}) as market, open_local(tmp_path, market.url) as local:
        await local.completed(per_page=PER_PAGE)
        market.set(order={"kind": "rotate", "by": 13})
        for _ in range(3):
            await local.sync(per_page=PER_PAGE)
        assert await local.value("SELECT count(*) FROM offers WHERE removed_at IS NOT NULL") == 0
        assert await local.value("SELECT count(*) FROM offer_changes WHERE new = 'removed'") == 0


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    ("size", "per_page"),
    [
        pytest.param(248, 4, id="a long list"),
        pytest.param(125, 25, id="pages that cannot be halved"),
        pytest.param(200, 50, id="a short list"),
    ],
)
@pytest.mark.parametrize("after", ["the last page", "all pages but one", "all pages"])
@pytest.mark.databases("both", first=2, often="sqlite")
async def test_an_offer_removed_from_a_full_last_page_that_was_read_already_is_not_in_the_copy(
    tmp_path: Path, size: int, per_page: int, after: str
) -> None:
    """An empty page behind a full one shows where the list ends, not that the full one is still full."""
    pages = size // per_page
    reads = {"the last page": 3, "all pages but one": pages - 1, "all pages": pages}[after]
    async with (
        open_market({"main": size}) as market,
        open_local(tmp_path, market.url, sync={"pages_in_flight": 1}) as local,
    ):
        market.meanwhile({"op": "remove", "ids": [size]}, after_reads=reads)
        await local.completed(per_page=per_page)
        compare_with_marketplace(local.database, "main", market.truth())
