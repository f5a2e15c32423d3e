"""What is fetched from where, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from emagsync.core.usable_texts import usable
from emagsync.edits.bulk.file_limits import MOST_FILE_BYTES

# A file that is larger is not read.
MOST_BYTES: Final = MOST_FILE_BYTES
TIMEOUT_SECONDS: Final = 120.0
# Of several files that a pattern finds the newest is read; more than these are not looked at.
MOST_FILES: Final = 10_000
_LONGEST_NAME: Final = 200
_LONGEST_HEADER: Final = 1000


@dataclass(frozen=True)
class Secrets:
    """What of a login is secret."""

    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Place:
    """Where a file is, and the login that is needed there. `host_key` is the one that an SFTP server has to have."""

    address: str
    username: str | None = None
    secrets: Secrets = field(default_factory=Secrets)
    host_key: str | None = None


class Known(NamedTuple):
    """By what a server tells that a file is still the one that was taken in (RFC 9110, 13.1)."""

    etag: str | None = None
    last_modified: str | None = None


class Fetched(NamedTuple):
    """A file as it arrived. `host_key` is that of the SFTP server it came from.

    What names it comes from the server: see `shown_name` and `kept_header`.
    """

    content: bytes
    name: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    host_key: str | None = None


def shown_name(name: str) -> str | None:
    """A file's name as it is stored and shown, whatever a server calls it; None for one that says nothing."""
    return usable(name)[:_LONGEST_NAME] or None


def kept_header(value: str | None) -> str | None:
    """A header by which a file is asked for again; None for one that cannot be sent back as it came."""
    is_kept = value is not None and len(value) <= _LONGEST_HEADER and value.isascii() and value.isprintable()
    return value if is_kept else None
