"""Known devices: browsers from which a user has logged in before, told by a sealed cookie.

Such a cookie opens nothing. It keeps other people's guesses at a user's name from slowing down the user.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from emagsync.core.clock import Clock
from emagsync.vault.errors import SealBroken
from emagsync.vault.vault import Vault

KNOWN_FOR: Final = timedelta(days=180)
_PURPOSE: Final = "device"
_LONGEST_COOKIE: Final = 1000


class _Mark(NamedTuple):
    """What the cookie says, sealed."""

    username: str
    device: str
    until: datetime


_MARK = TypeAdapter(_Mark)


class KnownDevices:
    """Makes the cookies of known devices and reads them."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    def cookie(self, username: str, device: str | None) -> str:
        """The cookie that makes a device known for this user from now on; `device` None for a new one."""
        mark = _Mark(username, device or secrets.token_urlsafe(12), self._clock.now() + KNOWN_FOR)
        return self._vault.seal(_PURPOSE, _MARK.dump_json(mark).decode())

    def device(self, cookie: str | None, username: str) -> str | None:
        """The id of the device that has this cookie; None where it is not known for this user."""
        if not cookie or len(cookie) > _LONGEST_COOKIE:
            return None
        try:
            mark = _MARK.validate_json(self._vault.unseal(_PURPOSE, cookie))
        except (SealBroken, ValidationError):
            return None
        return mark.device if mark.username == username and mark.until > self._clock.now() else None
