"""Issue 2: `kill -9` at any instant. The next start ends with the tables of an undisturbed run and re-reads nothing.

More than twenty instants: by the clock, from before the program has opened its database to after it may have ended, and
by the number of pages that the marketplace has answered.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from emagsync.db.errors import DatabaseUnavailable
from support.comparing import compare_with_marketplace, snapshot
from support.databases import copy_folder, rows
from support.local import open_local, until
from support.market import Market, open_market
from support.program import Program, environment, run

pytestmark = pytest.mark.databases("both", often="sqlite")

OFFERS = 300
PER_PAGE = 20
SYNC = ("sync", "main", "--mode", "full", "--items-per-page", str(PER_PAGE))


def at_any_moment(chance: random.Random, market: Market) -> Callable[[], bool]:
    """By the clock or by pages, half of the time each."""
    if chance.random() < 0.5:
        pages = chance.randint(1, OFFERS // PER_PAGE + 1)
        return lambda: market.account().reads >= pages
    end = asyncio.get_running_loop().time() + chance.uniform(0.0, 0.7)
    return lambda: asyncio.get_running_loop().time() >= end


async def kill(variables: dict[str, str], market: Market, chance: random.Random) -> None:
    """Start a sync and kill it, if it has not ended before."""
    market.account().reads = 0
    async with Program(SYNC, variables) as program:
        moment = at_any_moment(chance, market)
        await until(lambda: moment() or not program.is_running)
        if program.is_running:
            program.process.kill()
        await program.ended()
    await until(market.is_quiet)


def stored_pages(folder: Path) -> set[str]:
    """The pages that the run in progress has stored, as the sandbox counts them."""
    query = (
        "SELECT page, size FROM sync_pages JOIN sync_runs ON sync_runs.id = run_id "
        "WHERE sync_runs.status = 'running' AND sync_pages.status = 'stored' AND items > 0"
    )
    with suppress(DatabaseUnavailable):
        # Killed before it made its tables, it has none.
        return {f"{row['page']}/{row['size']}" for row in rows(folder, query)}
    return set()


async def prepared(folder: Path, market: Market) -> Path:
    """A local copy of yesterday: since then offers were changed, removed and added."""
    async with open_local(folder, market.url) as local:
        await local.completed(per_page=PER_PAGE)
    market.change("change", ids=list(range(5, OFFERS, 15)), set={"sale_price": "77.1234", "name": "Alt nume"})
    market.change("remove", ids=[3, 100, 200, OFFERS - 1])
    market.change("add", count=9)
    return folder


@pytest.mark.often(first=1)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.databases("both", first=2, often="sqlite")
async def test_a_copy_that_was_killed_goes_on_to_the_tables_of_an_undisturbed_run(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with open_market({"main": OFFERS}) as market:
        yesterday = await prepared(tmp_path / "yesterday", market)
        undisturbed = tmp_path / "undisturbed"
        copy_folder(yesterday, undisturbed)
        async with open_local(undisturbed, market.url) as local:
            await local.completed(per_page=PER_PAGE)
        expected = snapshot(undisturbed)
        market.set(latency_ms=25, jitter_ms=10)
        for instant in range(4):
            folder = tmp_path / f"killed-{instant}"
            copy_folder(yesterday, folder)
            variables = environment(folder, market.url)
            await kill(variables, market, chance)
            stored = stored_pages(folder)
            market.forget()
            ended = await run(*SYNC, variables=variables)
            assert ended.code == 0, ended.err
            compare_with_marketplace(folder, "main", market.truth())
            assert snapshot(folder) == expected
            assert not stored & market.page_reads().keys()


@pytest.mark.often(first=1)
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.databases("both", first=1, often="sqlite")
async def test_a_first_copy_that_was_killed_over_and_over_ends_exact(tmp_path: Path, seed: int) -> None:
    chance = random.Random(f"first {seed}")
    async with open_market({"main": OFFERS}, latency_ms=40) as market:
        variables = environment(tmp_path, market.url)
        for _ in range(3):
            await kill(variables, market, chance)
        stored = stored_pages(tmp_path)
        market.forget()
        ended = await run(*SYNC, variables=variables)
        assert ended.code == 0, ended.err
        compare_with_marketplace(tmp_path, "main", market.truth())
        copy = snapshot(tmp_path)
        assert len(copy["changes"]) == OFFERS
        assert set(copy["changes"].values()) == {1}
        assert not stored & market.page_reads().keys()


async def test_offers_removed_while_the_process_was_dead_do_not_stay(tmp_path: Path) -> None:
    async with open_market({"main": OFFERS}, latency_ms=40) as market:
        variables = environment(tmp_path, market.url)
        async with Program(SYNC, variables):
            await until(lambda: market.account().reads >= 8)
        market.change("remove", ids=[1, 2, 200, 201, 202])
        market.change("add", count=3)
        ended = await run(*SYNC, variables=variables)
        assert ended.code == 0, ended.err
        compare_with_marketplace(tmp_path, "main", market.truth())
