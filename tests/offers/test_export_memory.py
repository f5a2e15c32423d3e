"""An export holds a few batches in memory, however large the selection is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.databases import address_in

_PROGRAM = """
import asyncio, resource, sys
from pathlib import Path
from offers.offer_rows import offer, store
from emagsync.db.engine import Database
from emagsync.offers.export_formats import ExportFormat
from emagsync.offers.selection import OfferFilter
from emagsync.offers.export_stream import Exports

FAT = "x" * 4000

async def main(folder, address, export_format):
    async with Database(address) as database:
        await store(database, [offer(1)])
        await read(database, folder, export_format)
        for first in range(2, 6002, 250):
            await store(database, [offer(number, main_image=FAT) for number in range(first, first + 250)])
        before = peak()
        size = await read(database, folder, export_format)
        print(size, peak() - before)

async def read(database, folder, export_format):
    return sum([len(piece) async for piece in Exports(database, folder).stream(OfferFilter(), export_format)])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

asyncio.run(main(Path(sys.argv[1]), sys.argv[2], ExportFormat(sys.argv[3])))
"""


@pytest.mark.parametrize("export_format", ["csv", "jsonl", "xlsx", "parquet"])
@pytest.mark.thorough
@pytest.mark.databases("both", first=1)
def test_an_export_of_24_mb_needs_a_fraction_of_it(tmp_path: Path, export_format: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path), address_in(tmp_path), export_format],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    size, grown = map(int, done.stdout.split())
    assert size > 24_000_000 or export_format in ("xlsx", "parquet")
    assert grown < 18_000_000
