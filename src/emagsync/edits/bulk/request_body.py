"""Reads the body of a bulk edit: a list as JSON, or a form with a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.requests import Request

from emagsync.core.decimal_marks import DecimalMark
from emagsync.edits.bulk.file_process import FileReader
from emagsync.edits.bulk.file_reading import FileNote, FileOptions
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.request_schemas import BulkEdit, BulkOptions
from emagsync.offers.export_columns import HeadingLanguage
from emagsync.rest.bodies import UploadedFile, read_json, read_upload
from emagsync.rest.problems import ApiProblem, invalid
from emagsync.rest.truth_values import refuse_truth
from emagsync.rest.unknown_names import name_nearest

T = TypeVar("T", bound=BaseModel)
_REASONS: Final = TypeAdapter(dict[int, str])
_MOST_REASONS: Final = 8 * 1024 * 1024


class BulkFile(BulkOptions):
    """A CSV or XLSX file of edits. A row names the columns: `emag_id`, `part_number`, PNK or EAN, `account`, fields."""

    file: bytes = Field(json_schema_extra={"type": "string", "format": "binary"})
    preview: bool = Field(default=True, description="A file is only previewed unless this is false.")
    include_hidden: bool = Field(
        default=False, description="Accepts rows and columns that are hidden in an XLSX file; `confirm` does not."
    )
    decimal: DecimalMark | None = Field(
        default=None, description="How the file writes decimals, where it may be asked."
    )
    locale: str | None = Field(
        default=None,
        max_length=20,
        description="Of who sends it, such as `ro`: decides numbers that could be two where the file does not show it.",
    )


class FailedRowsFile(BulkFile):
    """A file of edits of which those rows are wanted that cannot be stored as they are."""

    language: HeadingLanguage = Field(default="en", description="Of the headings of what is added.")
    reasons: str = Field(
        default="{}",
        description="JSON: what is to stand beside a row, by its number, in the sender's words. Without it: English.",
    )

    def reasons_by_row(self) -> dict[int, str]:
        """`reasons`, read. Raises a 422 problem."""
        try:
            return _REASONS.validate_json(self.reasons)
        except ValidationError as error:
            raise invalid("reasons", "This is no JSON object of texts by number of row.", "json_invalid") from error


class BulkBody(NamedTuple):
    """A parsed body: the change requests, the options, and the file's name and what it holds if they came in one."""

    requests: Sequence[ChangeRequest]
    options: BulkOptions
    file_name: str | None = None
    file_note: FileNote | None = None


async def read_bulk(request: Request, files: FileReader) -> BulkBody:
    """Read and validate the body. Raises 415 and 422 problems, FileUnreadable and FilesBusy."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _form(request, files)
    if kind != "application/json":
        raise ApiProblem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the edits as application/json, or a CSV or XLSX file as multipart/form-data.",
        )
    document = await read_json(request)
    refuse_truth(document, BulkEdit)
    bulk = _validated(BulkEdit, document)
    return BulkBody(bulk.change_requests(), bulk)


async def read_failed(request: Request, files: FileReader) -> tuple[BulkBody, FailedRowsFile]:
    """A form with a file whose failed rows are wanted. Raises 422 problems, FileUnreadable and FilesBusy."""
    upload = await read_upload(request, "file", most_fields=12, most_field_bytes=_MOST_REASONS)
    options = _validated(FailedRowsFile, {"file": b"", **upload.fields})
    return await _read(upload, options, files), options


async def _form(request: Request, files: FileReader) -> BulkBody:
    upload = await read_upload(request, "file", most_fields=10)
    return await _read(upload, _validated(BulkFile, {"file": b"", **upload.fields}), files)


async def _read(upload: UploadedFile, options: BulkFile, files: FileReader) -> BulkBody:
    wanted = FileOptions(options.account, options.confirm, options.include_hidden, options.decimal, options.locale)
    read = await files.read(upload.content, wanted)
    return BulkBody(read.requests, options, upload.name[:200] if upload.name else None, read.note)


def _validated(model: type[T], values: Mapping[str, Any]) -> T:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        errors = [{**detail, "loc": ("body", *detail["loc"])} for detail in error.errors(include_url=False)]
        raise RequestValidationError(name_nearest(errors, model)) from error
