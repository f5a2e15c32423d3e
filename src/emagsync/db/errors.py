"""Errors of the database, with messages for the person who operates it.

DatabaseError
├── DatabaseUnavailable   it cannot be opened or reached
│   └── DatabaseFull      there is no room left for it
├── DatabaseTooNew        a newer emagsync has already upgraded it
└── ConstraintViolated    a uniqueness or reference rule was broken; services turn it into an error of their own
"""

from __future__ import annotations

from http import HTTPStatus

from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.exhaustion import DiskFull


class DatabaseError(EmagsyncError):
    """Base of the errors of the database."""

    code = "database"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    http_detail = "The database cannot be used at the moment; the server's log says why."


class DatabaseUnavailable(DatabaseError):
    """It cannot be opened, reached or written."""

    code = "database_unavailable"
    kind = ErrorKind.CONFIGURATION


class DatabaseFull(DatabaseUnavailable):
    """There is no room left on its disk."""

    code = DiskFull.code
    http_status = DiskFull.http_status
    http_detail = DiskFull.http_detail


class DatabaseTooNew(DatabaseError):
    """The schema is from a newer version of emagsync than this one."""

    code = "database_too_new"
    kind = ErrorKind.CONFIGURATION


class ConstraintViolated(DatabaseError):
    """A uniqueness or reference rule was broken. `constraint` is its name, or the driver's words for it."""

    code = "constraint"
    http_status = HTTPStatus.CONFLICT
    http_detail = "This contradicts what is stored already."

    def __init__(self, constraint: str) -> None:
        super().__init__(f"The database refused the change: {constraint}.")
        self.constraint = constraint
