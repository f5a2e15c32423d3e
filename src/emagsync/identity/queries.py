"""Reading about users, for commands and routes."""

from __future__ import annotations

from emagsync.db.engine import Database
from emagsync.identity import repository
from emagsync.identity.errors import UserNotFound
from emagsync.identity.schemas import User


async def list_users(database: Database) -> list[User]:
    """Every user, by name."""
    async with database.snapshot() as connection:
        return await repository.list_users(connection)


async def get_user(database: Database, user_id: int) -> User:
    """That user. Raises UserNotFound."""
    async with database.snapshot() as connection:
        return await repository.get_user(connection, user_id)


async def find_user(database: Database, username: str) -> User:
    """The user of that name, in any case of letters. Raises UserNotFound."""
    async with database.snapshot() as connection:
        found = await repository.find_user(connection, username.lower())
    if found is None:
        raise UserNotFound(username)
    return found[0]
