"""CPU seconds of what the metrics do for a call, and for a scrape: `python -m benchmarks.metrics_cost FOLDER CALLS`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from emagsync.call_log import metric_totals_repository as metric_totals
from emagsync.call_log.recorder import CallRecorder
from emagsync.core.settings import CallSettings
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
from emagsync.marketplace import CallRecord

_BETWEEN_WRITES = 15  # three calls a second, written every five seconds


async def _measured(folder: Path, calls: int) -> dict[str, float]:
    folder.mkdir(parents=True, exist_ok=True)
    recorder = CallRecorder(CallSettings())
    record = CallRecord(
        "main", "product_offer/read", datetime.now(UTC), 0.25, 0.33, 1, 200, "ok", None, 100, {"currentPage": 7}
    )
    async with Database(f"sqlite:///{folder / 'cost.sqlite3'}") as database:
        await upgrade(database)
        began = time.process_time()
        for number in range(calls):
            recorder.observe(record)
            if number % _BETWEEN_WRITES == 0:
                await recorder.write(database)
        per_call = (time.process_time() - began) / calls
        began = time.process_time()
        for _ in range(100):
            async with database.snapshot() as connection:
                await metric_totals.read(connection)
        return {"call": per_call, "scrape": (time.process_time() - began) / 100}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measured(Path(sys.argv[1]), int(sys.argv[2])))))
