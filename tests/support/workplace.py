"""Celery workers as real processes, on a Redis and a database of the test, with a sandbox behind them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
from redis.asyncio import Redis

from emagsync.core.settings import Settings
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.queue import CeleryQueue
from emagsync.entrypoints.worker.task_names import SYNCS
from emagsync.sandbox.catalogue import Catalogue
from emagsync.sync import repository
from emagsync.sync.schemas import Mode, Run, RunParameters, RunStatus
from support.local import Local, accounts_at, open_local
from support.market import Market, open_market
from support.patience import PATIENCE_SECONDS
from support.program import Program, environment
from support.servers import redis_url

# The promise: no run is stuck for longer.


def repetitions(full: int, otherwise: int) -> int:
    """The full number of repetitions in `make storm`, else a few."""
    return full if int(os.environ.get("EMAGSYNC_STORM_SEEDS", "0")) >= 10 else otherwise


class Workplace:
    """Where workers are started. `local` is this test's own view of their database; it carries no run."""

    def __init__(self, local: Local, market: Market, variables: Mapping[str, str], queue: CeleryQueue) -> None:
        self.local = local
        self.market = market
        self.variables = dict(variables)
        self.queue = queue

    def program(self, *arguments: str, **variables: str) -> Program:
        return Program(arguments, self.variables | variables)

    def worker(self, *options: str, **variables: str) -> Program:
        return self.program("worker", *options, **variables)

    def syncs(self, *options: str) -> Program:
        """One process that carries runs: quicker to start, and one to kill."""
        return self.worker("-Q", SYNCS, *options)

    async def begin(self, account: str = "main", *, per_page: int = 20, send: bool = True, **parameters: Any) -> str:
        """A run that waits for a worker, as the server makes it. Returns its id."""
        asked = RunParameters(mode=Mode.FULL, items_per_page=per_page, **parameters)
        queued = await self.local.service.queue([account], asked, trigger="api", sync_id="a-sync")
        run = queued.runs[0]
        if send:
            await self.queue.send(run.id, timeout_seconds=asked.timeout_seconds)
        return run.id

    async def run(self, run_id: str) -> Run:
        async with self.local.database.snapshot() as connection:
            return await repository.get_run(connection, run_id)

    async def when(self, run_id: str, condition: Callable[[Run], bool], *, seconds: float = PATIENCE_SECONDS) -> Run:
        """The run as soon as the condition holds of it."""
        async with asyncio.timeout(seconds):
            while not condition(run := await self.run(run_id)):
                await asyncio.sleep(0.05)
        return run

    async def ended(self, run_id: str) -> Run:
        return await self.when(run_id, lambda run: run.status.is_finished)

    async def completed(self, run_id: str) -> Run:
        run = await self.ended(run_id)
        assert run.status is RunStatus.COMPLETED, run.errors
        return run

    async def until(self, condition: Callable[[], bool], *, seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)


def kill_all(program: Program) -> None:
    """`kill -9` it with all its processes at once."""
    if not program.is_running:
        return
    process = psutil.Process(program.process.pid)
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()


@asynccontextmanager
async def open_workplace(
    folder: Path,
    accounts: Mapping[str, Catalogue | int] | None = None,
    *,
    redis: str | None = None,
    market: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    **variables: str,
) -> AsyncIterator[Workplace]:
    """Workers may be started on `folder`; nothing is scheduled. `variables` are the workers', `settings` the test's."""
    address = redis or redis_url()
    await _emptied(address)
    chosen: dict[str, Any] = {"executor": "celery", "redis_url": address, **(settings or {})}
    async with open_market(accounts or {"main": 600}, **(market or {})) as sandbox:
        names = tuple(accounts or {"main": 0})
        given = {"EMAGSYNC_EXECUTOR": "celery", "EMAGSYNC_REDIS_URL": address, "EMAGSYNC_SCHEDULE__ENABLED": "false"}
        shared = environment(folder, sandbox.url, {name: name for name in names}, **{**given, **variables})
        async with open_local(
            folder, sandbox.url, *names, accounts=accounts_at(sandbox.url, *names), **chosen
        ) as local:
            queue = CeleryQueue(make_app(local.settings))
            try:
                yield Workplace(local, sandbox, shared, queue)
            finally:
                queue.close()


def queue_at(address: str) -> CeleryQueue:
    """The workers' queue in that Redis."""
    return CeleryQueue(make_app(Settings(_env_file=None, redis_url=address)))  # type: ignore[call-arg]


async def _emptied(address: str) -> None:
    client: Any = Redis.from_url(address)
    await client.flushdb()
    await client.aclose()
