"""All SQL of accounts that people added, and of when eMAG was last reached for each account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.accounts.tables import account_contacts, account_erasures, accounts
from emagsync.db.bulk import insert_of


class StoredAccount(NamedTuple):
    """An account as it is stored. `password` is sealed."""

    name: str
    platform: str
    base_url: str | None
    username: str
    password: str
    push: str | None
    enabled: bool
    added_at: datetime
    changed_at: datetime


class Contact(NamedTuple):
    """When eMAG last took a call of an account, when one last failed and why, and the address that eMAG last saw."""

    let_in_at: datetime | None = None
    failed_at: datetime | None = None
    code: str | None = None
    message: str | None = None
    ip: str | None = None


async def has_table(connection: AsyncConnection) -> bool:
    """Whether the database has accounts at all: one of an older version has not."""
    return await connection.run_sync(lambda sync: inspect(sync).has_table(accounts.name))


async def stored_accounts(connection: AsyncConnection) -> list[StoredAccount]:
    """Every account, by name."""
    rows = await connection.execute(select(accounts).order_by(accounts.c.name))
    return [StoredAccount(*row) for row in rows]


async def insert_erasure(connection: AsyncConnection, name: str, now: datetime) -> None:
    """Note that the copy of a removed account is to be deleted."""
    statement = insert_of(connection.dialect)(account_erasures).values(name=name, asked_at=now)
    await connection.execute(statement.on_conflict_do_nothing())


async def erasures(connection: AsyncConnection) -> list[str]:
    """The removed accounts whose copy is being deleted, or is still to be."""
    return list(await connection.scalars(select(account_erasures.c.name).order_by(account_erasures.c.asked_at)))


async def delete_erasure(connection: AsyncConnection, name: str) -> None:
    """Nothing is left of that account."""
    await connection.execute(delete(account_erasures).where(account_erasures.c.name == name))


async def find_account(connection: AsyncConnection, name: str, *, locked: bool = False) -> StoredAccount | None:
    """The account of that name; `locked` until the transaction ends."""
    statement = select(accounts).where(accounts.c.name == name)
    row = (await connection.execute(statement.with_for_update() if locked else statement)).one_or_none()
    return None if row is None else StoredAccount(*row)


async def insert_account(connection: AsyncConnection, account: StoredAccount) -> None:
    """Add an account. The transaction raises ConstraintViolated when the name is taken."""
    await connection.execute(insert(accounts).values(**account._asdict()))


async def update_account(connection: AsyncConnection, name: str, changes: Mapping[str, Any]) -> None:
    """Set columns of an account."""
    await connection.execute(update(accounts).where(accounts.c.name == name).values(**changes))


async def delete_account(connection: AsyncConnection, name: str) -> None:
    """Delete an account, and when it was in contact with eMAG."""
    await connection.execute(delete(accounts).where(accounts.c.name == name))
    await delete_contact(connection, name)


async def delete_contact(connection: AsyncConnection, name: str) -> None:
    """Forget how eMAG answered an account: it has another API user now."""
    await connection.execute(delete(account_contacts).where(account_contacts.c.account == name))


async def contacts(connection: AsyncConnection) -> dict[str, Contact]:
    """How eMAG last answered each account that ever called it."""
    rows = await connection.execute(select(account_contacts))
    return {account: Contact(*values) for account, *values in rows}


async def save_contact(connection: AsyncConnection, account: str, contact: Contact) -> None:
    """Note what is new of an account's contact; what `contact` leaves open stays as it is."""
    values = {name: value for name, value in contact._asdict().items() if value is not None}
    statement = insert_of(connection.dialect)(account_contacts).values(account=account, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=[account_contacts.c.account], set_=values))
