"""What cannot be had from the local copy.

OfferError
├── OfferNotFound     it is not in the local copy
└── ExportFailed      the file could not be written
"""

from __future__ import annotations

from emagsync.core.errors import EmagsyncError, ErrorKind


class OfferError(EmagsyncError):
    """Anything that the local copy cannot give."""

    code = "offer"


class OfferNotFound(OfferError):
    """The local copy does not hold this offer."""

    code = "offer_not_found"

    def __init__(self, account: str, emag_id: int) -> None:
        super().__init__(
            f"The local copy has no offer {emag_id} of account {account!r}: "
            f"`emagsync sync {account} --mode full` reads every offer."
        )
        self.account = account
        self.emag_id = emag_id


class ExportFailed(OfferError):
    """The file could not be written; the message says which and why."""

    code = "export_failed"
    kind = ErrorKind.CONFIGURATION
