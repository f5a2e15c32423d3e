"""Errors of saved filters.

ViewError
├── FilterNotFound    there is no such filter for the caller, or the caller may not change it
├── FilterNameTaken   the caller has a filter of this name
└── TooManyFilters    the caller has as many as one may have
"""

from __future__ import annotations

from http import HTTPStatus

from emagsync.core.errors import EmagsyncError


class ViewError(EmagsyncError):
    """Base of the errors of saved filters."""

    code = "view"


class FilterNotFound(ViewError):
    """No saved filter has this id, or it is somebody else's."""

    code = "saved_filter_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, filter_id: int) -> None:
        super().__init__(f"There is no saved filter {filter_id} that you may use so: list them first.")


class FilterNameTaken(ViewError):
    """One has one name for one filter."""

    code = "saved_filter_name_taken"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A saved filter of yours is called {name!r} already: choose another name, or replace that one."
        )


class TooManyFilters(ViewError):
    """A user has as many filters as one may have."""

    code = "too_many_saved_filters"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} saved filters, which is all that one may have: delete one first.")
