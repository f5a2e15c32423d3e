"""Errors of the database, with messages for the person who operates it.

DatabaseError
├── DatabaseUnavailable   it cannot be opened or reached
│   ├── DatabaseFull      there is no room left for it
│   └── DatabaseDamaged   its content is not what was written
├── DatabaseReplaced      it is not the one that this process opened
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


class DatabaseDamaged(DatabaseUnavailable):
    """Its content is not what was written: only a backup helps."""

    code = "database_damaged"
    http_detail = "The database is damaged: stop the server and restore the backup (docs/runbook.md)."


class DatabaseReplaced(DatabaseError):
    """Another database, or none, is in the place of the one that this process opened."""

    code = "database_replaced"
    kind = ErrorKind.CONFIGURATION
    http_detail = (
        "The database was deleted or replaced while the server had it open: stop the server, put the right one in its "
        "place, and start it again."
    )

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The database {name} was deleted or replaced while this process had it open: what it writes now would be "
            "lost. Stop emagsync, put the right database in its place, and start it again (docs/runbook.md)."
        )


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
