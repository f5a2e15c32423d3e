"""Bodies that a route reads itself, for which FastAPI has no parameter: JSON, or a form with a file.

Nobody else reads a request's body (a test holds it), so that what `texts` refuses is refused in these too. Of a body
that FastAPI reads itself, a second look refuses what could be read in two ways (`refuse_ambiguous_json`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from emagsync.core import strict_json
from emagsync.core.usable_texts import usable
from emagsync.rest.problems import ApiProblem, invalid
from emagsync.rest.texts import refuse_unusable

_BODY = "body"
_MOST_FIELD_BYTES = 1024 * 1024  # of a field of a form that is no file
_MOST_SHOWN = 100  # of a name that somebody made up


class UploadedFile(NamedTuple):
    """The one file of a form, with the name that the client gives it, and the form's other fields."""

    content: bytes
    name: str | None
    fields: Mapping[str, str]


async def read_json(request: Request) -> Any:
    """The body as JSON. Raises 422 problems: what is no JSON, and texts that nothing can store."""
    content = await request.body()
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        _refuse_what_only_python_reads(content)
        raise invalid(_BODY, f"This is not JSON: {error}", "json_invalid") from error
    refuse_unusable(document, _BODY)
    _refuse_ambiguous(content)
    return document


async def refuse_ambiguous_json(request: Request) -> None:
    """Raises 422 problems for a body that FastAPI has read as JSON: an object that has a name twice, of which the last
    would count, and `NaN`.

    A dependency of the whole application.
    """
    if "_json" in vars(request):
        _refuse_ambiguous(await request.body())


async def json_with(request: Request, words: Sequence[bytes]) -> Any:
    """The body that FastAPI has read as JSON, for a second look at it; None where there is none with one of `words`."""
    if "_json" not in vars(request):
        return None
    content = await request.body()
    return await request.json() if any(word in content for word in words) else None


async def read_raw(request: Request) -> bytes:
    """The body as it is: a file, whose reader judges what is in it. Raises a 415 problem for a form: the file in it
    would be read with what a form has around it."""
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise ApiProblem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the file itself as the body, not in a form: with curl `--data-binary @FILE`, not `-F`.",
        )
    return await request.body()


async def read_upload(
    request: Request, field: str, *, most_fields: int, most_field_bytes: int = _MOST_FIELD_BYTES
) -> UploadedFile:
    """The file named `field` of a form, and the fields that are not empty. Raises 400 and 422 problems."""
    try:
        async with request.form(max_files=1, max_fields=most_fields, max_part_size=most_field_bytes) as form:
            _refuse_repeated(form)
            upload = form.get(field)
            if not isinstance(upload, UploadFile):
                raise invalid(field, "the form has no file with this name", "missing")
            fields = {name: value for name, value in form.items() if isinstance(value, str) and value != ""}
            content, name = await upload.read(), upload.filename
    except HTTPException as error:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "form_invalid", f"This is no form: {error.detail}") from error
    refuse_unusable(fields, _BODY)
    refuse_unusable(name, _BODY, field, "filename")
    return UploadedFile(content, name, fields)


def _refuse_ambiguous(content: bytes) -> None:
    try:
        strict_json.loads(content)
    except strict_json.NameRepeated as error:
        name = usable(error.name[:_MOST_SHOWN])
        raise RequestValidationError(
            [{"type": "given_repeatedly", "loc": (_BODY, name), "msg": "it stands twice in one object: give it once"}]
        ) from error
    except RecursionError as error:
        raise invalid(_BODY, "This is not JSON: it is nested too deeply.", "json_invalid") from error
    except ValueError as error:
        raise invalid(_BODY, f"This is not JSON: {error}.", "json_invalid") from error


def _refuse_repeated(form: FormData) -> None:
    names = [name for name, _ in form.multi_items()]
    repeated = [usable(name[:_MOST_SHOWN]) for name in form if names.count(name) > 1]
    if repeated:
        raise RequestValidationError(
            [
                {
                    "type": "given_repeatedly",
                    "loc": (_BODY, name),
                    "msg": "the form has it more than once: give it once",
                }
                for name in repeated
            ]
        )


def _refuse_what_only_python_reads(content: bytes) -> None:
    # Half of a surrogate pair: a text to Python, not to orjson. The refusal names its place.
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return
    refuse_unusable(document, _BODY)
