"""Reading the local copy: lists, one offer with everything about it, and the whole selection as a stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import msgspec
from sqlalchemy import Row

from emagsync.db.engine import Database
from emagsync.offers import detail_repository
from emagsync.offers.change_repository import offer_changes_of
from emagsync.offers.errors import OfferNotFound
from emagsync.offers.page_repository import OFFER_COLUMNS, PageAsked, offer_batches, page_at_once, select_page
from emagsync.offers.same_ean import prepared
from emagsync.offers.schemas import Offer, OfferDetail, OfferList, OfferRemark
from emagsync.offers.selection import OfferFilter, Order
from emagsync.offers.total_cache import TotalCache
from emagsync.offers.value_lists import read_list


async def list_offers(
    database: Database,
    offer_filter: OfferFilter,
    *,
    limit: int = 50,
    skip: int = 0,
    order: Order | None = None,
    totals: TotalCache | None = None,
) -> OfferList:
    """Offers by account and id, or in `order`: `limit` of them after the first `skip`, and how many there are."""
    offer_filter = await prepared(database, offer_filter)
    asked, totals = PageAsked(limit, skip, order or Order()), totals or TotalCache()
    page = await page_at_once(database, offer_filter, OFFER_COLUMNS, asked, totals)
    if page is None:
        async with database.snapshot() as connection:
            page = await select_page(connection, offer_filter, OFFER_COLUMNS, asked, totals)
    return OfferList(offers=tuple(_offer(row) for row in page.rows), total=page.total)


async def find_offer(database: Database, account: str, emag_id: int, *, changes: int = 20) -> OfferDetail:
    """Everything about one offer, with its newest `changes`. Raises OfferNotFound."""
    async with database.snapshot() as connection:
        row = await detail_repository.find_offer(connection, account, emag_id)
        if row is None:
            raise OfferNotFound(account, emag_id)
        return OfferDetail(
            offer=_offer(row),
            remarks=remarks_of(row.remarks),
            payload=await detail_repository.payload_of(connection, account, emag_id),
            changes=await offer_changes_of(connection, account, emag_id, limit=changes),
        )


async def stream_offers(
    database: Database, offer_filter: OfferFilter, *, batch: int = 500
) -> AsyncGenerator[Sequence[Row[Any]], None]:
    """The whole selection as it is at one moment, by account and id, in lists of at most `batch` rows.

    The rows have the fields of `Offer`, with `eans` and `not_sellable` as stored: a JSON list, and a text separated by
    single spaces.
    """
    async with (
        database.snapshot() as connection,
        aclosing(offer_batches(connection, offer_filter, batch=batch)) as batches,
    ):
        async for rows in batches:
            yield rows


def _offer(row: Any) -> Offer:
    values = {name: getattr(row, name) for name in Offer.model_fields}
    values["eans"] = tuple(read_list(row.eans))
    values["not_sellable"] = tuple(row.not_sellable.split())
    return Offer.model_validate(values)


def remarks_of(stored: str | None) -> tuple[OfferRemark, ...]:
    """The remarks of an offer from how `offers.remarks` holds them: `[[field, reason], ...]` as JSON."""
    if stored is None:
        return ()
    pairs = msgspec.json.decode(stored, type=list[tuple[str, str]])
    return tuple(OfferRemark(field=field, reason=reason) for field, reason in pairs)
