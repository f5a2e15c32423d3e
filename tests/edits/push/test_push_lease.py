"""One pusher per account: a lease that runs out, and a fence that keeps the one before from writing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from emagsync.core.clock import SystemClock
from emagsync.edits.push import lease_repository
from emagsync.edits.push.errors import PushBusy, PushSuperseded
from support.databases import new_database
from support.patience import PATIENCE_SECONDS
from support.pushing import open_push_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

NOW = SystemClock().now()


async def test_a_lease_is_one_pushers_until_it_runs_out_and_then_only_the_next_ones(tmp_path: Path) -> None:
    async with new_database(tmp_path) as database:
        async with database.transaction() as connection:
            first = await lease_repository.acquire(connection, "main", "first", now=NOW, seconds=10)
            await lease_repository.acquire(connection, "fbe", "first", now=NOW, seconds=10)
        async with database.transaction() as connection:
            with pytest.raises(PushBusy):
                await lease_repository.acquire(connection, "main", "second", now=NOW + timedelta(seconds=9), seconds=10)
            await lease_repository.renew(connection, first, now=NOW + timedelta(seconds=9), seconds=10)
        async with database.transaction() as connection:
            later = NOW + timedelta(seconds=20)
            second = await lease_repository.acquire(connection, "main", "second", now=later, seconds=10)
            with pytest.raises(PushSuperseded):
                await lease_repository.renew(connection, first, now=later, seconds=10)
            await lease_repository.release(connection, first)
            await lease_repository.renew(connection, second, now=later, seconds=10)
            await lease_repository.release(connection, second)
        async with database.transaction() as connection:
            third = await lease_repository.acquire(
                connection, "main", "third", now=NOW + timedelta(seconds=21), seconds=10
            )
            assert third.fence > second.fence > first.fence


async def test_a_pusher_that_was_overtaken_writes_nothing_more(tmp_path: Path) -> None:
    async with open_push_desk(tmp_path) as desk:
        await desk.edit(7, "sale_price", "87.0000")
        desk.market.fault(kind="slow", route="offer/save", held=True)

        async def overtaken() -> None:
            await desk.service.push_account("main", trigger="test")

        pushing = asyncio.ensure_future(overtaken())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await desk.states()).get(7) != "sending":
                await asyncio.sleep(0.01)
        await desk.local.execute("UPDATE push_leases SET fence = fence + 1, holder = NULL, until = NULL")
        desk.market.mend()
        with pytest.raises(PushSuperseded):
            await pushing
        assert await desk.states() == {7: "sending"}
        await desk.push()
        assert (await desk.states(), desk.saves()) == ({7: "applied"}, 1)
