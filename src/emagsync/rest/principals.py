"""Who calls, and what the caller may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol


class Role(StrEnum):
    """What a caller may do; each role may do what the one before it may."""

    VIEWER = "viewer"  # reads
    OPERATOR = "operator"  # runs, edits
    ADMIN = "admin"  # users, tokens, settings

    @property
    def rank(self) -> int:
        """0 for the smallest role."""
        return _RANKS.index(self)

    def allows(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        return self.rank >= needed.rank


_RANKS = tuple(Role)


@dataclass(frozen=True)
class Principal:
    """An authenticated caller.

    `kind`: `user` logged in for a bearer token, `session` is a browser's cookie, `token` an API token, whose
    `username` is its owner's, or `token:<name>` when it belongs to nobody. `credential_id` is the id of the session
    or API token.
    """

    kind: Literal["user", "session", "token"]
    user_id: int | None
    username: str
    role: Role
    credential_id: int

    @property
    def token_id(self) -> int | None:
        """The API token's id, if the caller used one."""
        return self.credential_id if self.kind == "token" else None


class Authenticator(Protocol):
    """Finds the caller that a credential belongs to; `emagsync.identity` is one."""

    async def by_bearer(self, credential: str) -> Principal | None:
        """The caller of `Authorization: Bearer <credential>`; None when it is unknown, revoked or has expired."""
        ...

    async def by_cookie(self, credential: str) -> Principal | None:
        """The caller of a browser session's cookie; None when it is unknown, revoked or has expired."""
        ...
