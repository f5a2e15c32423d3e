"""Errors of reading the local copy.

OfferError
├── OfferNotFound     it is not in the local copy
├── NoOfferWithCode   none has this part number, PNK or EAN
├── SeveralOffers     more than one has it
├── ProductNotFound   the same, asked for by our id
├── ExportFailed      the file could not be written
├── ExportsBusy       too many are being written
├── PresetNotFound    there is no such preset of an export for the caller
├── PresetNameTaken   the caller has a preset of this name
├── TooManyPresets    the caller has as many presets as one may have
└── AfterTheEnd       a reader of the change feed is ahead of it

FeedOfAnotherHistory (an OtherHistory of `emagsync.db.history`): a reader's place is in what was before a restore
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.db.history import OtherHistory

# Of offers that all have what was asked for.
MOST_LISTED: Final = 20


class OfferError(EmagsyncError):
    """Base of the errors of reading the local copy."""

    code = "offer"


class OfferNotFound(OfferError):
    """The local copy does not hold this offer."""

    code = "offer_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, account: str, emag_id: int) -> None:
        super().__init__(
            f"The local copy has no offer {emag_id} of account {account!r}: "
            f"`emagsync sync {account} --mode full` reads every offer."
        )
        self.account = account
        self.emag_id = emag_id


class NoOfferWithCode(OfferError):
    """No offer that eMAG knows has this code."""

    code = "offer_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, field: str, value: str, accounts: Sequence[str] = ()) -> None:
        of = f" of {', '.join(accounts)}" if accounts else ""
        super().__init__(
            f"No offer{of} has the {field} {value!r}: it has to be exact, capital letters and punctuation included."
        )


class SeveralOffers(OfferError):
    """More than one offer has this code: the caller has to say which is meant."""

    code = "several_offers"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, field: str, value: str, matches: Sequence[Mapping[str, Any]]) -> None:
        listed = ", ".join(f"{one['account']} {one['emag_id']}" for one in matches[:MOST_LISTED])
        super().__init__(
            f"{len(matches)} offers have the {field} {value!r} ({listed}): name one by account and emag_id, "
            "or add `account` where each is of another one."
        )
        self.matches = matches[:MOST_LISTED]

    def problem_members(self) -> Mapping[str, Any]:
        """`matches`: the offers, each with `account`, `emag_id`, `id`, `part_number` and `name`; the first twenty."""
        return {"matches": self.matches}


class ExportFailed(OfferError):
    """The file could not be written; the message says which and why."""

    code = "export_failed"
    kind = ErrorKind.CONFIGURATION


class ProductNotFound(OfferError):
    """No offer has this id of ours."""

    code = "product_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, product_id: int) -> None:
        super().__init__(f"There is no product {product_id}. Its `id` is ours; eMAG's is `emag_id`.")
        self.product_id = product_id


class PresetNotFound(OfferError):
    """No preset of an export has this id, or it is somebody else's."""

    code = "export_preset_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, preset_id: int) -> None:
        super().__init__(f"There is no preset {preset_id} of exports that you may use so: list them first.")


class PresetNameTaken(OfferError):
    """One has one name for one preset."""

    code = "export_preset_name_taken"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, name: str) -> None:
        super().__init__(f"A preset of exports is called {name!r} already: choose another name, or replace that one.")


class TooManyPresets(OfferError):
    """One has as many presets as one may have."""

    code = "too_many_export_presets"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} presets of exports, which is all that one may have: delete one first.")


class ParquetNotInstalled(OfferError):
    """The library of the format is not there."""

    code = "parquet_not_installed"
    kind = ErrorKind.CONFIGURATION
    http_status = HTTPStatus.NOT_IMPLEMENTED

    def __init__(self) -> None:
        super().__init__(
            "Exports in Parquet need a package that is not installed: pip install 'emagsync[parquet]', or choose "
            "another format."
        )


class ExportsBusy(OfferError):
    """As many exports as are allowed are being written."""

    code = "exports_busy"
    http_status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, at_once: int) -> None:
        super().__init__(f"{at_once} exports are being written already: try again when one of them has ended.")


class FeedPlace(NamedTuple):
    """The newest place in the change feed: as a number, and as a cursor, which knows its history too."""

    number: int
    cursor: str

    def members(self) -> dict[str, Any]:
        """The members of a problem that says where to go on from."""
        return {"newest": self.number, "next_after": self.number, "next_cursor": self.cursor}


_BEGIN_ANEW: Final = (
    "Keep `next_cursor` of this answer, read all products anew, then follow the feed from that cursor on."
)


class FeedOfAnotherHistory(OtherHistory):
    """A reader's place in the change feed is in another history of the database."""

    def __init__(self, end: FeedPlace) -> None:
        super().__init__(
            f"This place is in another history of the database: it was restored from a backup, or is another one. "
            f"{_BEGIN_ANEW}"
        )
        self.end = end

    def problem_members(self) -> Mapping[str, Any]:
        """Where the feed ends now: `newest` and `next_after`, a number, and `next_cursor`."""
        return self.end.members()


class AfterTheEnd(OfferError):
    """A reader of the change feed is ahead of it."""

    code = "after_the_end"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, after: int, end: FeedPlace) -> None:
        super().__init__(
            f"The change feed ends at {end.number}, before {after}: the database is another one, or was restored from "
            f"a backup. {_BEGIN_ANEW}"
        )
        self.end = end

    def problem_members(self) -> Mapping[str, Any]:
        """Where the feed ends now: `newest` and `next_after`, a number, and `next_cursor`."""
        return self.end.members()
