"""How fast local edits reach eMAG: `python benchmarks/push.py [offers]`, under eMAG's limit of 3 requests a second.

Prints the share of the limit that the saves use (issue 7: 92 % or more for 10,000 edits in batches of 50), and how long
reading everything back takes then.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.pushing import open_push_desk

PER_SECOND = 3


async def main(offers: int) -> None:
    with TemporaryDirectory() as folder:
        edits = {"look_seconds": 3.0, "lease_seconds": 20.0, "readback_seconds": 20.0}
        async with open_push_desk(Path(folder), offers, edits=edits, limit={"enabled": True}) as desk:
            desk.market.set(limit=True, latency_ms=100)
            await desk.edit_many([(emag_id, "stock", "7") for emag_id in range(1, offers + 1)])
            began = time.monotonic()
            push = await desk.push()
            took = time.monotonic() - began
            log = [entry for entry in desk.market.account().report.log if entry.route == "offer/save"]
            first, last = log[0].at, log[-1].at
            saves = desk.saves()
            seconds = float(last - first)
            share = (len(log) - 1) / seconds / PER_SECOND if seconds else 0.0
            print(f"{offers} edits: {push.status} {dict(push.counts)} in {took:.1f} s, {saves} saves")
            print(f"saves: {len(log)} seen in {seconds:.1f} s, {share:.1%} of the limit")
            print(f"requests: {desk.market.requests()}, {desk.market.requests() / took / PER_SECOND:.1%} of the limit")
            print(f"refused (429): {desk.market.account().report.refused}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
