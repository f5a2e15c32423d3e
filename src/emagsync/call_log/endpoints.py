"""`GET /api/v1/emag/calls`: the log of calls to eMAG."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from emagsync.call_log.repository import CallFilter
from emagsync.call_log.schemas import EmagCalls
from emagsync.call_log.service import read_calls
from emagsync.core.vocabulary import QueryModel
from emagsync.rest.auth import Viewer
from emagsync.rest.paging import MOST_ROWS, decode_id, encode_cursor
from emagsync.rest.state import State
from emagsync.rest.timestamps import UtcTimestamp

router = APIRouter(prefix="/api/v1/emag/calls", tags=["calls"])

_KIND = "emag_calls"


class CallQuery(QueryModel):
    """Filters of the log: a call must match all that are given."""

    account: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_]{0,31}$")
    route: str | None = Field(default=None, pattern=r"^[a-z0-9_/]{1,64}$", description="Such as `product_offer/read`.")
    outcome: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9_]{1,32}$",
        description="`ok`, `failed` for all others (saves that were refused in part among them), or an error's code.",
    )
    since: UtcTimestamp | None = None
    until: UtcTimestamp | None = None
    run_id: str | None = Field(default=None, min_length=1, max_length=36)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)

    def filter(self) -> CallFilter:
        """These parameters as a filter."""
        account = self.account.lower() if self.account else None
        return CallFilter(account, self.route, self.outcome, self.since, self.until, self.run_id)


@router.get("")
async def list_calls(state: State, _: Viewer, query: Annotated[CallQuery, Query()]) -> EmagCalls:
    """Calls to eMAG, the latest written first: all that failed and all writes; of other successes a sample."""
    before = None if query.cursor is None else decode_id(_KIND, query.cursor)
    calls, more = await read_calls(state.database, query.filter(), before=before, limit=query.limit)
    return EmagCalls(calls=calls, next_cursor=encode_cursor(_KIND, [calls[-1].id]) if more else None)
