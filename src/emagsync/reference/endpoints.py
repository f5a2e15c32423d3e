"""Routes of the reference data: `/api/v1/emag/reference`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from emagsync.core.account_names import AccountName
from emagsync.reference import repository
from emagsync.reference.schemas import Categories, CategoryView, ReadView, Reference, VatRateView
from emagsync.rest.auth import Viewer
from emagsync.rest.state import State

router = APIRouter(prefix="/api/v1/emag/reference", tags=["reference"])


@router.get("")
async def get_reference(state: State, _: Viewer) -> Reference:
    """The VAT rates that each account has now, and when the reference data was read."""
    async with state.database.snapshot() as connection:
        rates = await repository.current_vat(connection)
        reads = await repository.reads(connection)
    return Reference(
        vat_rates=[
            VatRateView(account=account, vat_id=rate.vat_id, rate=rate.rate, name=rate.name)
            for account, found in sorted(rates.items())
            for rate in found.values()
        ],
        reads=[
            ReadView(account=one.account, kind=one.kind.value, read_at=one.read_at, error=one.error) for one in reads
        ],
    )


@router.get("/categories/{account}")
async def list_categories(state: State, _: Viewer, account: Annotated[AccountName, Path()]) -> Categories:
    """The categories of an account by name, all of them; none before they were read."""
    async with state.database.snapshot() as connection:
        found = await repository.categories_of_account(connection, account)
    return Categories(categories=[CategoryView(**one._asdict()) for one in found])
