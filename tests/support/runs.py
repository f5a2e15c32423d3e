"""Runs over REST: a server with accounts of a sandbox, and helpers for its tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from emagsync.sandbox.catalogue import Catalogue
from support.api import Api, open_api
from support.local import accounts_at
from support.market import Market, open_market
from support.patience import PATIENCE_SECONDS

PRODUCTS = "/api/v1/emag/products"


@dataclass
class Desk:
    """A server and the marketplace behind it."""

    api: Api
    market: Market

    async def post(self, **asked: Any) -> httpx2.Response:
        """`POST /sync` as an operator."""
        return await self.api.operator.post(f"{PRODUCTS}/sync", json=asked)

    async def sync(self, **asked: Any) -> dict[str, Any]:
        """A synchronous sync that has to be answered with 200."""
        answer = await self.post(**{"account_type": "main", "mode": "full", **asked})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def begin(self, **asked: Any) -> dict[str, Any]:
        """An asynchronous sync: its first run, as accepted."""
        answer = await self.post(**{"account_type": "main", "mode": "full", "run_async": True, **asked})
        assert answer.status_code == 202, answer.text
        run: dict[str, Any] = answer.json()["data"]["runs"][0]
        return run

    async def run(self, run_id: str) -> dict[str, Any]:
        answer = await self.api.viewer.get(f"{PRODUCTS}/sync/{run_id}")
        assert answer.status_code == 200, answer.text
        run: dict[str, Any] = answer.json()["data"]["runs"][0]
        return run

    async def when(self, run_id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The run, as soon as the condition holds of it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition(run := await self.run(run_id)):
                await asyncio.sleep(0.03)
        return run

    async def ended(self, run_id: str) -> dict[str, Any]:
        return await self.when(run_id, lambda run: run["completed_at"] is not None)

    async def written(self) -> list[dict[str, Any]]:
        """All that a run may write: to see that nothing more is written. Who announces its end is not the run."""
        return [
            {name: value for name, value in row.items() if name != "announced"}
            for query in (
                "SELECT * FROM sync_runs ORDER BY id",
                "SELECT * FROM sync_pages ORDER BY run_id, pass_number, scope, page",
                "SELECT * FROM offers ORDER BY id",
                "SELECT * FROM offer_changes ORDER BY seq",
            )
            for row in await self.api.rows(query)
        ]


@asynccontextmanager
async def open_desk(
    data_dir: Path,
    accounts: Mapping[str, Catalogue | int] | None = None,
    /,
    *,
    market: Mapping[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Desk]:
    """A server whose accounts are those of a new sandbox: by default `main` with 150 offers. Nothing is scheduled."""
    chosen = {"schedule": {"enabled": False}, **settings}
    async with open_market(accounts, **(market or {})) as sandbox:
        names = tuple(accounts or {"main": 0})
        async with open_api(data_dir, accounts_at(sandbox.url, *names), **chosen) as api:
            yield Desk(api, sandbox)
