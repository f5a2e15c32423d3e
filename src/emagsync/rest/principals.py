"""Principals: the user or API token that a call is made by, and what its role lets it do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol


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
        """Whether this role may do everything that `needed` may."""
        return self.rank >= needed.rank


_RANKS = tuple(Role)


@dataclass(frozen=True)
class Principal:
    """The user or API token that makes a call, authenticated.

    `kind`: `user` logged in for a bearer token, `session` is a browser's cookie, `token` an API token, whose
    `username` is its owner's, or `token:<name>` when it belongs to nobody. `credential_id` is the id of the session
    or API token. `held_back`: an admin who has a viewer's role until a second factor is set up.
    """

    kind: Literal["user", "session", "token"]
    user_id: int | None
    username: str
    role: Role
    credential_id: int
    held_back: bool = False

    @property
    def credential(self) -> CredentialKey:
        """What the caller is authenticated by; a login's access token is a session, too."""
        return CredentialKey("token" if self.kind == "token" else "session", self.credential_id)

    @property
    def token_id(self) -> int | None:
        """The API token's id; None for a user."""
        return self.credential_id if self.kind == "token" else None


class CredentialKey(NamedTuple):
    """A session or API token without its secret: its kind and the id of its row."""

    kind: Literal["session", "token"]
    id: int


class Authenticator(Protocol):
    """Finds the principal that a credential belongs to. Implemented by `emagsync.identity`."""

    async def by_bearer(self, credential: str) -> Principal | None:
        """The principal of `Authorization: Bearer <credential>`; None when it is unknown, revoked or has expired."""
        ...

    async def by_cookie(self, credential: str, *, by_person: bool = False) -> Principal | None:
        """The principal of a browser session's cookie; None when it is unknown, revoked, idle or has expired.

        `by_person`: a person did something, and the page did not call of itself; so the session is not idle.
        """
        ...

    async def valid_among(self, credentials: Collection[CredentialKey]) -> frozenset[CredentialKey]:
        """Those that are neither revoked nor expired and whose user is enabled. Asking is no use of them."""
        ...
