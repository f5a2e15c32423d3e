"""Signatures of webhook messages, and the secrets that make them.

A webhook's secret is derived from this server's key, the webhook's id and a version, so the database holds no secret:
a copy of it is not enough to sign anything. The key is `EMAGSYNC_SECRET_KEY`, else a file in the data directory that
only its owner can read.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from emagsync.core.errors import ConfigurationError
from emagsync.core.settings import Settings

KEY_FILE: Final = "secret.key"
SIGNATURE_HEADER: Final = "X-Emagsync-Signature"


class Signer:
    """Derives every webhook's secret."""

    def __init__(self, key: bytes, settings_secret: str | None = None) -> None:
        self._key = key
        self._settings_secret = settings_secret

    def __repr__(self) -> str:
        return "Signer(**********)"

    def secret(self, webhook_id: str, version: int) -> str:
        """The webhook's secret. Version 0 is that of the settings."""
        if version == 0:
            return self._settings_secret or ""
        text = f"webhook:{webhook_id}:{version}".encode()
        return "whsec_" + hmac.new(self._key, text, hashlib.sha256).hexdigest()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of `X-Emagsync-Signature`: `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "<t>.<body>">`."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


def load_key(settings: Settings) -> bytes:
    """This server's key, generated at the first call. Raises ConfigurationError for an unusable data directory."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / KEY_FILE
    try:
        return path.read_bytes() if path.exists() else _made(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be used ({error.strerror}): set EMAGSYNC_SECRET_KEY.") from error


def _made(path: Path) -> bytes:
    """A new key in a file that is whole from the first moment: of two processes, the first wins."""
    key = secrets.token_hex(32).encode()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_bytes()
        return key
    finally:
        draft.unlink(missing_ok=True)
