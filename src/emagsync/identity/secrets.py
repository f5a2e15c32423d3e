"""Passwords (argon2id) and opaque tokens (random, stored as SHA-256)."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from functools import cached_property

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

API_TOKEN = "emag_t_"  # noqa: S105 - how a token begins, so that one that leaked is recognised
SESSION = "emag_s_"

# A hash takes 64 MB and 0.2 s of a core: many logins at once must not take the machine.
_AT_ONCE = 2


@dataclass(frozen=True)
class Argon2Cost:
    """What one argon2id hash costs: passes over the memory, memory in KiB, and parallel lanes.

    The defaults are RFC 9106's for machines of little memory. A stored hash names its own cost, so that changing the
    defaults keeps nobody out.
    """

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class PasswordHasher:
    """Hashes and verifies passwords in threads, a few at a time. Belongs to one event loop."""

    def __init__(self, cost: Argon2Cost | None = None) -> None:
        cost = cost or Argon2Cost()
        argon2 = Argon2Hasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._hasher = PasswordHash((argon2,))
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to store."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether `password` matches the hash `stored`; never for None (an unknown user), after as long a time."""
        async with self._slots:
            return await asyncio.to_thread(self._verify, password, stored)

    def _verify(self, password: str, stored: str | None) -> bool:
        matches = self._hasher.verify(password, self._hash_of_nobody if stored is None else stored)
        return matches and stored is not None

    @cached_property
    def _hash_of_nobody(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe())


def new_password() -> str:
    """A random password that can be typed from a screen."""
    return secrets.token_urlsafe(15)


def new_token(prefix: str) -> str:
    """A random credential of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """The hash of a token, which is all that is stored. A token is random, so nothing slower than SHA-256 is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
