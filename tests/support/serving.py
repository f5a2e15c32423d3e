"""`emagsync serve` as a real process, and an admin's client of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from support.api import client
from support.market import Market
from support.patience import PATIENCE_SECONDS
from support.processes import AsyncProcess
from support.program import environment

PASSWORD = "a long enough password"


class Serving:
    """One server. Killed at the end of its block if it still runs."""

    def __init__(self, process: AsyncProcess, admin: httpx2.AsyncClient) -> None:
        self.process = process
        self.client = admin

    async def end(self, number: int) -> None:
        """End it by a signal, and wait until it has ended."""
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.process.wait()


def variables(data_dir: Path, market: Market, **settings: str) -> dict[str, str]:
    """What tells a server of the account `main` of the marketplace; nothing starts by a schedule."""
    return environment(
        data_dir,
        market.url,
        EMAGSYNC_ADMIN_PASSWORD=PASSWORD,
        EMAGSYNC_PORT="0",
        EMAGSYNC_SCHEDULE__ENABLED="false",
        **settings,
    )


@asynccontextmanager
async def serving(data_dir: Path, market: Market, **settings: str) -> AsyncIterator[Serving]:
    """A server with `variables`, when it serves."""
    process = await AsyncProcess.start("serve", env=variables(data_dir, market, **settings), cwd=data_dir)
    said = b""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := re.search(rb"serving on (http://\S+)", said)):
            line = await process.stderr.readline()
            assert line, said.decode()
            said += line
    draining = asyncio.ensure_future(process.stderr.read())
    try:
        async with client(found[1].decode()) as admin:
            login = await admin.post("/api/v1/auth/login", json={"username": "admin", "password": PASSWORD})
            admin.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
            yield Serving(process, admin)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await draining
