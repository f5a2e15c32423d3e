"""The routes of sources: `/api/v1/sources`. Logins come in, and never go out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from emagsync.audit.service import audit
from emagsync.core.public_addresses import without_path
from emagsync.rest.auth import Admin, Operator, Viewer
from emagsync.rest.bodies import read_raw
from emagsync.rest.paging import MOST_ROWS, decode_id, encode_cursor
from emagsync.rest.principals import Principal, Role
from emagsync.rest.problems import problem_responses
from emagsync.sources.dependencies import Readings, Sources
from emagsync.sources.fetching.fetched import Fetched
from emagsync.sources.reading.options import FileFormat, KeyField
from emagsync.sources.schemas import (
    ApplyRequest,
    Encoding,
    FormatSettings,
    Look,
    LookRequest,
    Reading,
    ReadingList,
    ReadingRowList,
    ReadRequest,
    RowKind,
    RowPath,
    Separator,
    Source,
    SourceChange,
    SourceKind,
    SourceList,
    SourceRequest,
)

router = APIRouter(prefix="/api/v1/sources", tags=["sources"])

SourceId = Annotated[str, Path(min_length=1, max_length=36)]
ReadingId = Annotated[int, Path(ge=1, le=2**53)]
Cursor = Annotated[str | None, Field(max_length=1000, description="`next_cursor` of the page before.")]
# The file itself is the body, of whatever type its sender says.
_FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("")
async def list_sources(caller: Viewer, sources: Sources) -> SourceList:
    """Every source, and what became of its last reading. `address` is whole for admins only."""
    found = [_shown(source, caller) for source in await sources.list_sources()]
    return SourceList(sources=found, folder=sources.has_folder)


@router.post("", status_code=HTTPStatus.CREATED, responses=problem_responses(409))
async def add_source(request: Request, caller: Admin, sources: Sources, asked: SourceRequest) -> Source:
    """Add a source. One with an interval is read for the first time within a minute."""
    source = await sources.add(asked)
    await audit(request, caller, "source.add", source.name, _told(source))
    return source


@router.post("/look", responses=problem_responses(404, 502, 503))
async def look_at_source_address(_: Admin, sources: Sources, asked: LookRequest) -> Look:
    """Fetch a file and say what it is: its format, its first rows, and what its columns are taken for."""
    return await sources.look(asked)


class FileQuery(BaseModel):
    """How a file that is sent is read; what is left out is as the file shows it."""

    model_config = ConfigDict(extra="forbid")

    format: FileFormat | None = None
    encoding: Encoding | None = None
    separator: Separator | None = None
    has_headings: bool = True
    row_path: RowPath | None = None
    key: KeyField | None = None


@router.post("/look/file", responses=problem_responses(503), openapi_extra=_FILE_BODY)
async def look_at_source_file(
    request: Request, _: Operator, sources: Sources, query: Annotated[FileQuery, Query()]
) -> Look:
    """Say what the file in the body is. Nothing is stored."""
    settings = FormatSettings.model_validate(query.model_dump(exclude={"key"}))
    return await sources.look_at(await read_raw(request), settings, None, query.key)


class ReadingQuery(BaseModel):
    """Which readings."""

    limit: int = Field(default=20, ge=1, le=MOST_ROWS)
    cursor: Cursor = None


@router.get("/readings")
async def list_all_readings(_: Viewer, sources: Sources, query: Annotated[ReadingQuery, Query()]) -> ReadingList:
    """Readings of all sources, newest first."""
    return await _readings(sources, None, query)


@router.get("/{source_id}", responses=problem_responses(404))
async def get_source(caller: Viewer, sources: Sources, source_id: SourceId) -> Source:
    """One source. `address` is whole for admins only."""
    return _shown(await sources.get(source_id), caller)


@router.patch("/{source_id}", responses=problem_responses(404, 409))
async def change_source(
    request: Request, caller: Admin, sources: Sources, source_id: SourceId, asked: SourceChange
) -> Source:
    """Change a source. After a change of how it is read, its file is taken in anew."""
    source = await sources.change(source_id, asked)
    await audit(request, caller, "source.change", source.name, _told(source))
    return source


@router.delete("/{source_id}", status_code=HTTPStatus.NO_CONTENT, responses=problem_responses(404))
async def remove_source(request: Request, caller: Admin, sources: Sources, source_id: SourceId) -> None:
    """Delete a source with its readings. The edits that these made stay."""
    source = await sources.get(source_id)
    await sources.remove(source_id)
    await audit(request, caller, "source.remove", source.name)


@router.post("/{source_id}/read", responses=problem_responses(404, 409))
async def read_source(
    request: Request,
    caller: Operator,
    readings: Readings,
    source_id: SourceId,
    asked: ReadRequest | None = None,
) -> Reading:
    """Fetch the source's file and read it now. The answer comes when that is done, and says what became of it."""
    force = asked is not None and asked.force
    reading = await readings.read(source_id, trigger="request", by=caller.username, force=force)
    await audit(request, caller, "source.read", source_id, _outcome(reading))
    return reading


@router.post("/{source_id}/file", responses=problem_responses(404, 409), openapi_extra=_FILE_BODY)
async def send_source_file(
    request: Request,
    caller: Operator,
    readings: Readings,
    source_id: SourceId,
    name: Annotated[str | None, Query(max_length=200, description="Of the file, for people.")] = None,
    force: Annotated[bool, Query(description="Take in what was taken in before, or is much shorter.")] = False,
) -> Reading:
    """Read the file in the body as the source's. The answer says what became of it."""
    sent = Fetched(await read_raw(request), name)
    reading = await readings.read(source_id, trigger="upload", by=caller.username, sent=sent, force=force)
    await audit(request, caller, "source.read", source_id, _outcome(reading))
    return reading


@router.get("/{source_id}/readings", responses=problem_responses(404))
async def list_readings(
    _: Viewer, sources: Sources, source_id: SourceId, query: Annotated[ReadingQuery, Query()]
) -> ReadingList:
    """Readings of a source, newest first."""
    return await _readings(sources, source_id, query)


@router.get("/{source_id}/readings/{reading_id}", responses=problem_responses(404))
async def get_reading(_: Viewer, sources: Sources, source_id: SourceId, reading_id: ReadingId) -> Reading:
    """One reading."""
    return await sources.reading(source_id, reading_id)


class RowQuery(BaseModel):
    """Which rows of a reading."""

    kind: RowKind | None = None
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)
    cursor: Cursor = None


@router.get("/{source_id}/readings/{reading_id}/rows", responses=problem_responses(404))
async def list_reading_rows(
    _: Viewer, sources: Sources, source_id: SourceId, reading_id: ReadingId, query: Annotated[RowQuery, Query()]
) -> ReadingRowList:
    """What a reading changes, and the rows that it could not use, each problem with its cell."""
    after = -1 if query.cursor is None else decode_id("source_rows", query.cursor)
    found = await sources.rows(source_id, reading_id, kind=query.kind, limit=query.limit + 1, after=after)
    page = found[: query.limit]
    more = encode_cursor("source_rows", [page[-1].position]) if len(found) > query.limit else None
    return ReadingRowList(rows=page, next_cursor=more)


@router.post("/{source_id}/readings/{reading_id}/apply", responses=problem_responses(404, 409))
async def apply_reading(
    request: Request,
    caller: Operator,
    readings: Readings,
    source_id: SourceId,
    reading_id: ReadingId,
    asked: ApplyRequest | None = None,
) -> Reading:
    """Make edits of what the newest reading would change, and with `confirm` of what looks like a mistake."""
    confirm = asked is not None and asked.confirm
    reading = await readings.apply(source_id, reading_id, by=caller.username, confirm=confirm)
    await audit(request, caller, "source.apply", source_id, _outcome(reading) | {"confirm": confirm})
    return reading


async def _readings(sources: Sources, source_id: str | None, query: ReadingQuery) -> ReadingList:
    before = None if query.cursor is None else decode_id("source_readings", query.cursor)
    found = await sources.readings(source_id, limit=query.limit + 1, before=before)
    page = found[: query.limit]
    more = encode_cursor("source_readings", [page[-1].id]) if len(found) > query.limit else None
    return ReadingList(readings=page, next_cursor=more)


def _shown(source: Source, caller: Principal) -> Source:
    """The source as the caller may see it. Who may not set its address sees no more of it than where it leads."""
    return source if caller.role.allows(Role.ADMIN) else _without_path(source)


def _without_path(source: Source) -> Source:
    if source.kind is not SourceKind.HTTPS or source.address is None:
        return source
    return source.model_copy(update={"address": without_path(source.address)})


def _told(source: Source) -> dict[str, Any]:
    names = {"kind", "address", "account", "mode", "missing_means", "interval_minutes", "enabled"}
    return _without_path(source).model_dump(mode="json", include=names)


def _outcome(reading: Reading) -> dict[str, Any]:
    return {"reading": reading.id, "status": reading.status, "batch_id": reading.batch_id} | reading.counts.model_dump()
