"""Signatures of webhook messages, and the secrets that make them.

Messages are signed as Standard Webhooks (https://www.standardwebhooks.com) has it, so that a receiver checks them with
a library: `webhook-id`, `webhook-timestamp` and `webhook-signature`. The header of before, `X-Emagsync-Signature`, is
sent besides for one release.

A webhook's secret is derived from this server's key, the webhook's id and a version, so the database holds no secret:
a copy of it is not enough to sign anything (`vault/keys.py` has the key).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import Final

OLD_SIGNATURE_HEADER: Final = "X-Emagsync-Signature"
_PREFIX: Final = "whsec_"


class UnusableSecret(ValueError):
    """The secret says by its prefix that it is base64, and is not."""


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
        # 64 hexadecimal digits are base64 too: of the 48 bytes that sign.
        return _PREFIX + hmac.new(self._key, text, hashlib.sha256).hexdigest()


def signed_headers(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers by which the receiver knows who sent the message, and when. Raises UnusableSecret.

    `message_id` stays the same however often the message is sent; `at` is when it is sent this time.
    """
    timestamp = int(at.timestamp())
    signed = hmac.new(key_of(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        OLD_SIGNATURE_HEADER: _old_signature(secret, timestamp, body),
    }


def key_of(secret: str) -> bytes:
    """The bytes that sign: what follows `whsec_`, from base64; of any other secret its own. Raises UnusableSecret."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    text = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnusableSecret("what follows whsec_ is not base64") from error
    if not key:
        raise UnusableSecret("nothing follows whsec_")
    return key


def _old_signature(secret: str, timestamp: int, body: bytes) -> str:
    """`t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "<t>.<body>">`, by the secret's own bytes."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"
