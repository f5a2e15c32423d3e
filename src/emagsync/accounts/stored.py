"""The accounts that people added, with those of the environment: what a command needs that only reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from emagsync.accounts import repository
from emagsync.accounts.repository import StoredAccount
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.errors import ConfigurationError
from emagsync.core.settings import AccountSettings
from emagsync.db.engine import Database
from emagsync.telemetry.redaction import redactor
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

PURPOSE: Final = "account"


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
