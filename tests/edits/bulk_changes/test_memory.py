"""A change of sixty thousand offers needs no more memory than one of a few hundred: previewed, kept, put into the
outbox, approved and rejected there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.databases import address_in

OFFERS = 60_000
MOST_BYTES = 40_000_000
_PROGRAM = """
import asyncio, resource, sys
from contextlib import asynccontextmanager
from offers.offer_rows import offer, store
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.clock import SystemClock
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.edits.bulk_changes.request_schemas import ApplyOptions, FoundChange
from emagsync.edits.bulk_changes.service import BulkChanges
from emagsync.edits.bulk_changes.worker import BulkChangeWorker
from emagsync.edits.push.enqueue import enqueue
from emagsync.edits.push.outbox import Lines
from emagsync.edits.push.service import PushService
from emagsync.edits.service import EditService

PIECE = 500
settings = Settings(_env_file=None, data_dir=sys.argv[1], edits={"bulk_piece": 200})
clock = SystemClock()

async def main(address, offers):
    async with Database(address) as database:
        edits = EditService(database=database, settings=settings.edits, clock=clock)
        worker = BulkChangeWorker(database=database, edits=edits, settings=settings.edits, clock=clock)
        changes = BulkChanges(database=database, settings=settings.edits, clock=clock, mode=lambda _: "on")
        registry = AccountRegistry(ConfiguredAccounts({}, {}), settings)
        service = PushService(database=database, registry=registry, settings=settings)

        @asynccontextmanager
        async def writing():
            async with database.transaction() as connection:
                yield connection, clock.now()

        async def kept(asking):
            view = await asking
            await worker.settle(view.id)
            await changes.apply(view.id, ApplyOptions(confirm=True, skip_invalid=True), by="ana")
            return await worker.settle(view.id)

        async def all_of_it(percent):
            asked = FoundChange.model_validate({"filter": {}, "adjust": {"sale_price": {"percent": percent}}})
            change = await kept(changes.change_found(asked, by="ana"))
            await enqueue(database, "main", approve=True, piece=settings.edits.bulk_piece, writing=writing)
            approved = await service.approve(Lines(account="main"), by="ana")
            rejected = await service.reject(Lines(account="main"), by="ana")
            print("figures", change.kept, approved, rejected)

        await stored(database, 1, 600)
        await all_of_it("-1")
        await stored(database, 601, offers)
        before = peak()
        await all_of_it("-2")
        print("figures", peak() - before)

async def stored(database, first, last):
    for start in range(first, last + 1, PIECE):
        await store(database, [offer(number) for number in range(start, min(start + PIECE, last + 1))])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

asyncio.run(main(sys.argv[2], int(sys.argv[3])))
"""


@pytest.mark.thorough
@pytest.mark.timeout(1200)
def test_a_change_of_sixty_thousand_offers_needs_the_memory_of_some_hundreds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path), address_in(tmp_path), str(OFFERS)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    few, many, (grown,) = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("figures")]
    assert (few, many) == (["600"] * 3, [str(OFFERS)] * 3)
    assert int(grown) < MOST_BYTES
