"""One full run through `SyncService`, with its CPU time from beginning to end. Prints JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
import uuid
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.settings import AccountSettings, LimitSettings, Settings
from emagsync.db.engine import Database
from emagsync.db.migrate import upgrade
from emagsync.sync.process_lock import Workers
from emagsync.sync.schemas import Mode, RunParameters
from emagsync.sync.service import SyncService
from emagsync.telemetry.logs import configure_logs
from emagsync.telemetry.redaction import Redactor


async def _main(options: argparse.Namespace) -> dict[str, Any]:
    options.data_dir.mkdir(parents=True, exist_ok=True)
    settings = Settings(data_dir=options.data_dir, limit=LimitSettings(enabled=not options.no_limit))
    account = AccountSettings(
        name="main", username=options.username, password=SecretStr(options.password), base_url=options.url
    )
    registry = AccountRegistry(ConfiguredAccounts({"main": account}, {}), settings)
    parameters = RunParameters(mode=Mode.FULL, timeout_seconds=3600)
    async with Database(settings.effective_database_url) as database:
        await upgrade(database)
        with Workers(options.data_dir) as workers:
            service = SyncService(database=database, registry=registry, settings=settings, workers=workers)
            cpu = time.process_time()
            run = await service.sync("main", parameters, trigger="cli", sync_id=str(uuid.uuid4()))
            cpu = time.process_time() - cpu
        await registry.aclose()
    if run.status != "completed" or run.started_at is None or run.finished_at is None:
        raise RuntimeError(f"the run ended as {run.status}: {run.errors[:3]}")
    return {
        "seconds": (run.finished_at - run.started_at).total_seconds(),
        "cpu": cpu,
        "processed": run.processed,
        "unchanged": run.unchanged,
        "requests": run.requests,
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("username")
    parser.add_argument("password")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--no-limit", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    gc.set_threshold(50_000, 20, 20)  # as the command line does
    configure_logs("console", "warning", Redactor())
    print(json.dumps(asyncio.run(_main(_options()))))
