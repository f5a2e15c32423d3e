"""A program that uses a budget in Redis as fast as it may, until its standard input ends:
`redis_budget_user.py REDIS_URL DIRECTORY API_URL CALLERS PATIENCE`.

It prints when its requests were written to the network, by the machine-wide steady clock. `PATIENCE` is what
`Patience` is multiplied by: the way to a sandbox takes milliseconds where the one to eMAG may take 15 s.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from pathlib import Path

from emagsync.core.concurrency import cancelled
from emagsync.marketplace import Budget, EmagClient, Grant
from emagsync.marketplace.budget.fallback_share import Patience
from emagsync.marketplace.budget.redis_heartbeat import RedisLink


class NotingGrant(Grant):
    def sent(self) -> None:
        sys.stdout.write(f"{time.monotonic()}\n")
        sys.stdout.flush()
        super().sent()


class NotingBudget(Budget):
    grant_type = NotingGrant


async def main(redis_url: str, directory: Path, api_url: str, callers: int, patience: float) -> None:
    link = RedisLink(redis_url, directory, patience=Patience(*(patience * value for value in Patience())))
    budget = NotingBudget.on_redis(link, directory, "main")

    async def call(client: EmagClient) -> None:
        while True:
            await client.read_vat()

    async with EmagClient(username="main", password="main-secret", base_url=api_url, budget=budget) as client:
        calls = [asyncio.ensure_future(call(client)) for _ in range(callers)]
        await asyncio.to_thread(sys.stdin.read)
        await cancelled(*calls)
    await budget.aclose()
    await link.aclose()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    redis_url, directory, api_url, callers, patience = sys.argv[1:]
    asyncio.run(main(redis_url, Path(directory), api_url, int(callers), float(patience)))
