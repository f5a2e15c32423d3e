"""The local side of a test: a data directory with its database and a service, as one process has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from sqlalchemy import text

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.settings import AccountSettings, Settings
from emagsync.db.engine import Database
from emagsync.marketplace import CallRecord
from emagsync.marketplace.request import HttpExchange
from emagsync.sync import ledger_repository
from emagsync.sync.ledger import PageRead
from emagsync.sync.process_lock import Workers
from emagsync.sync.schemas import Mode, Progress, Run, RunParameters, RunStatus
from emagsync.sync.service import SyncService
from support.databases import address_in
from support.market import PASSWORD
from support.patience import PATIENCE_SECONDS

# Waits between attempts that cost a test nothing.
QUICK: dict[str, Any] = {"retry": {"attempts": 5, "base_seconds": 0.005, "max_seconds": 0.01}}


class StatedSettings(Settings):
    """Settings of what is given, and of nothing in the environment, which takes longer to look through."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **_others: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


class HastyClock(SystemClock):
    """A twentieth of a second is one on it: for circuits, probes and heartbeats. The date is the machine's."""

    def monotonic(self) -> float:
        return super().monotonic() * 20

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 20)


class Local:
    """One process's service on one data directory."""

    def __init__(self, database: Database, service: SyncService, workers: Workers, settings: Settings) -> None:
        self.database = database
        self.service = service
        self.workers = workers
        self.settings = settings

    async def sync(
        self,
        account: str = "main",
        *,
        mode: Mode | str = Mode.FULL,
        per_page: int = 50,
        stop: asyncio.Event | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        **parameters: Any,
    ) -> Run:
        asked = RunParameters(mode=Mode(mode), items_per_page=per_page, **parameters)
        return await self.service.sync(
            account, asked, trigger="test", sync_id="a-sync", stop=stop, on_progress=on_progress
        )

    async def completed(self, account: str = "main", **options: Any) -> Run:
        """A run that has to complete."""
        run = await self.sync(account, **options)
        assert run.status is RunStatus.COMPLETED, run.errors
        return run

    async def ledger(self, run: Run) -> list[PageRead]:
        return await ledger_repository.read_ledger(self.database, run.id)

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a plain SQL query, with the database's own values."""
        async with self.database.snapshot() as connection:
            return [dict(row._mapping) for row in await connection.execute(text(query), values)]

    async def value(self, query: str, **values: Any) -> Any:
        async with self.database.snapshot() as connection:
            return await connection.scalar(text(query), values)

    async def execute(self, statement: str, **values: Any) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(text(statement), values)


def accounts_at(url: str, *names: str, **usernames: str) -> ConfiguredAccounts:
    """These accounts of a sandbox; `usernames` for those whose API user has another name."""
    usable = {
        name: AccountSettings(name=name, username=usernames.get(name, name), password=PASSWORD, base_url=url)
        for name in names
    }
    return ConfiguredAccounts(usable, {})


@asynccontextmanager
async def open_local(
    data_dir: Path,
    url: str,
    *names: str,
    clock: Clock | None = None,
    accounts: ConfiguredAccounts | None = None,
    on_call: Callable[[CallRecord], None] | None = None,
    on_exchange: Callable[[HttpExchange], None] | None = None,
    **settings: Any,
) -> AsyncIterator[Local]:
    """A service for the accounts `names` (`main` if none) of the sandbox at `url`, without a request limit."""
    values: dict[str, Any] = {"data_dir": data_dir, "limit": {"enabled": False}, **QUICK, **settings}
    values.setdefault("database_url", address_in(data_dir))
    chosen = StatedSettings(**values)
    known = accounts or accounts_at(url, *(names or ("main",)))
    registry = AccountRegistry(known, chosen, clock=clock, on_call=on_call, on_exchange=on_exchange)
    async with Database(chosen.effective_database_url) as database:
        with Workers(data_dir) as workers:
            yield Local(
                database,
                SyncService(database=database, registry=registry, settings=chosen, workers=workers, clock=clock),
                workers,
                chosen,
            )
    await registry.aclose()


async def until(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until `condition()` holds; fails when it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
