"""A program that uses a budget in Redis as fast as it may, until its standard input ends:
`redis_budget_user.py REDIS_URL API_URL CALLERS SETTLE_SECONDS`.

It prints when its requests were written to the network, by the machine-wide steady clock. `SETTLE_SECONDS` are waited
after Redis forgot: the way to a sandbox takes milliseconds where the one to eMAG may take 15 s.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time

from emagsync.core.concurrency import cancelled
from emagsync.marketplace import Budget, EmagClient, Grant
from emagsync.marketplace.budget.redis_store import RedisConnection, RedisStore


class NotingGrant(Grant):
    def sent(self) -> None:
        sys.stdout.write(f"{time.monotonic()}\n")
        sys.stdout.flush()
        super().sent()


class NotingBudget(Budget):
    grant_type = NotingGrant


async def main(redis_url: str, api_url: str, callers: int, settle_seconds: float) -> None:
    connection = RedisConnection(redis_url, settle_seconds=settle_seconds)
    budget = NotingBudget(RedisStore(connection, "main"))

    async def call(client: EmagClient) -> None:
        while True:
            await client.read_vat()

    async with EmagClient(username="main", password="main-secret", base_url=api_url, budget=budget) as client:
        calls = [asyncio.ensure_future(call(client)) for _ in range(callers)]
        await asyncio.to_thread(sys.stdin.read)
        await cancelled(*calls)
    await budget.aclose()
    await connection.aclose()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    redis_url, api_url, callers, settle_seconds = sys.argv[1:]
    asyncio.run(main(redis_url, api_url, int(callers), float(settle_seconds)))
