"""What of a source's login is secret, sealed as one text."""

from __future__ import annotations

from typing import Final

import orjson

from emagsync.core.errors import ConfigurationError
from emagsync.db.engine import Database
from emagsync.sources import repository
from emagsync.sources.fetching.fetched import Secrets
from emagsync.sources.schemas import SourceLogin
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

SECRETS_PURPOSE: Final = "source-login"  # a name


def secrets_of(login: SourceLogin | None) -> Secrets:
    """What of a login that somebody gave is secret."""
    if login is None:
        return Secrets()
    return Secrets(
        password=None if login.password is None else login.password.get_secret_value(),
        private_key=None if login.private_key is None else login.private_key.get_secret_value(),
        headers={name: value.get_secret_value() for name, value in (login.headers or {}).items()},
    )


def sealed(vault: Vault, secrets: Secrets) -> str | None:
    """The text to be stored; None where nothing is secret. Raises ConfigurationError."""
    if secrets == Secrets():
        return None
    document = {"password": secrets.password, "private_key": secrets.private_key, "headers": dict(secrets.headers)}
    return vault.seal(SECRETS_PURPOSE, orjson.dumps(document).decode())


def unsealed(vault: Vault, text: str | None) -> Secrets:
    """What was stored. Raises SealBroken and ConfigurationError."""
    return Secrets() if text is None else Secrets(**orjson.loads(vault.unseal(SECRETS_PURPOSE, text)))


async def unreadable_secrets(database: Database, vault: Vault) -> list[str]:
    """The sources, by name, whose login the server's key does not open. Raises DatabaseError."""
    async with database.snapshot() as connection:
        stored = await repository.sealed_secrets(connection)
    return [name for name, text in stored.items() if not _opens(vault, text)]


def _opens(vault: Vault, text: str) -> bool:
    try:
        unsealed(vault, text)
    except (SealBroken, ConfigurationError):
        return False
    return True
