"""Many accounts on one worker machine: what keeping each of them fresh costs in CPU and memory.

A sandbox with eMAG's limit on, PostgreSQL and Redis of the machine (those that the tests start), and one Celery worker
whose runs are threads' waits on one event loop.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from benchmarks.figures import Figure
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import read_accounts
from emagsync.core.settings import Settings
from emagsync.db.engine import Database
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.entrypoints.worker.task_names import SYNCS
from emagsync.sandbox.process import start_sandbox
from emagsync.sync import repository
from emagsync.sync.process_lock import Workers
from emagsync.sync.schemas import Mode, RunParameters, RunStatus
from emagsync.sync.service import SyncService
from support.servers import PostgresServer, RedisServer

_PASSWORD = "bench-secret"  # of a sandbox
_HOUR = 3600
_BUSY = 0.7  # of a core: the rest is for what does not come evenly
_PATIENCE_SECONDS = 1800


class Round(NamedTuple):
    """Every account synced once: seconds, the worker's CPU seconds and its memory at its most, in MB."""

    wall: float
    cpu: float
    peak_mb: float


def figures(workspace: Path, *, accounts: int, offers: int) -> Iterator[Figure]:
    """A first copy of every account, then the round that keeps them fresh, in which nothing has changed."""
    names = [f"shop{number}" for number in range(accounts)]
    with (
        PostgresServer() as postgres,
        RedisServer() as redis,
        start_sandbox([f"{name}:{_PASSWORD}:{offers}" for name in names], [], timeout_seconds=300) as sandbox,
    ):
        variables = {
            "EMAGSYNC_DATA_DIR": str(workspace / "scaling"),
            "EMAGSYNC_DATABASE_URL": postgres.url,
            "EMAGSYNC_REDIS_URL": redis.url,
            "EMAGSYNC_EXECUTOR": "celery",
            "EMAGSYNC_WORKER__RUNS": str(accounts),
        }
        for name in names:
            prefix = f"EMAG_{name.upper()}"
            variables |= {f"{prefix}_USERNAME": name, f"{prefix}_PASSWORD": _PASSWORD}
            variables[f"{prefix}_BASE_URL"] = sandbox.api_url
        with _worker(variables) as worker:
            idle = _memory(worker)
            first = asyncio.run(_round(variables, names, worker))
            fresh = asyncio.run(_round(variables, names, worker))
    yield from _figures(accounts, offers, idle, first, fresh)


def _figures(accounts: int, offers: int, idle: float, first: Round, fresh: Round) -> Iterator[Figure]:
    what = f"{accounts} accounts of {offers}"
    yield Figure(f"{what}: first copy, CPU an account", "s", first.cpu / accounts)
    yield Figure(f"{what}: first copy, all of them", "s", first.wall)
    yield Figure(f"{what}: unchanged, CPU an account", "s", fresh.cpu / accounts)
    yield Figure(f"{what}: unchanged, all of them", "s", fresh.wall)
    yield Figure(f"{what}: accounts fresh every hour, a core", "", _BUSY * _HOUR * accounts / fresh.cpu)
    yield Figure(f"{what}: worker without runs", "MB", idle)
    yield Figure(f"{what}: memory an account under way", "MB", (max(first.peak_mb, fresh.peak_mb) - idle) / accounts)


@contextmanager
def _worker(variables: Mapping[str, str]) -> Iterator[psutil.Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EMAG_", "EMAGSYNC_"))}
    Path(variables["EMAGSYNC_DATA_DIR"]).mkdir(parents=True)
    command = [sys.executable, "-m", "emagsync", "worker", "-Q", SYNCS]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env={**environment, **variables}, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            _until_ready(variables)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _until_ready(variables: Mapping[str, str]) -> None:
    app = make_app(_settings(variables))
    for _ in range(60):
        if app.control.ping(timeout=1):
            return
    raise RuntimeError("the worker does not answer")


def _settings(variables: Mapping[str, str]) -> Settings:
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        data_dir=Path(variables["EMAGSYNC_DATA_DIR"]),
        database_url=variables["EMAGSYNC_DATABASE_URL"],  # type: ignore[arg-type]
        redis_url=variables["EMAGSYNC_REDIS_URL"],  # type: ignore[arg-type]
        executor="celery",
    )


async def _round(variables: Mapping[str, str], names: Sequence[str], worker: psutil.Process) -> Round:
    settings = _settings(variables)
    began, before, peak = time.monotonic(), _cpu(worker), 0.0
    queue = CeleryQueue(make_app(settings))
    async with Database(settings.effective_database_url) as database:
        with Workers(settings.data_dir) as workers:
            registry = AccountRegistry(read_accounts(dict(variables)), settings)
            service = SyncService(database=database, registry=registry, settings=settings, workers=workers)
            asked = RunParameters(mode=Mode.FULL, timeout_seconds=_PATIENCE_SECONDS)
            queued = await service.queue(names, asked, trigger="api", sync_id="bench")
            ids = [run.id for run in queued.runs]
            for run_id in ids:
                await queue.send(run_id, timeout_seconds=_PATIENCE_SECONDS)
            while True:
                peak = max(peak, _memory(worker))
                async with database.snapshot() as connection:
                    runs = await repository.runs_by_id(connection, ids)
                if all(run.status.is_finished for run in runs):
                    break
                await asyncio.sleep(0.5)
    _check(runs)
    return Round(time.monotonic() - began, _cpu(worker) - before, peak)


def _check(runs: Sequence[Any]) -> None:
    wrong = [run for run in runs if run.status is not RunStatus.COMPLETED]
    if wrong:
        raise RuntimeError(f"{len(wrong)} runs did not complete, such as {wrong[0].errors}: the figures mean nothing")


def _cpu(process: psutil.Process) -> float:
    return float(sum(sum(one.cpu_times()[:2]) for one in [process, *process.children(recursive=True)]))


def _memory(process: psutil.Process) -> float:
    return float(sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])) / 1e6
