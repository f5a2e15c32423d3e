"""Memory does not grow from run to run: what a run held is gone as soon as it has ended, however it ended."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from emagsync.sync.run.id_set import IdSet
from emagsync.sync.run.writer import RunWriter
from emagsync.sync.schemas import Selection
from support.local import Local, open_local, until
from support.market import Market, open_market

_PROGRAM = """
import asyncio, gc, logging, sys
from pathlib import Path
import structlog
from support.local import open_local
from support.market import open_market

async def main(folder):
    async with open_market({"main": 3}) as market, open_local(folder, market.url) as local:
        await sync(local, 20)
        before = private_memory()
        await sync(local, 200)
        print(private_memory() - before)

async def sync(local, times):
    for _ in range(times):
        await local.completed()

def private_memory():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
asyncio.run(main(Path(sys.argv[1])))
"""

Way = Callable[[Local, Market], Awaitable[Any]]


def plainly(**asked: Any) -> Way:
    async def sync(local: Local, _market: Market) -> None:
        await local.sync(per_page=10, **asked)

    return sync


def with_a_fault(**fault: Any) -> Way:
    async def sync(local: Local, market: Market) -> None:
        market.fault(**fault)
        await local.sync(per_page=10, timeout_seconds=2)

    return sync


async def stopped(local: Local, market: Market) -> None:
    market.set(latency_ms=20)
    stop = asyncio.Event()
    syncing = asyncio.ensure_future(local.sync(per_page=2, stop=stop))
    await until(lambda: market.requests() >= 3)
    stop.set()
    await syncing


async def cancelled(local: Local, market: Market) -> None:
    market.set(latency_ms=20)
    syncing = asyncio.ensure_future(local.sync(per_page=2))
    await until(lambda: market.requests() >= 3)
    syncing.cancel()
    with suppress(asyncio.CancelledError):
        await syncing


async def revoked(local: Local, market: Market) -> None:
    market.set(latency_ms=20)
    syncing = asyncio.ensure_future(local.sync(per_page=2))
    await until(lambda: market.requests() >= 3)
    await local.service.cleanup(older_than_seconds=0)
    await syncing


async def crashed(local: Local, _market: Market) -> None:
    async def fail(*_: Any) -> None:
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunWriter, "save_evidence", fail)
        with suppress(ZeroDivisionError):
            await local.sync(per_page=10)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def memory_of_sets() -> int:
    """The bytes that all sets of ids have, also those that only wait for the garbage collector."""
    return sum(sys.getsizeof(one._bits) for one in gc.get_objects() if isinstance(one, IdSet))


@pytest.mark.often(first=2)
@pytest.mark.parametrize(
    "way",
    [
        pytest.param(plainly(), id="completed"),
        pytest.param(plainly(mode="incremental"), id="incremental"),
        pytest.param(plainly(mode="selective", selection=Selection(ids=(3,))), id="selective"),
        pytest.param(plainly(dry_run=True), id="dry run"),
        pytest.param(plainly(max_pages=1), id="limited"),
        pytest.param(with_a_fault(kind="status", status=500, rows=[12, 12]), id="page unread"),
        pytest.param(with_a_fault(kind="not_allowed", status=403), id="refused"),
        pytest.param(with_a_fault(kind="slow", delay_ms=600_000, pages=[3]), id="timed out"),
        stopped,
        cancelled,
        revoked,
        crashed,
    ],
)
async def test_no_set_of_ids_outlives_its_run(tmp_path: Path, way: Way) -> None:
    async with open_market({"main": 30}) as market, open_local(tmp_path, market.url) as local:
        with no_garbage_collection():
            before = memory_of_sets()  # those that tests of other modules keep
            await way(local, market)
            # What was cancelled leaves the event loop at its next turn.
            await asyncio.sleep(0)
            assert memory_of_sets() - before < 10_000


@pytest.mark.thorough
def test_private_memory_grows_by_less_than_ten_megabytes_in_two_hundred_syncs(tmp_path: Path) -> None:
    """A cycle of references kept two megabytes of each run; a server had 663 MB after 600 of them."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 10_000_000
