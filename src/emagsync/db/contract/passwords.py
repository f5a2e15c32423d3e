"""A password as PostgreSQL keeps it (SCRAM-SHA-256, RFC 5803), made here: the server, and so its log, never see it.

Where a statement has the password itself, every log of statements has it too.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode
from typing import Final

from emagsync.core.errors import SettingsError

_ITERATIONS: Final = 4096  # PostgreSQL's own
_SALT_BYTES: Final = 16
_SHORTEST: Final = 12


def checked(password: str) -> str:
    """The password. Raises SettingsError for one that is short, or that programs might encode differently."""
    if len(password) < _SHORTEST or not password.isascii() or not password.isprintable():
        raise SettingsError(
            f"A reader's password has {_SHORTEST} or more characters, all of them printable ones of ASCII: letters "
            "without accents, digits, signs."
        )
    return password


def verifier(password: str, salt: bytes | None = None) -> str:
    """What `ALTER ROLE ... PASSWORD` takes for a password in ASCII; it has no quotation mark in it."""
    salt = salt or secrets.token_bytes(_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (b64encode(part).decode() for part in (salt, stored_key, server_key))
    return f"SCRAM-SHA-256${_ITERATIONS}:{salt_text}${stored_text}:{server_text}"
