"""The accounts as they are now: those of the environment, and those that people added, in the database.

Each process looks at the database every two seconds, and a worker also before each task: what is added, changed,
switched off or removed by any process is so for all, without a restart.
"""

from __future__ import annotations

from typing import Final

import structlog

from emagsync.accounts import repository
from emagsync.accounts.contacts import ContactLog
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.repository import StoredAccount
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.accounts.stored import merged
from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.vault.vault import Vault

log = structlog.get_logger()

LOOK_SECONDS: Final = 2.0


class LiveAccounts:
    """Keeps a registry at what the environment and the database say, and stores how eMAG answers the accounts."""

    def __init__(
        self,
        environment: ConfiguredAccounts,
        *,
        registry: AccountRegistry,
        contacts: ContactLog,
        database: Database,
        vault: Vault,
        clock: Clock,
    ) -> None:
        self.contacts = contacts
        self._environment = environment
        self._registry = registry
        self._database = database
        self._vault = vault
        self._clock = clock
        self._rows: list[StoredAccount] | None = None

    async def refresh(self) -> None:
        """Let the registry know the accounts as they are in the database now. Raises DatabaseError."""
        async with self._database.snapshot() as connection:
            rows = await repository.stored_accounts(connection)
        if rows != self._rows:
            self._registry.use(merged(self._environment, rows, self._vault))
            self._rows = rows

    async def try_to_refresh(self) -> None:
        """The same; while the database does not answer, the accounts stay as they are known."""
        try:
            await self.refresh()
        except DatabaseError as error:
            log.warning("accounts_not_read", error=str(error))

    async def run(self) -> None:
        """Look again and again, and store how eMAG answers, for as long as the process runs."""
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            await self.try_to_refresh()
            await self.try_to_write()

    async def try_to_write(self, *, everything: bool = False) -> None:
        """Store how eMAG answered the accounts; while the database does not answer, that is kept for later."""
        try:
            await self.contacts.write(self._database, everything=everything)
        except DatabaseError as error:
            log.warning("contacts_not_written", error=str(error))
