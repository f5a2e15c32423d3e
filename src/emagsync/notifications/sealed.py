"""Whether the server's key opens what is sealed of recipients and of the mail server."""

from __future__ import annotations

from typing import Final

from emagsync.core.errors import ConfigurationError
from emagsync.db.engine import Database
from emagsync.notifications import repository
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

# What each kind of secret is sealed for.
ADDRESS_PURPOSE: Final = "notification-address"
PASSWORD_PURPOSE: Final = "smtp-password"  # noqa: S105 - a name


async def unreadable_secrets(database: Database, vault: Vault) -> list[str]:
    """The recipients, by name, whose address the key does not open, and `the mail server` for its password.

    Raises DatabaseError.
    """
    async with database.snapshot() as connection:
        addresses, password = await repository.sealed_secrets(connection)
    broken = [name for name, sealed in addresses.items() if not _opens(vault, ADDRESS_PURPOSE, sealed)]
    if password is not None and not _opens(vault, PASSWORD_PURPOSE, password):
        broken.append("the mail server")
    return broken


def _opens(vault: Vault, purpose: str, sealed: str) -> bool:
    try:
        vault.unseal(purpose, sealed)
    except (SealBroken, ConfigurationError):
        return False
    return True
