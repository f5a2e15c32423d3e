"""`emagsync offers`: the local copy, listed, shown and exported."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.entrypoints.cli.offer_key import Ean, EmagId, PartNumber, PartNumberKey, emag_id_of
from emagsync.entrypoints.cli.offer_selection import (
    Account,
    Currency,
    MaxStock,
    Removed,
    Search,
    Sellable,
    Sort,
    Status,
    expect_accounts,
    offer_filter,
    order_of,
)
from emagsync.entrypoints.cli.options import AtMost, Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.offers import detail_document, print_detail, print_offers
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.offers import queries
from emagsync.offers.reference_data import References
from emagsync.offers.schemas import OfferDetail, OfferList
from emagsync.offers.selection import OfferFilter, Order
from emagsync.reference.names import read_references


def list_offers(
    context: typer.Context,
    account: Account = None,
    search: Search = None,
    status: Status = None,
    sellable: Sellable = None,
    max_stock: MaxStock = None,
    currency: Currency = None,
    include_removed: Removed = False,
    sort: Sort = None,
    limit: AtMost = 50,
    skip: Annotated[int, typer.Option(min=0, help="Skip this many first.")] = 0,
    as_json: Json = False,
) -> None:
    """List offers of the local copy, in any order. Without --sort it is by account and id."""
    wanted = offer_filter(account, search, status, sellable, max_stock, include_removed, currency)
    order = order_of(sort, wanted)
    found = asyncio.run(_list(session_of(context), wanted, order, limit, skip))
    if as_json:
        print_json({"total": found.total, "skip": skip, "limit": limit, "offers": found.offers})
    else:
        print_offers(found, skip, order.key)


def show(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account.")],
    emag_id: EmagId = None,
    part_number: PartNumber = None,
    part_number_key: PartNumberKey = None,
    ean: Ean = None,
    changes: Annotated[int, typer.Option(min=0, max=1000, help="At most this many changes.")] = 20,
    as_json: Json = False,
) -> None:
    """Show everything about one offer. Why it does or does not sell, recent changes, the row as eMAG sent it."""
    session, account = session_of(context), account.lower()
    number = emag_id_of(session, account, emag_id, part_number=part_number, part_number_key=part_number_key, ean=ean)
    detail, known = asyncio.run(_show(session, account, number, changes))
    if as_json:
        print_json(detail_document(detail, known))
    else:
        print_detail(detail, known)


async def _list(session: Session, wanted: OfferFilter, order: Order, limit: int, skip: int) -> OfferList:
    async with session.database() as database:
        await expect_accounts(session, database, wanted)
        return await queries.list_offers(database, wanted, limit=limit, skip=skip, order=order)


async def _show(session: Session, account: str, emag_id: int, changes: int) -> tuple[OfferDetail, References]:
    async with session.database() as database:
        detail = await queries.find_offer(database, account, emag_id, changes=changes)
        async with database.snapshot() as connection:
            return detail, await read_references(connection)
