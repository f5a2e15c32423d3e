"""Sealing for one purpose: Fernet, AES-128-CBC and HMAC-SHA256, with keys derived from the server's for that purpose.

Apart from `Vault`, because `cryptography` costs a short command a twentieth of its CPU, and most commands seal nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from emagsync.vault.errors import SealBroken


class Sealer:
    """Seals with the first of the server's keys, and opens what any of them sealed for the same purpose."""

    def __init__(self, keys: Iterable[bytes], purpose: str) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key, purpose)) for key in keys])

    def seal(self, text: str) -> str:
        """`text`, encrypted and signed; in letters, digits, `-`, `_` and `=`."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """The text that was sealed. Raises SealBroken."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBroken from error


def _derived(key: bytes, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"emagsync:{purpose}".encode())
    return base64.urlsafe_b64encode(derivation.derive(key))
