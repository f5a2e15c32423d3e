"""Errors of sealed secrets.

SealBroken    a text that no key of this server sealed for this purpose
"""

from __future__ import annotations

from http import HTTPStatus

from emagsync.core.errors import EmagsyncError, ErrorKind


class SealBroken(EmagsyncError):
    """A text that no key of this server sealed for this purpose: the key has changed, or the text was altered."""

    code = "seal_broken"
    kind = ErrorKind.CONFIGURATION
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "A stored secret cannot be read with this server's key: give the key that it had before in "
            "EMAGSYNC_OLD_SECRET_KEYS, or enter the secret again."
        )
