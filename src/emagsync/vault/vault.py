"""Seals texts with the server's key (Fernet: AES-128-CBC and HMAC-SHA256), each purpose with a key of its own."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache, cached_property, partial

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from emagsync.core.settings import Settings
from emagsync.vault.errors import SealBroken
from emagsync.vault.keys import load_keys


class Vault:
    """Seals and opens texts. A purpose, such as `totp`, keeps what is sealed for one from being used for another.

    The key is loaded, or made, when something is sealed or opened for the first time.
    """

    def __init__(self, settings: Settings) -> None:
        self._load: Callable[[], tuple[bytes, ...]] = partial(load_keys, settings)
        self._fernet = cache(self._new_fernet)

    def __repr__(self) -> str:
        return "Vault(**********)"

    def seal(self, purpose: str, text: str) -> str:
        """`text`, encrypted and signed with the newest key; in letters, digits, `-`, `_` and `=`.

        Raises ConfigurationError.
        """
        return self._fernet(purpose).encrypt(text.encode()).decode()

    def unseal(self, purpose: str, sealed: str) -> str:
        """The text that was sealed for this purpose, by any of the keys. Raises SealBroken and ConfigurationError."""
        try:
            return self._fernet(purpose).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBroken from error

    @cached_property
    def _keys(self) -> tuple[bytes, ...]:
        return self._load()

    def _new_fernet(self, purpose: str) -> MultiFernet:
        return MultiFernet([Fernet(_derived(key, purpose)) for key in self._keys])


def _derived(key: bytes, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"emagsync:{purpose}".encode())
    return base64.urlsafe_b64encode(derivation.derive(key))
