"""Executing sync runs, and stopping them: what needs neither the schedule nor what starts runs for others.

Apart from `runs`, because `emagsync sync` would import all of these for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from emagsync.accounts.registry import AccountRegistry
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.sync import repository
from emagsync.sync.errors import RunNotActive
from emagsync.sync.process_lock import Workers
from emagsync.sync.schemas import Run
from emagsync.sync.service import SyncService

# An account has one active run: it is among its newest.
_LATEST: Final = 20


@contextmanager
def open_sync_service(base: Foundation, registry: AccountRegistry) -> Iterator[SyncService]:
    """Executes runs. While the block runs, this process holds the lock that shows others that it is alive."""
    with Workers(base.settings.data_dir, base.clock) as workers:
        yield SyncService(
            database=base.database, registry=registry, settings=base.settings, workers=workers, clock=base.clock
        )


async def stop_runs_of(base: Foundation, service: SyncService, account: str) -> list[Run]:
    """Stop whatever runs of an account, for good, in whichever process it does. Returns the runs."""
    async with base.database.snapshot() as connection:
        runs = await repository.runs(connection, account=account, limit=_LATEST)
    stopped = []
    for run in runs:
        if not run.status.is_finished:
            with suppress(RunNotActive):  # it has ended meanwhile
                stopped.append(await service.cancel(run.id))
    return stopped
