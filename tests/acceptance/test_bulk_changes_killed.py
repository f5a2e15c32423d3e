"""Issue 14: `kill -9` of a server in the middle of a bulk change, while it is previewed and while it is kept. The next
one goes on; the end is that of an undisturbed one, each edit is made once, nothing is sent before all are kept."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from emagsync.edits.bulk_changes.model import WORKING
from support.databases import rows
from support.editing import EMAG
from support.local import open_local, until
from support.market import Market, open_market
from support.patience import PATIENCE_SECONDS
from support.program import Program
from support.pushing import tidy
from support.serving import serving, variables

pytestmark = pytest.mark.databases("both", often="sqlite")

# Killed in the first half: the others are the time in which that has to be noticed.
OFFERS = 300
CHANGES = f"{EMAG}/bulk-changes"
SETTINGS = {
    "EMAGSYNC_EDITS__PUSH": "on",
    "EMAGSYNC_EDITS__LEASE_SECONDS": "1",
    "EMAGSYNC_EDITS__LOOK_SECONDS": "0.05",
    "EMAGSYNC_EDITS__READBACK_SECONDS": "0.5",
    "EMAGSYNC_EDITS__BRAKE_OFFERS": "1000000",
    "EMAGSYNC_EDITS__BRAKE_PERCENT": "100",
}
STOPPED = 200
ONE_BY_ONE = SETTINGS | {"EMAGSYNC_EDITS__BULK_PIECE": "1"}
STATE = "SELECT state, position FROM bulk_changes"
# A difference that took effect twice would be seen.
FEWER = {"filter": {"account": "main"}, "set": {"stock_change": -3}}
# What differs from one change to the next, and from one database to the other.
OWN = {"id", "batch_id", "made_at", "closed_at", "closed_by_run"}
Shown = dict[str, Any]


async def shown(client: httpx2.AsyncClient, change_id: int) -> Shown:
    answer = await client.get(f"{CHANGES}/{change_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]  # type: ignore[no-any-return]


async def when(client: httpx2.AsyncClient, change_id: int, condition: Callable[[Shown], bool]) -> Shown:
    """The change as soon as the condition holds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition(found := await shown(client, change_id)):
            await asyncio.sleep(0.005)
    return found


async def post(client: httpx2.AsyncClient, path: str = "", **body: Any) -> int:
    answer = await client.post(f"{CHANGES}{path}", json=body)
    assert answer.status_code == 202, answer.text
    return int(answer.json()["data"]["id"])


def is_over(change: Shown) -> bool:
    return change["state"] not in WORKING


async def killed_at(folder: Path, market: Market, done: int) -> None:
    """A server that goes on with the change is killed when it has done so many offers of it."""
    (before,) = rows(folder, STATE)
    async with Program(("serve",), variables(folder, market, **ONE_BY_ONE)) as server:
        await until(lambda: rows(folder, STATE)[0]["position"] >= done or not server.is_running)
        assert server.is_running
        server.process.kill()
        await server.ended()
    (after,) = rows(folder, STATE)
    assert (after["state"], before["position"] < done) == (before["state"], True)
    assert done <= after["position"] < OFFERS


async def copied(folder: Path, market: Market) -> None:
    tidy(market)
    async with open_local(folder, market.url) as local:
        await local.completed()


def edits_in(folder: Path) -> list[dict[str, Any]]:
    found = rows(folder, "SELECT * FROM local_edits ORDER BY emag_id, id")
    return [{name: value for name, value in row.items() if name not in OWN} for row in found]


async def sent_whole(market: Market) -> None:
    """Wait until eMAG has it all."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while {row["general_stock"] for row in market.truth().values()} != {17}:
            await asyncio.sleep(0.01)


async def undisturbed(folder: Path) -> list[dict[str, Any]]:
    """The edits that a server leaves which nobody kills."""
    async with open_market({"main": OFFERS}) as market:
        await copied(folder, market)
        async with serving(folder, market, **SETTINGS) as server:
            change_id = await post(server.client, **FEWER)
            await when(server.client, change_id, is_over)
            await post(server.client, f"/{change_id}/apply")
            await when(server.client, change_id, is_over)
            await sent_whole(market)
            await closed(server.client)
    return edits_in(folder)


async def closed(client: httpx2.AsyncClient) -> None:
    """Wait until no edit waits any more."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await client.get(f"{EMAG}/edits", params={"limit": 1})).json()["edits"]:
            await asyncio.sleep(0.01)


@pytest.mark.thorough
async def test_a_bulk_change_whose_servers_are_killed_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    chance = random.Random(14)
    expected = await undisturbed(tmp_path / "undisturbed")
    assert Counter(edit["state"] for edit in expected) == {"applied": OFFERS}
    folder = tmp_path / "killed"
    async with open_market({"main": OFFERS}) as market:
        await copied(folder, market)
        async with serving(folder, market, **ONE_BY_ONE) as server:
            change_id = await post(server.client, **FEWER)
            await server.end(signal.SIGKILL)
        await killed_at(folder, market, chance.randint(20, 60))
        await killed_at(folder, market, chance.randint(70, 110))
        async with serving(folder, market, **SETTINGS) as server:
            ready = await when(server.client, change_id, is_over)
            assert (ready["state"], ready["counts"]["ok"]) == ("ready", OFFERS)
        async with serving(folder, market, **ONE_BY_ONE) as server:
            await post(server.client, f"/{change_id}/apply")
            await server.end(signal.SIGKILL)
        for done in (chance.randint(20, 60), chance.randint(70, 110)):
            await killed_at(folder, market, done)
            assert rows(folder, "SELECT id FROM outbox") == []
            assert {row["general_stock"] for row in market.truth().values()} == {20}
        async with serving(folder, market, **SETTINGS) as server:
            applied = await when(server.client, change_id, is_over)
            assert (applied["state"], applied["kept"], applied["changed_since"]) == ("applied", OFFERS, 0)
            await sent_whole(market)
            await closed(server.client)
    assert edits_in(folder) == expected


@pytest.mark.thorough
async def test_one_that_is_stopped_in_the_middle_is_taken_back_by_the_server_that_keeps_it(tmp_path: Path) -> None:
    async with open_market({"main": STOPPED}) as market:
        await copied(tmp_path, market)
        async with serving(tmp_path, market, **ONE_BY_ONE) as server:
            change_id = await post(server.client, **FEWER)
            await when(server.client, change_id, is_over)
            await post(server.client, f"/{change_id}/apply")
            await when(server.client, change_id, lambda change: change["kept"] >= 20)
            await post(server.client, f"/{change_id}/stop")
            stopped = await when(server.client, change_id, is_over)
            assert (stopped["state"], stopped["kept"]) == ("discarded", 0)
            pushed = await server.client.post(f"{EMAG}/push", json={"account_type": "main"})
            assert pushed.status_code < 300, pushed.text
    states = Counter(edit["state"] for edit in edits_in(tmp_path))
    assert set(states) == {"withdrawn"}
    assert 20 <= states["withdrawn"] < STOPPED
    assert rows(tmp_path, "SELECT id FROM outbox") == []
    assert {row["general_stock"] for row in market.truth().values()} == {20}
