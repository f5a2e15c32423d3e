"""Routes of Home: what changed, what needs a hand, and since when the caller has not looked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field, model_validator
from starlette.responses import Response

from emagsync.core.vocabulary import QueryModel
from emagsync.home.dependencies import HomeReader
from emagsync.home.schemas import Home, Visit, VisitData
from emagsync.offers.product_parameters import AccountName, accounts_of
from emagsync.rest.auth import Viewer
from emagsync.rest.quick_route import QuickRoute
from emagsync.rest.timestamps import UtcTimestamp
from emagsync.sync.dependencies import Targets

router = APIRouter(prefix="/api/v1/emag/home", tags=["home"], route_class=QuickRoute)


class HomeQuery(QueryModel):
    """Of which time, and of which accounts."""

    since: UtcTimestamp | Literal["last_visit"] | None = Field(
        default=None,
        description="ISO 8601, or `last_visit`: the end of the caller's visit before this one. Default: a day ago, at "
        "a whole minute.",
    )
    until: UtcTimestamp | None = Field(default=None, description="Only what happened before then.")
    account: AccountName = "all"

    @model_validator(mode="after")
    def _in_order(self) -> HomeQuery:
        if isinstance(self.since, datetime) and self.until is not None and self.since >= self.until:
            raise ValueError("until must be later than since")
        return self


@router.get("", response_model=Home)
async def get_home(
    caller: Viewer, service: HomeReader, targets: Targets, query: Annotated[HomeQuery, Query()]
) -> Response:
    """What changed: numbers of offers by kind, each that of the list of products with the same filter."""
    since = query.since
    if since == "last_visit":
        since = None if caller.user_id is None else await service.last_visit(caller.user_id)
    accounts = accounts_of(query.account)
    data = await service.read(
        targets.accounts, since=since, until=query.until, accounts=accounts, account=query.account
    )
    # FastAPI would validate and convert each part of it once more.
    return Response(Home(data=data).model_dump_json(), media_type="application/json")


@router.post("/visit")
async def note_visit(caller: Viewer, service: HomeReader) -> Visit:
    """The caller looks at Home. A visit ends when the caller does not look for half an hour."""
    return Visit(
        data=VisitData(last_visit=None if caller.user_id is None else await service.note_visit(caller.user_id))
    )
