"""Errors of sources.

SourceError
├── SourceNotFound     there is no such source
├── SourceNameTaken    another source has this name
├── SourceRefused      a setting of a source that makes no sense
├── SourceBusy         it is being read at this moment
├── ReadingNotFound    there is no such reading
├── NothingToApply     the reading is no preview that waits
├── ReadingBroke       the program failed while it read
├── FileTooShort       the file has far fewer rows than the one before
└── FetchFailed        its file could not be fetched
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.usable_texts import usable


class SourceError(EmagsyncError):
    """What is not possible with a source."""

    code = "source"


class SourceNotFound(SourceError):
    """There is no such source."""

    code = "source_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no source {name!r}.")


class SourceNameTaken(SourceError):
    """Another source has this name."""

    code = "source_name_taken"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a source {name!r} already: choose another name.")


_SETTINGS: Final[Mapping[str, str]] = {
    "address_needed": "A source of the kind {kind} needs an address.",
    "no_address": "A source whose file is sent here has no address.",
    "sftp_address": "The address must look like sftp://sftp.example.com/stock.csv, with :port if it is not 22.",
    "username_needed": "An SFTP server needs a user name.",
    "login_needed": "An SFTP server needs a password or a private key.",
    "key_unreadable": "The private key cannot be read: give it as OpenSSH or PEM text, without a passphrase.",
    "host_key_unreadable": "The host key must look like `ssh-ed25519 AAAA...`.",
    "username_colon": "A user name cannot hold a colon where it is sent as HTTP Basic.",
    "needed": "A source cannot be without this: give a value, or leave it out of the change.",
    "not_here": "That belongs to no source of the kind {kind}.",
    "folder_off": "Folders are off: the operator allows one by EMAGSYNC_SOURCES__FOLDER.",
    "folder_address": "The address must be a file, or a pattern such as stock-*.csv, within the folder of sources.",
    "account": "There is no account {account!r}.",
    "key_column": "The mapping has no column for {key}, by which the offers are named.",
    "no_value_column": "The mapping has no column with values to set.",
    "column_twice": "The mapping has several columns for {field_name}.",
    "header": "{name!r} is no header that may be sent.",
    "upload_has_no_schedule": "A source whose file is sent here has no schedule.",
}


class SourceRefused(SourceError):
    """A setting of a source that makes no sense, or contradicts another. `reason` is one of a table's."""

    code = "source_refused"

    def __init__(self, reason: str, *, field: str, **values: str) -> None:
        super().__init__(_SETTINGS[reason].format(**values))
        self.reason = reason
        self._field = field
        self._values = values

    def problem_members(self) -> Mapping[str, Any]:
        """`reason` is a code, with its `values`; `errors` names the field."""
        errors = [{"field": self._field, "message": str(self), "code": self.code}]
        return {"reason": self.reason, "values": self._values, "errors": errors}


class SourceBusy(SourceError):
    """It is being read at this moment."""

    code = "source_busy"
    kind = ErrorKind.TRANSIENT
    http_status = HTTPStatus.CONFLICT

    def __init__(self, name: str) -> None:
        super().__init__(f"The source {name!r} is being read at this moment: wait until that is over.")


class ReadingNotFound(SourceError):
    """There is no such reading."""

    code = "reading_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, reading_id: int) -> None:
        super().__init__(f"There is no reading {reading_id} of this source.")


class NothingToApply(SourceError):
    """The reading holds nothing that a person could still apply."""

    code = "nothing_to_apply"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, reading_id: int) -> None:
        super().__init__(f"Reading {reading_id} has nothing left to apply: it was applied, or a newer one was.")


class ReadingBroke(SourceError):
    """The program failed while it read: nothing is wrong with the source as far as one knows."""

    code = "reading_broke"

    def __init__(self) -> None:
        super().__init__("The program failed unexpectedly while it read this. The log says why: report it.")


class FileTooShort(SourceError):
    """The file has far fewer rows than the one that was taken in before: half of it may be missing."""

    code = "file_too_short"

    def __init__(self, rows: int, before: int, most_percent: int) -> None:
        super().__init__(
            f"The file has {rows} rows, and the one before had {before}: more than {most_percent}% fewer. If that is "
            "right, read it again with `force`."
        )
        self.reason = "shorter"
        self.values: Mapping[str, str | int] = {"rows": rows, "before": before, "most_percent": most_percent}


# The page has them in its reader's language, in `sources.fetch`.
FETCH_REASONS: Final[Mapping[str, str]] = {
    "address": "The address may not be called: {error}",
    "unanswered": "The server did not answer: {error}.",
    "timed_out": "The file did not arrive within {seconds} s.",
    "status": "The server answered {status}.",
    "login": "The server refused the login ({status}).",
    "not_found": "There is no file {name}.",
    "too_large": "The file has more than {most} bytes.",
    "redirects": "The server sends on from one address to the next, more than {most} times.",
    "too_many_files": "More than {most} files match {name}: choose a narrower pattern.",
    "compressed": "The file arrived in the compression {encoding}, or damaged.",
    "not_public": "{host} is not a public address; EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE=true allows it.",
    "host_key_changed": "The server has another host key than before ({fingerprint}): somebody may stand between.",
    "folder_off": "Folders are off: the operator allows one by EMAGSYNC_SOURCES__FOLDER.",
    "outside": "{name} is not within the folder of sources.",
    "not_a_file": "{name} is no plain file.",
    "unreadable": "{name} cannot be read: {error}.",
    "sealed": "The server's key does not open the stored login: give it again.",
}


class FetchFailed(SourceError):
    """The file could not be fetched. `reason` is one of `FETCH_REASONS`, and `values` are what its message names."""

    code = "source_not_fetched"
    kind = ErrorKind.TRANSIENT
    http_status = HTTPStatus.BAD_GATEWAY

    def __init__(self, reason: str, **values: str | int) -> None:
        # Servers and their file names have their say in these.
        shown = {name: usable(value) if isinstance(value, str) else value for name, value in values.items()}
        super().__init__(FETCH_REASONS[reason].format_map(shown))
        self.reason = reason
        self.values: Mapping[str, str | int] = shown

    def problem_members(self) -> Mapping[str, Any]:
        """`reason` and `values`, by which a program words it anew."""
        return {"reason": self.reason, "values": self.values}
