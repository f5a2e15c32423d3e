"""Reads the body of a bulk edit: a list as JSON, or a form with a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from emagsync.edits.bulk.file_process import FileReader
from emagsync.edits.bulk.file_reading import FileNote, FileOptions
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.request_schemas import BulkEdit, BulkOptions
from emagsync.rest.problems import ApiProblem, invalid

T = TypeVar("T", bound=BaseModel)


class BulkFile(BulkOptions):
    """A CSV or XLSX file of edits. Its first row names the columns: `emag_id` or `sku`, `account`, and the fields."""

    file: bytes = Field(json_schema_extra={"type": "string", "format": "binary"})
    preview: bool = Field(default=True, description="A file is only previewed unless this is false.")
    include_hidden: bool = Field(
        default=False, description="Accepts rows and columns that are hidden in an XLSX file; `confirm` does not."
    )


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
    if kind not in ("application/json", ""):
        raise ApiProblem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the edits as application/json, or a CSV or XLSX file as multipart/form-data.",
        )
    try:
        document = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise invalid("body", f"This is not JSON: {error}", "json_invalid") from error
    bulk = _validated(BulkEdit, document)
    return BulkBody(bulk.change_requests(), bulk)


async def _form(request: Request, files: FileReader) -> BulkBody:
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise invalid("file", "the form has no file with this name", "missing")
        values = {name: value for name, value in form.items() if name != "file" and value != ""}
        content, name = await upload.read(), upload.filename
    options = _validated(BulkFile, {"file": b"", **values})
    read = await files.read(content, FileOptions(options.account_type, options.confirm, options.include_hidden))
    return BulkBody(read.requests, options, name[:200] if name else None, read.note)


def _validated(model: type[T], values: Mapping[str, Any]) -> T:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError(
            [{**detail, "loc": ("body", *detail["loc"])} for detail in error.errors(include_url=False)]
        ) from error
