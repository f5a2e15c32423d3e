"""Reads the body of a bulk edit: a list as JSON, or a form with a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from emagsync.edits.bulk.file_import import read_file
from emagsync.edits.change_request import ChangeRequest
from emagsync.edits.request_schemas import BulkEdit, BulkOptions
from emagsync.rest.problems import ApiProblem, invalid

T = TypeVar("T", bound=BaseModel)


class BulkFile(BulkOptions):
    """A CSV or XLSX file of edits. Its first row names the columns: `emag_id` or `sku`, `account`, and the fields."""

    file: bytes = Field(json_schema_extra={"type": "string", "format": "binary"})
    preview: bool = Field(default=True, description="A file is only previewed unless this is false.")


class BulkBody(NamedTuple):
    """A parsed body: the change requests, the options, and the file's name if they came in one."""

    requests: list[ChangeRequest]
    options: BulkOptions
    file_name: str | None


async def read_bulk(request: Request) -> BulkBody:
    """Read and validate the body. Raises 415 and 422 problems, and FileUnreadable."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _form(request)
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
    return BulkBody(bulk.change_requests(), bulk, None)


async def _form(request: Request) -> BulkBody:
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise invalid("file", "the form has no file with this name", "missing")
        values = {name: value for name, value in form.items() if name != "file" and value != ""}
        content, name = await upload.read(), upload.filename
    options = _validated(BulkFile, {"file": b"", **values})
    # Ten thousand rows of a spreadsheet take seconds.
    requests = await asyncio.to_thread(
        read_file, content, default_account=options.account_type, confirm=options.confirm
    )
    return BulkBody(requests, options, name[:200] if name else None)


def _validated(model: type[T], values: Mapping[str, Any]) -> T:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise RequestValidationError(
            [{**detail, "loc": ("body", *detail["loc"])} for detail in error.errors(include_url=False)]
        ) from error
