"""Issue 2: a random storm of faults, seeded. `EMAGSYNC_STORM_SEEDS` says how many; `make storm` runs 50."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any, get_args

import pytest

from emagsync.sandbox.faults import FaultKind
from emagsync.sync.schemas import RunStatus
from support.comparing import compare_with_marketplace, differences
from support.local import HastyClock, open_local
from support.market import Market, open_market

pytestmark = pytest.mark.databases("both")

SEEDS = int(os.environ.get("EMAGSYNC_STORM_SEEDS", "5"))
HTTP = {"connect_timeout": 1.0, "read_timeout": 1.0}
ACCOUNTS = {"main": 430, "fbe": 260}
LIES = ("empty_page", "wrong_page")
REFUSALS = ("not_allowed", "invalid_ip")
# Text that comes broken twice in a row is what eMAG has.
MENDED = ("invalid_utf8",)
COUNTS = ("text", "numbers", "list", "missing", "null", "too_low", "too_high", "zero")
MOST_RUNS = 12


def any_fault(chance: random.Random, kind: str) -> dict[str, Any]:
    fault: dict[str, Any] = {"kind": kind, "delay_ms": chance.choice((50, 200)), "drip_bytes": 2000}
    if chance.random() < 0.4:
        fault["account"] = chance.choice(tuple(ACCOUNTS))
    if kind in LIES:
        # A lie that eMAG tells over and over is the truth, as far as anybody can know: each is told once.
        return fault | {"pages": [chance.randint(1, 10)], "times": 1}
    if chance.random() < 0.6:
        first = chance.randint(1, 430)
        where = {"pages": chance.sample(range(1, 11), 2)}, {"rows": [first, first + chance.randint(0, 80)]}, {}
        fault |= chance.choice(where)
    if kind == "rate_limited":
        fault["retry_after"] = 0
    if kind == "status":
        fault["status"] = chance.choice((408, 500, 502, 503, 504))
    slow = kind in ("timeout", "drip")
    return fault | {
        "times": chance.randint(1, 2 if slow else 12),
        "probability": chance.choice((0.1, 0.5, 1.0)),
        "after": chance.randint(0, 10),
    }


async def copied(market: Market, local: Any, account: str) -> None:
    """Run until a run says that it completed. Until then nothing may be removed; then everything must be there."""
    for _ in range(MOST_RUNS):
        run = await local.sync(account, per_page=50)
        if run.status is RunStatus.COMPLETED:
            compare_with_marketplace(local.database, account, market.truth(account))
            return
        assert run.status is RunStatus.FAILED
        assert run.errors
        assert run.removed == 0
    pytest.fail(f"{account} was not copied in {MOST_RUNS} runs")


@pytest.mark.storm
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_storm_ends_with_an_exact_copy(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kinds = [kind for kind in get_args(FaultKind) if kind not in (*REFUSALS, *MENDED)]
    async with (
        open_market(ACCOUNTS, count_shape=chance.choice(COUNTS), jitter_ms=chance.choice((0, 5))) as market,
        open_local(tmp_path, market.url, *ACCOUNTS, clock=HastyClock(), http=HTTP) as local,
    ):
        for kind in chance.choices(kinds, k=chance.randint(4, 14)):
            market.fault(**any_fault(chance, kind))
        await asyncio.gather(*(copied(market, local, account) for account in ACCOUNTS))


@pytest.mark.storm
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.databases("both", first=2)
async def test_a_storm_over_offers_that_come_and_go_ends_with_an_exact_copy(tmp_path: Path, seed: int) -> None:
    chance = random.Random(f"moving {seed}")
    kinds = [kind for kind in get_args(FaultKind) if kind not in (*REFUSALS, *MENDED, *LIES)]
    async with (
        open_market(ACCOUNTS, jitter_ms=chance.choice((0, 5))) as market,
        open_local(tmp_path, market.url, *ACCOUNTS, clock=HastyClock(), http=HTTP) as local,
    ):
        await asyncio.gather(*(local.completed(account) for account in ACCOUNTS))
        for kind in chance.choices(kinds, k=chance.randint(2, 6)):
            market.fault(**any_fault(chance, kind))
        for account, size in ACCOUNTS.items():
            changed, removed = (chance.sample(range(1, size + 1), chance.randint(1, 40)) for _ in range(2))
            market.change("change", account, ids=changed, set={"sale_price": "12.3456", "name": "Alt nume"})
            market.change("remove", account, ids=removed[:20])
            market.change("add", account, count=chance.randint(0, 30))
            for _ in range(chance.randint(0, 2)):
                gone = {"op": "remove", "ids": chance.sample(range(1, size + 1), 2)}
                market.meanwhile(gone, name=account, after_reads=chance.randint(1, 15))
        runs = await asyncio.gather(*(local.sync(account) for account in ACCOUNTS))
        market.mend()
        for run in runs:
            if run.status is not RunStatus.COMPLETED or differences(
                local.database, run.account, market.truth(run.account)
            ):
                await copied(market, local, run.account)
