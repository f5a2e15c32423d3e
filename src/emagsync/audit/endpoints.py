"""Reading the audit log: `GET /api/v1/audit`, for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel

from emagsync.audit import repository
from emagsync.audit.repository import EntryFilter
from emagsync.rest.auth import Admin
from emagsync.rest.paging import MOST_ROWS, decode_id, encode_cursor
from emagsync.rest.state import State
from emagsync.rest.timestamps import UtcTimestamp

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

_KIND = "audit"


class Entry(BaseModel):
    """Who (`username`, as a `user`, `session`, `token` or `cli`) did what (`action`) to what (`target`), from where.

    A login that was refused is `auth.refused` with the caller `login`; `username` is `-` where no user has the name.
    """

    id: int
    at: datetime
    username: str
    user_id: int | None
    caller: str
    token_id: int | None
    address: str | None
    action: str
    target: str
    detail: dict[str, Any]


class Entries(BaseModel):
    """Newest first. `next_cursor` is null at the end."""

    entries: list[Entry]
    next_cursor: str | None


@router.get("")
async def read_audit_log(
    state: State,
    _: Admin,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
    action: Annotated[
        str | None, Query(pattern=r"^[a-z_.]{1,64}$", description="Only this action, such as `user.add`.")
    ] = None,
    username: Annotated[str | None, Query(max_length=80, description="Only what this user did.")] = None,
    since: Annotated[UtcTimestamp | None, Query(description="At this time or later; without a zone it is UTC.")] = None,
    until: Annotated[UtcTimestamp | None, Query(description="Before then.")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Entries:
    """What was changed, newest first."""
    entry_filter = EntryFilter(action, username, since, until)
    before = None if cursor is None else decode_id(_KIND, cursor)
    async with state.database.snapshot() as connection:
        rows = await repository.entries(connection, entry_filter, before=before, limit=limit + 1)
    entries = [Entry.model_validate({**row, "detail": orjson.loads(row["detail"])}) for row in rows[:limit]]
    return Entries(entries=entries, next_cursor=encode_cursor(_KIND, [entries[-1].id]) if len(rows) > limit else None)
