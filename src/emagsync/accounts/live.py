"""The accounts as they are now: those of the environment, and those that people added, in the database.

Each process looks at the database every two seconds, and a worker also before each task: what is added, changed,
switched off or removed by any process is so for all, without a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import structlog

from emagsync.accounts import repository
from emagsync.accounts.contacts import ContactLog
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.repository import StoredAccount
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.clock import Clock
from emagsync.core.errors import ConfigurationError
from emagsync.core.settings import AccountSettings
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.telemetry.redaction import redactor
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

log = structlog.get_logger()

LOOK_SECONDS: Final = 2.0
PURPOSE: Final = "account"


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


async def read_stored(database: Database, environment: ConfiguredAccounts, vault: Vault) -> ConfiguredAccounts:
    """The accounts of the environment and of a database, of any version, at one moment. Raises DatabaseError."""
    async with database.snapshot() as connection:
        if not await repository.has_table(connection):
            return environment
        return merged(environment, await repository.stored_accounts(connection), vault)


async def unreadable_passwords(database: Database, vault: Vault) -> list[str]:
    """The accounts, by name, whose password the server's key does not open. Raises DatabaseError."""
    async with database.snapshot() as connection:
        rows = await repository.stored_accounts(connection) if await repository.has_table(connection) else []
    return [row.name for row in rows if not _opens(vault, row)]


def _opens(vault: Vault, row: StoredAccount) -> bool:
    try:
        vault.unseal(PURPOSE, row.password)
    except (SealBroken, ConfigurationError):
        return False
    return True


def merged(environment: ConfiguredAccounts, rows: Iterable[StoredAccount], vault: Vault) -> ConfiguredAccounts:
    """The environment's accounts and the stored ones. Where both have a name, the environment's counts.

    The passwords are hidden in logs from here on. One that the server's key does not open is among the problems.
    """
    usable, problems = dict(environment.usable), dict(environment.problems)
    off: set[str] = set()
    stored: dict[str, StoredAccount] = {}
    for row in rows:
        stored[row.name] = row
        if row.name in environment.names:
            continue
        try:
            password = vault.unseal(PURPOSE, row.password)
        except (SealBroken, ConfigurationError) as error:
            problems[row.name] = f"The password of account {row.name!r} cannot be read. {error}"
            continue
        redactor.add_credentials([(row.username, password)])
        if not row.enabled:
            off.add(row.name)
            continue
        usable[row.name] = AccountSettings.model_validate(
            {
                "name": row.name,
                "username": row.username,
                "password": password,
                "base_url": row.base_url,
                "platform": row.platform,
                "push": row.push,
            }
        )
    return ConfiguredAccounts(
        usable, problems, off=frozenset(off), added=frozenset(stored) - frozenset(environment.names)
    )
