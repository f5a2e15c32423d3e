"""Keeps the reference data of every account fresh: VAT rates daily, categories weekly.

VAT is one request, the cheapest that there is. Categories are many: they are read one page at a time, never while a
run of the account goes on, and given up when one begins. What fails leaves what is there, and is tried again later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import platform_for
from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError, SettingsError
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated, DatabaseError
from emagsync.marketplace.client import EmagClient
from emagsync.reference import repository
from emagsync.reference.repository import Kind, Read
from emagsync.reference.rows import Category, categories_of, vat_rates_of

log = structlog.get_logger()

_WEEK: Final = timedelta(days=7)
_TRIED_AGAIN_AFTER: Final = timedelta(minutes=15)
_PER_PAGE: Final = 100
# A marketplace that repeats its list for ever is noticed by the ids; this is for one that makes up new ones.
_MOST_PAGES: Final = 1000


class Interrupted(EmagsyncError):
    """A run of the account began: categories are read another time."""

    code = "interrupted"


class ReferenceKeeper:
    """Reads what is due. `is_busy` tells whether a run of an account goes on; `on_change` is told of each reading."""

    def __init__(
        self,
        *,
        database: Database,
        registry: AccountRegistry,
        clock: Clock,
        is_busy: Callable[[str], Awaitable[bool]],
        on_change: Callable[[], None] = lambda: None,
        look_seconds: float = 60.0,
    ) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._is_busy = is_busy
        self._on_change = on_change
        self._look_seconds = look_seconds

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(self._look_seconds)

    async def look(self) -> None:
        """Read what is due of each account, all at the same time."""
        try:
            async with self._database.snapshot() as connection:
                seen = {(one.account, one.kind): one for one in await repository.reads(connection)}
        except DatabaseError as error:
            log.warning("reference_not_read", error=str(error))
            return
        usable = [name for name in self._registry.names if name not in self._registry.problems]
        await asyncio.gather(*(self._keep(account, seen) for account in usable))

    async def _keep(self, account: str, seen: Mapping[tuple[str, Kind], Read]) -> None:
        for kind, read in ((Kind.VAT, self._read_vat), (Kind.CATEGORIES, self._read_categories)):
            try:
                if await self._claim(account, kind, seen.get((account, kind))):
                    await self._try(account, kind, read)
            except (DatabaseError, SettingsError) as error:
                log.warning("reference_not_read", account=account, kind=kind.value, error=str(error))

    async def _claim(self, account: str, kind: Kind, seen: Read | None) -> bool:
        """Whether it is due and this process is the one that reads it."""
        now = self._clock.now()
        if seen is not None and not self._is_due(seen, now):
            return False
        if kind is Kind.CATEGORIES and await self._is_busy(account):
            return False
        try:
            async with self._database.transaction() as connection:
                if seen is not None:
                    return await repository.claim_read(connection, seen, now)
                await repository.insert_read(connection, account, kind, now)
        except ConstraintViolated:
            return False
        return True

    def _is_due(self, seen: Read, now: datetime) -> bool:
        if now - seen.tried_at < _TRIED_AGAIN_AFTER:
            return False
        if seen.read_at is None:
            return True
        if seen.kind is Kind.CATEGORIES:
            return now - seen.read_at >= _WEEK
        platform = platform_for(self._registry.get(seen.account))
        return platform.day_of(seen.read_at) != platform.day_of(now)

    async def _try(self, account: str, kind: Kind, read: Callable[[EmagClient], Awaitable[None]]) -> None:
        read_at, code = None, None
        try:
            async with self._registry.client(account) as client:
                await read(client)
            read_at = self._clock.now()
            self._on_change()
        except DatabaseError:
            raise
        except EmagsyncError as error:
            code = error.code
            log.info("reference_not_read", account=account, kind=kind.value, error=str(error))
        async with self._database.transaction() as connection:
            await repository.end_read(connection, account, kind, read_at=read_at, error=code)

    async def _read_vat(self, client: EmagClient) -> None:
        rates = vat_rates_of(await client.read_vat(attempts=1))
        day = platform_for(self._registry.get(client.account)).day_of(self._clock.now())
        async with self._database.transaction() as connection:
            await repository.store_vat(connection, client.account, rates, day)

    async def _read_categories(self, client: EmagClient) -> None:
        found: dict[int, Category] = {}
        for page in range(1, _MOST_PAGES + 1):
            if page > 1 and await self._is_busy(client.account):
                raise Interrupted(f"A run of {client.account} began.")
            rows = await client.read_categories(page=page, per_page=_PER_PAGE)
            fresh = {one.category_id: one for one in categories_of(rows) if one.category_id not in found}
            found |= fresh
            if len(rows) < _PER_PAGE or not fresh:
                break
        async with self._database.transaction() as connection:
            await repository.store_categories(connection, client.account, list(found.values()))
