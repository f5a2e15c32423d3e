"""The first admin of a server, made in the page by whoever started the server.

While nobody can administer it, each start makes a code and prints it with the page's address. The code is good until
an admin was made; it is in no file and no log of ours, and is told to the server only in the body of one call.
"""

from __future__ import annotations

import secrets

from emagsync.identity.errors import SetupClosed, WrongSetupCode
from emagsync.identity.schemas import User
from emagsync.identity.secrets import hashed
from emagsync.identity.service import UserService

_CODE_BYTES = 24


class FirstRun:
    """Lets the holder of this start's code make the first admin."""

    def __init__(self, users: UserService) -> None:
        self._users = users
        self._hash: str | None = None

    async def open(self) -> str | None:
        """A new code, in place of one that was made before; None where somebody administers the server already."""
        if not await self.is_open():
            return None
        code = secrets.token_urlsafe(_CODE_BYTES)
        self._hash = hashed(code)
        return code

    async def is_open(self) -> bool:
        """Whether nobody administers the server yet."""
        return not await self._users.has_admin()

    async def make_admin(self, code: str, username: str, password: str) -> User:
        """Add the first admin. Raises SetupClosed, WrongSetupCode, WeakPassword, UnusableName and UsernameTaken."""
        if not await self.is_open():
            raise SetupClosed
        if self._hash is None or not secrets.compare_digest(self._hash, hashed(code)):
            raise WrongSetupCode
        admin = await self._users.add_first_admin(username, password)
        if admin is None:  # another was faster
            raise SetupClosed
        self._hash = None
        return admin
