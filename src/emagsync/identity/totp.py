"""One-time codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 s) and recovery codes. Pure."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime
from hmac import compare_digest
from typing import Final

import pyotp
import segno

ISSUER: Final = "emagsync"
STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
# No letter or digit that is read as another one.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
# 24 of 31 letters are 118 bits: enough for a fast hash (ASVS 5, 6.5.2 asks for 112).
_GROUPS, _GROUP = 4, 6
# Of a phone's clock and of people who type slowly: the step before and the one after count too.
_TOLERANCE: Final = 1


def new_secret() -> str:
    """A random TOTP secret of 160 bits in base32."""
    return pyotp.random_base32()


def address_for_app(secret: str, username: str) -> str:
    """The `otpauth://` address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """A QR code of the address as an SVG picture in a `data:` address."""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=3, dark="#000", light="#fff")


def step_at(now: datetime) -> int:
    """The number of the 30 s that `now` is in."""
    return int(now.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The step that `code` belongs to, now or one step away; None for a wrong code."""
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(step_at(now) - _TOLERANCE, step_at(now) + _TOLERANCE + 1):
        if compare_digest(totp.at(step * STEP_SECONDS), code):
            found = step
    return found


def plain(code: str) -> str:
    """A code as it is compared: however it was grouped or typed."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", code).lower() if sign.isascii() and sign.isalnum())


def is_from_app(code: str) -> bool:
    """Whether a plain code has the shape of an app's; otherwise it may be a recovery code."""
    return len(code) == 6 and code.isdigit()


def new_recovery_codes() -> list[str]:
    """Codes that each serve once in the place of the app's, such as `k3v9ab-...`."""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))
