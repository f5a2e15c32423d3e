"""A program that uses a shared budget as fast as it may: `budget_user.py API_URL BUDGET_DIR REQUESTS`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from emagsync.marketplace import Budget, EmagClient


async def main(url: str, directory: str, requests: int) -> None:
    budget = Budget.on_disk(Path(directory), "main")
    async with EmagClient(username="main", password="main-secret", base_url=url, budget=budget) as client:
        await asyncio.gather(*(client.read_vat() for _ in range(requests)))
    await budget.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
