"""Seals texts with the server's key, each purpose with a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from emagsync.core.settings import Settings
from emagsync.vault.keys import load_keys

if TYPE_CHECKING:
    from emagsync.vault.sealer import Sealer


class Vault:
    """Seals and opens texts. A purpose, such as `totp`, keeps what is sealed for one from being used for another.

    The key is loaded, or made, when something is sealed or opened for the first time.
    """

    def __init__(self, settings: Settings) -> None:
        self._load: Callable[[], tuple[bytes, ...]] = partial(load_keys, settings)
        self._sealer = cache(self._new_sealer)

    def __repr__(self) -> str:
        return "Vault(**********)"

    def seal(self, purpose: str, text: str) -> str:
        """`text`, encrypted and signed with the newest key; in letters, digits, `-`, `_` and `=`.

        Raises ConfigurationError.
        """
        return self._sealer(purpose).seal(text)

    def unseal(self, purpose: str, sealed: str) -> str:
        """The text that was sealed for this purpose, by any of the keys. Raises SealBroken and ConfigurationError."""
        return self._sealer(purpose).unseal(sealed)

    @cached_property
    def _keys(self) -> tuple[bytes, ...]:
        return self._load()

    def _new_sealer(self, purpose: str) -> Sealer:
        # Here, for what it imports: most commands seal nothing.
        from emagsync.vault.sealer import Sealer

        return Sealer(self._keys, purpose)
