"""A program that uses a shared budget as fast as it may: `budget_user.py API_URL BUDGET_DIR REQUESTS`.

It prints the moments at which its requests were written to the network, by the machine-wide steady clock.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from emagsync.marketplace import Budget, EmagClient, Grant

written: list[float] = []


class NotingGrant(Grant):
    def sent(self) -> None:
        written.append(time.monotonic())
        super().sent()


class NotingBudget(Budget):
    grant_type = NotingGrant


async def main(url: str, directory: str, requests: int) -> None:
    budget = NotingBudget.on_disk(Path(directory), "main")
    async with EmagClient(username="main", password="main-secret", base_url=url, budget=budget) as client:
        await asyncio.gather(*(client.read_vat() for _ in range(requests)))
    await budget.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    sys.stdout.write(" ".join(map(str, written)))
