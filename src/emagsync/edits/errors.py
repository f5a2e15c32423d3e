"""Errors of edits, conflicts and bulk edits.

EditError
├── EditRefused         eMAG would refuse it, or it needs a confirmation; BulkChangeRefused: some rows of a bulk change
├── VersionChanged      somebody else changed the offer or its edits
├── EditNotFound        there is no such edit
├── EditOver            it has ended already
├── EditUnderway        it is being sent
├── ConflictNotFound    there is no such conflict
├── ConflictOver        it has been resolved already
├── PreviewOutdated     applying would not do what the preview showed
├── SelectionTooLarge   more offers are selected than may be edited at once
├── CurrencyNeeded      one amount for offers in several currencies
├── BulkChangeNotFound  there is no such bulk change
├── BulkChangeElsewhere a bulk change is in another state than what was asked of it needs
├── FileUnreadable      the file is no table of edits
└── FilesBusy           too many files are being read
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.edits.validation import Issue


class EditError(EmagsyncError):
    """An edit, or a decision about one, that is not possible."""

    code = "edit"


class EditRefused(EditError):
    """eMAG would refuse the edit; `issues` say why, field by field."""

    code = "edit_refused"

    def __init__(self, message: str, issues: Sequence[Issue] = ()) -> None:
        listed = "; ".join(f"{one.field}: {one.message}" for one in issues[:5])
        super().__init__(f"{message} {listed}".strip())
        self.issues = tuple(issues)

    def problem_members(self) -> Mapping[str, Any]:
        """`errors`: the values that were refused."""
        return {"errors": [asdict(one) for one in self.issues]}


class ConfirmationNeeded(EditRefused):
    """The edit looks like a mistake, and has to be confirmed."""

    code = "confirmation_needed"


class VersionChanged(EditError):
    """The offer or its edits have changed since the caller read them."""

    code = "version_changed"
    http_status = HTTPStatus.PRECONDITION_FAILED

    def __init__(self, account: str, emag_id: int, version: str) -> None:
        super().__init__(
            f"Offer {emag_id} of account {account!r} was changed since it was read: look at it again, then edit it."
        )
        self.version = version

    def problem_members(self) -> Mapping[str, Any]:
        """`version`: that of the offer now."""
        return {"version": self.version}


class EditNotFound(EditError):
    """There is no such edit."""

    code = "edit_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, edit_id: int) -> None:
        super().__init__(f"There is no edit {edit_id}.")


class EditOver(EditError):
    """The edit has ended already."""

    code = "edit_over"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, edit_id: int, state: str) -> None:
        super().__init__(f"Edit {edit_id} is {state} already.")
        self.state = state


class EditUnderway(EditError):
    """The edit is being sent: whether eMAG has applied it is not known yet."""

    code = "edit_underway"
    kind = ErrorKind.TRANSIENT
    http_status = HTTPStatus.CONFLICT

    def __init__(self, edit_id: int) -> None:
        super().__init__(f"Edit {edit_id} is being sent to eMAG: wait until that is over, then change the value again.")


class ConflictNotFound(EditError):
    """There is no such conflict."""

    code = "conflict_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, conflict_id: int) -> None:
        super().__init__(f"There is no conflict {conflict_id}.")


class ConflictOver(EditError):
    """A person or a sync has resolved the conflict already."""

    code = "conflict_over"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, conflict_id: int, resolution: str) -> None:
        super().__init__(f"Conflict {conflict_id} is resolved already ({resolution}).")


class PreviewOutdated(EditError):
    """Applying would not do what the preview showed."""

    code = "preview_outdated"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("Offers, or the file, have changed since the preview: look at a new one, then apply that.")


class SelectionTooLarge(EditError):
    """More offers are selected than may be edited at once: `most`."""

    code = "selection_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"More than {most} offers are selected: send the change to /api/v1/emag/bulk-changes, which takes any "
            "number and works in the background, or narrow the filter."
        )
        self.most = most


class CurrencyNeeded(EditError):
    """One amount is to hold for offers in several `currencies`, and is not said to be in any of them."""

    code = "currency_needed"

    def __init__(self, currencies: Sequence[str]) -> None:
        known = ", ".join(currencies)
        super().__init__(
            f"The chosen offers have prices in {known}, and an amount is of one currency: choose those of one "
            "(`currency` of the filter), or change prices by a percentage."
        )
        self.currencies = tuple(currencies)

    def problem_members(self) -> Mapping[str, Any]:
        """`currencies`: those of the chosen offers."""
        return {"currencies": list(self.currencies)}


class BulkChangeNotFound(EditError):
    """There is no such bulk change."""

    code = "bulk_change_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, change_id: int) -> None:
        super().__init__(f"There is no bulk change {change_id}.")


class BulkChangeElsewhere(EditError):
    """A bulk change is in another state than what was asked of it needs."""

    code = "bulk_change_elsewhere"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, change_id: int, state: str, needed: Sequence[str]) -> None:
        super().__init__(f"Bulk change {change_id} is {state}; this needs one that is {' or '.join(needed)}.")
        self.state = state

    def problem_members(self) -> Mapping[str, Any]:
        """`state`: that of the change."""
        return {"state": self.state}


class BulkChangeRefused(EditRefused):
    """Some rows of a bulk change cannot be kept as they are: `wrong` not at all, `doubtful` not without `confirm`."""

    def __init__(self, wrong: int, doubtful: int) -> None:
        super().__init__(
            f"Nothing was kept: {wrong} offers cannot be changed so, {doubtful} need `confirm`. Keep the others with "
            "`skip_invalid`."
        )
        self.wrong, self.doubtful = wrong, doubtful

    def problem_members(self) -> Mapping[str, Any]:
        """How many rows stand in the way."""
        return {"wrong": self.wrong, "doubtful": self.doubtful}


class FileUnreadable(EditError):
    """The file is no table of edits. The message says why, and what to change.

    `reason` is stable, one of `FILE_REASONS`, and `values` are what its message names.
    """

    code = "file_unreadable"

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(FILE_REASONS[reason].format_map(values))
        self.reason = reason
        self.values = values

    def problem_members(self) -> Mapping[str, Any]:
        """`reason` and `values`, by which a program words it anew."""
        return {"reason": self.reason, "values": self.values}


# The page has them in its reader's language, in `error.file_unreadable.reasons`.
FILE_REASONS: Final[Mapping[str, str]] = {
    "empty": "The file is empty: its first row names the columns.",
    "no_rows": "The file names its columns and has no rows.",
    "repeated_columns": "These columns are there twice: {columns}.",
    "no_key_column": "No column names the offers: emag_id, part_number (SKU), PNK or EAN is needed. Found: {found}.",
    "no_value_column": "No column holds values to change: one of {known} is needed. Found: {found}.",
    "columns_missing": "The file has no column {columns}: mend the mapping, or the file. Found: {found}.",
    "nameless_rows": "Rows that name no offer could be of any, so nothing is taken out of stock: rows {rows}.",
    "several_tables": "Several sheets are tables of edits: {sheets}. Leave one of them, or hide the others.",
    "no_table": "None of the sheets names an offer's column and one to change: {sheets}.",
    "other_format": "The file is {kind}: save it as .xlsx or CSV (in LibreOffice and Excel: Save as).",
    "unknown_format": "The file is neither XLSX nor CSV text in UTF-8.",
    "other_source_format": (
        "The file is {kind}, which cannot be read as it is: files of sources are CSV, XLSX, JSON or XML. Have it "
        "written as one of these, or say which one it is."
    ),
    "unknown_source_format": "The file is none of what sources read: CSV as text in UTF-8, XLSX, JSON or XML.",
    "other_encoding": "The file is no text in {encoding}: say what it is in.",
    "not_json": "The file is not JSON: {error}.",
    "not_xml": "The file is not XML: {error}.",
    "has_doctype": "The file declares a document type (DOCTYPE), which is not read: have it written without.",
    "no_rows_at": "The file has no rows at {path}. Found: {found}.",
    "no_rows_found": "The file has no list of rows: say at which path they are.",
    "old_workbook": (
        "The file is an old .xls, or an .xlsx that is protected by a password: save it as .xlsx without one, or as CSV."
    ),
    "not_csv": "Row {row} is not CSV: {error}.",
    "damaged": "The file cannot be read as XLSX: save it anew as .xlsx, or as CSV.",
    "bad_position": "The file cannot be read as XLSX: row or cell {place} is no place, or out of order. Save it anew.",
    "encrypted": "The file is protected by a password: save it without one.",
    "unknown_compression": "The file is packed in a way that XLSX does not have: save it anew as .xlsx.",
    "too_large": "The file has more than {most} bytes: save only the rows to be changed.",
    "too_large_unpacked": "The file is too large when unpacked: save only the rows to be changed.",
    "too_many_elements": "The file holds too many cells or other elements: save only the rows to be changed.",
    "too_many_parts": "The file has more than {most} parts: save only the rows to be changed.",
    "too_many_sheets": "The file has more than {most} sheets: save only the one to be read.",
    "too_many_strings": "The file has more than {most} texts: save only the rows to be changed.",
    "too_many_rows": "The file has more than {most} rows: split it.",
    "too_many_columns": "Row {row} has more than {most} columns: so many make no sense here.",
    "too_demanding": "Reading the file takes too much time or memory: save only the rows to be changed, or as CSV.",
}


class FilesBusy(EditError):
    """As many files as are allowed are being read, and others wait."""

    code = "files_busy"
    kind = ErrorKind.TRANSIENT
    http_status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("Other files are being read: send this one again in a minute.")
