"""`GET /statistics`: what the local copy holds and how fresh it is. It joins offers and runs, so it is in this room."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from emagsync.offers.schemas import AccountTotals
from emagsync.offers.statistics import read_totals
from emagsync.rest.auth import Viewer
from emagsync.rest.quick_route import QuickRoute
from emagsync.rest.state import State
from emagsync.sync import repository
from emagsync.sync.api_schemas import RunView, run_view
from emagsync.sync.schemas import Run

router = APIRouter(prefix="/api/v1/emag/products", tags=["products"], route_class=QuickRoute)

_RECENT = 10


class AccountStatistics(BaseModel):
    """One account; all counts but `removed` leave the removed products out."""

    products: int
    active: int
    sellable: int
    out_of_stock: int
    rejected: int = Field(description="eMAG rejected the brand, EAN, documentation or price, or blocked it.")
    removed: int
    currencies: dict[str, int] = Field(description="How many have their prices in each. Prices are summed nowhere.")
    last_completed_run: RunView | None
    oldest_seen_at: datetime | None = Field(description="When the product that no run has seen for longest was seen.")
    oldest_age_seconds: float | None


class Statistics(BaseModel):
    """What the local copy holds."""

    products_by_account: dict[str, int]
    total_products: int
    recent_syncs: list[RunView]
    accounts: dict[str, AccountStatistics]


@router.get("/statistics", response_model=Statistics)
async def get_statistics(state: State, _: Viewer) -> Response:
    """What the local copy holds, by account, and the last ten runs."""
    now = state.clock.now()
    totals, (newest, completed_runs) = await read_totals(
        state.database, repository.newest_runs(_RECENT), repository.LAST_COMPLETED
    )
    completed = {run.account: run for run in repository.runs_of(completed_runs)}
    document = Statistics(
        products_by_account={account: found.offers for account, found in totals.items()},
        total_products=sum(found.offers for found in totals.values()),
        recent_syncs=[run_view(run, now) for run in repository.runs_of(newest)],
        accounts={account: _account(found, completed.get(account), now) for account, found in totals.items()},
    )
    # FastAPI would validate and convert each part of it once more.
    return Response(document.model_dump_json(), media_type="application/json")


def _account(totals: AccountTotals, completed: Run | None, now: datetime) -> AccountStatistics:
    oldest = totals.oldest_seen_at
    return AccountStatistics(
        products=totals.offers,
        active=totals.active,
        sellable=totals.sellable,
        out_of_stock=totals.out_of_stock,
        rejected=totals.rejected,
        removed=totals.removed,
        currencies=dict(totals.currencies),
        last_completed_run=None if completed is None else run_view(completed, now),
        oldest_seen_at=oldest,
        oldest_age_seconds=None if oldest is None else max((now - oldest).total_seconds(), 0.0),
    )
