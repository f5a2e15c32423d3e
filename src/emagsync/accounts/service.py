"""Accounts that people add: adding, changing, switching off and removing them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.accounts import repository
from emagsync.accounts.erasure import Erasures
from emagsync.accounts.errors import (
    AccountBeingErased,
    AccountExists,
    AccountNotStored,
    AccountOfEnvironment,
    AccountValueRefused,
)
from emagsync.accounts.live import LiveAccounts
from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.repository import StoredAccount
from emagsync.accounts.schemas import AccountChange, NewAccount
from emagsync.accounts.settings import RESERVED_NAMES, url_problem
from emagsync.accounts.stored import PURPOSE
from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.db.errors import ConstraintViolated
from emagsync.marketplace.addresses import Server, server_of
from emagsync.marketplace.platforms import PLATFORMS, known_platform
from emagsync.vault.vault import Vault

OTHER_ADDRESSES: Final = "EMAGSYNC_ACCOUNTS__OTHER_ADDRESSES"

OnEnd = Callable[[str], Awaitable[None]]


class AccountService:
    """The accounts in the database. Those of the environment are changed there, by whoever operates the server.

    `on_end` is awaited for an account that is switched off or removed, to stop what runs of it. `any_address`: an
    account may be given another address than eMAG's own, as a sandbox has one. Where people of the page may give one,
    they choose whom this server calls, and who gets the password: so it has to be allowed.
    """

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        registry: AccountRegistry,
        live: LiveAccounts,
        clock: Clock,
        on_end: OnEnd,
        any_address: bool,
        erasures: Erasures,
    ) -> None:
        self.erasures = erasures
        self._database = database
        self._vault = vault
        self._registry = registry
        self._live = live
        self._clock = clock
        self._on_end = on_end
        self._any_address = any_address

    async def add(self, new: NewAccount) -> None:
        """Add an account. Raises AccountValueRefused, AccountExists and AccountBeingErased."""
        name = _checked_name(new.account)
        if name in self._registry.configured.all_names:
            raise AccountExists(name)
        now = self._clock.now()
        row = StoredAccount(
            name=name,
            platform=new.platform,
            base_url=self._checked_address(new.base_url),
            username=_checked_username(new.username),
            password=self._sealed(new.password.get_secret_value()),
            push=new.push,
            enabled=True,
            added_at=now,
            changed_at=now,
        )
        try:
            async with self._database.transaction() as connection:
                if name in await repository.erasures(connection):
                    raise AccountBeingErased(name)
                await repository.insert_account(connection, row)
                await repository.delete_contact(connection, name)
        except ConstraintViolated as error:
            raise AccountExists(name) from error
        self._live.contacts.forget(name)
        await self._live.refresh()

    async def change(self, name: str, change: AccountChange) -> list[str]:
        """Change what `change` sets. Returns the names of what was set, without their values.

        Raises AccountNotStored, AccountOfEnvironment and AccountValueRefused.
        """
        given = {field: getattr(change, field) for field in change.model_fields_set}
        values = self._checked(given)
        async with self._database.transaction() as connection:
            row = await self._find(connection, name)
            if "password" not in values and _server_after(row, values) != _server_after(row, {}):
                raise AccountValueRefused(
                    "password", "password_needed", "Another server would get the password: enter it again."
                )
            if values:
                await repository.update_account(connection, name, values | {"changed_at": self._clock.now()})
            if values.keys() & {"username", "password", "platform", "base_url"}:
                await repository.delete_contact(connection, name)
        self._live.contacts.forget(name)
        await self._live.refresh()
        if values.get("enabled") is False:
            await self._on_end(name)
        return sorted(values)

    async def remove(self, name: str, *, with_offers: bool = False) -> None:
        """Remove an account; the copy of its offers stays, unless it is to go too: `erasures` deletes that.

        Raises AccountNotStored and AccountOfEnvironment.
        """
        async with self._database.transaction() as connection:
            await self._find(connection, name)
            await repository.delete_account(connection, name)
        self._live.contacts.forget(name)
        await self._live.refresh()
        await self._on_end(name)
        if with_offers:
            # Not before its runs have ended: they write.
            async with self._database.transaction() as connection:
                await repository.insert_erasure(connection, name, self._clock.now())
            self.erasures.wake()

    async def _find(self, connection: AsyncConnection, name: str) -> StoredAccount:
        row = await repository.find_account(connection, name, locked=True)
        if row is not None:
            return row
        raise AccountOfEnvironment(name) if name in self._registry.configured.all_names else AccountNotStored(name)

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The columns to set. Null means the usual for `base_url` and `push`, and nothing for the others."""
        values: dict[str, Any] = {}
        for field, value in given.items():
            if field == "base_url":
                values[field] = self._checked_address(value)
            elif field == "push" or value is not None:
                values[field] = value
        if "username" in values:
            values["username"] = _checked_username(values["username"])
        if "password" in values:
            values["password"] = self._sealed(values["password"].get_secret_value())
        return values

    def _sealed(self, password: str) -> str:
        return self._vault.seal(PURPOSE, password)

    def _checked_address(self, address: str | None) -> str | None:
        """The address without a slash at its end; None: the platform's own."""
        if address is None or not address.strip():
            return None
        address = address.strip().rstrip("/")
        problem = url_problem("The address", address)
        if problem is not None:
            raise AccountValueRefused("base_url", "address_unusable", problem)
        if not self._any_address and known_platform(address) is None:
            raise AccountValueRefused(
                "base_url",
                "address_not_emags",
                f"The address is none of eMAG's own. Only who operates the server may allow others, such as a sandbox: "
                f"with {OTHER_ADDRESSES}=true, or by `emagsync accounts add`.",
            )
        return address


def _checked_name(name: str) -> str:
    if name in RESERVED_NAMES:
        raise AccountValueRefused("account", "name_reserved", f"{name!r} means several accounts: choose another name.")
    return name


def _checked_username(username: str) -> str:
    username = username.strip()
    if not username:
        raise AccountValueRefused("username", "username_empty", "The user name is empty.")
    if ":" in username:
        raise AccountValueRefused(
            "username",
            "username_colon",
            "The user name holds a colon, which none of eMAG's API can: is the password in it, too?",
        )
    return username


def _server_after(row: StoredAccount, values: Mapping[str, Any]) -> Server:
    """Which server an account calls once `values` are set."""
    platform = values.get("platform", row.platform)
    return server_of(values.get("base_url", row.base_url) or PLATFORMS[platform].base_url)
