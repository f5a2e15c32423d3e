"""Signatures of webhook messages, and the secrets that make them.

A webhook's secret is derived from this server's key, the webhook's id and a version, so the database holds no secret:
a copy of it is not enough to sign anything (`vault/keys.py` has the key).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

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
