"""The root of every error that emagsync raises on purpose.

    EmagsyncError
    ├── ConfigurationError      a person must change a setting, an account or the machine
    │   └── SettingsError       an environment variable or `.env` line is missing or odd
    ├── marketplace.errors.EmagError ...    what eMAG answered, or did not
    ├── db.errors.DatabaseError ...         what the database refused
    └── sync.errors.SyncError ...           what a run may not do

Each error knows its `kind` (is it worth trying again?), a stable `code` for programs, how the REST API answers it,
and a message that says what happened and what to do next. Messages never hold secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar


class ErrorKind(StrEnum):
    """Whether the same call may succeed later, succeeds after a person acts, or never will."""

    TRANSIENT = "transient"
    CONFIGURATION = "configuration"
    PERMANENT = "permanent"


class EmagsyncError(Exception):
    """Base of every error that emagsync raises on purpose: `str(error)` is one line for a person."""

    code: ClassVar[str] = "error"
    kind: ClassVar[ErrorKind] = ErrorKind.PERMANENT
    # The status of the REST answer; None: the one that belongs to `kind`.
    http_status: ClassVar[HTTPStatus | None] = None
    # What the REST answer says instead of the message, where that is only for whoever operates the machine.
    http_detail: ClassVar[str | None] = None

    def problem_members(self) -> Mapping[str, Any]:
        """Members that the REST answer has besides the usual ones, such as `run_id`. Values that JSON can hold."""
        return {}

    def problem_headers(self) -> Mapping[str, str]:
        """Headers of the REST answer, such as `Retry-After`."""
        return {}


class ConfigurationError(EmagsyncError):
    """A person must change something before this can work; the message says what."""

    code = "configuration"
    kind = ErrorKind.CONFIGURATION


class SettingsError(ConfigurationError):
    """A setting is missing or odd; the message names the variable."""

    code = "settings"
