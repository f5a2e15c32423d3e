"""A program that takes all that a shared budget has: `taker.py BUDGET_DIR GATE`.

It says `ready`, waits until nobody holds the file GATE alone any more, and says how many requests it was granted. Its
clock stands still.
"""

from __future__ import annotations

import asyncio
import fcntl
import sys
from pathlib import Path

from emagsync.core.clock import SystemClock
from emagsync.marketplace import Budget, RouteGroup

GENERAL = RouteGroup.GENERAL
KEY = "shop"


class Frozen(SystemClock):
    def monotonic(self) -> float:
        return 77.0


async def take_all(budget: Budget) -> int:
    """How many requests may start right now."""
    count = 0
    while not isinstance(outcome := await budget.take(GENERAL), float):
        await budget.record_sent(GENERAL, outcome, 0.0)
        count += 1
    return count


async def main(directory: str) -> int:
    return await take_all(Budget.on_disk(Path(directory), KEY, clock=Frozen()))


if __name__ == "__main__":
    print("ready", flush=True)  # noqa: T201
    with Path(sys.argv[2]).open() as gate:
        fcntl.flock(gate, fcntl.LOCK_SH)
    print(asyncio.run(main(sys.argv[1])))  # noqa: T201
