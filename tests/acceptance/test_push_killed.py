"""Issue 7: `kill -9` at any instant of a push. What was on its way is read back before anything is sent again: every
edit takes effect once, and none is forgotten."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from emagsync.edits.push.errors import PushBusy
from support.local import until
from support.patience import PATIENCE_SECONDS
from support.program import Program, environment
from support.pushing import PushDesk, open_push_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

OFFERS = 160
# Each is killed three times; `make storm` asks for fifty seeds: 21 kills.
SEEDS = max(1, int(os.environ.get("EMAGSYNC_STORM_SEEDS", "1")) // 7)
PUSHING = {
    "EMAGSYNC_EDITS__PUSH": "on",
    "EMAGSYNC_EDITS__LEASE_SECONDS": "1",
    "EMAGSYNC_EDITS__LOOK_SECONDS": "0.05",
    "EMAGSYNC_EDITS__BRAKE_OFFERS": "1000000",
    "EMAGSYNC_EDITS__BRAKE_PERCENT": "100",
}


async def kill_one(desk: PushDesk, variables: dict[str, str], chance: random.Random) -> None:
    """Start a push and kill it, after some requests of its own or some time."""
    before = desk.market.requests()
    requests = chance.choice([1, 2, 3, 4, 5, 8, 12, 20])
    async with Program(("push", "main"), variables) as program:
        await until(lambda: desk.market.requests() - before >= requests or not program.is_running)
        await asyncio.sleep(chance.uniform(0, 0.03))
        if program.is_running:
            program.process.kill()
        await program.ended()
    await until(desk.market.is_quiet)


async def pushed_to_the_end(desk: PushDesk) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                if await desk.service.push_account("main", trigger="test") is None:
                    return
            except PushBusy:
                # The one that was killed holds its lease until that runs out.
                await asyncio.sleep(0.1)


@pytest.mark.storm
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_push_that_is_killed_is_gone_on_with_and_nothing_takes_effect_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with open_push_desk(tmp_path, OFFERS, edits={"lease_seconds": 1.0}, market={"latency_ms": 10}) as desk:
        variables = environment(tmp_path, desk.market.url, **PUSHING)
        await desk.edit_many([(emag_id, "stock", "-3") for emag_id in range(1, 13)], kind="relative")
        await desk.edit_many([(emag_id, "stock", "9") for emag_id in range(13, 113)])
        await desk.edit_many([(emag_id, "sale_price", "88.8800") for emag_id in range(101, OFFERS + 1)])
        for _ in range(3):
            await kill_one(desk, variables, chance)
        await pushed_to_the_end(desk)
        stocks = Counter(desk.shown(emag_id, "stock") for emag_id in range(1, OFFERS + 1))
        assert stocks == {"17": 12, "9": 100, "20": 48}
        prices = Counter(desk.shown(emag_id, "sale_price") for emag_id in range(1, OFFERS + 1))
        assert prices == {"100.0000": 100, "88.8800": 60}
        assert Counter(str(edit.state) for edit in await desk.edits()) == {"applied": 172}
        assert Counter(str(line.state) for line in await desk.entries()) == {"applied": OFFERS}
        await desk.local.completed()
        assert Counter(str(edit.state) for edit in await desk.edits()) == {"applied": 172}
