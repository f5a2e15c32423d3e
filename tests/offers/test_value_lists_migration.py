"""Lists of before, separated by spaces, become JSON lists; new columns are filled from the rows as eMAG sent them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from emagsync.db.engine import Database
from emagsync.offers.queries import list_offers
from emagsync.offers.selection import OfferFilter
from support.databases import address_in
from support.migrating import bring_to, insert_row, take_back_to

pytestmark = pytest.mark.databases("both", often="sqlite")

BEFORE, AFTER = "20261128_11", "20261128_12"
OFFERS: list[tuple[str, dict[str, Any], tuple[str, ...], str | None, str | None]] = [
    ("", {}, (), None, None),
    ("5941234567890", {"main_offer_price": "121.8400", "currency_type": "EUR"}, ("5941234567890",), "121.8400", "EUR"),
    (
        "5941234567890 40063813",
        {"main_offer_price": 99, "currency_type": []},
        ("5941234567890", "40063813"),
        "99",
        None,
    ),
    ('a"b c\\d \x01', {"main_offer_price": "n/a", "currency_type": "null"}, ('a"b', "c\\d", "\x01"), None, None),
    ("țară", {"main_offer_price": 1.5}, ("țară",), "1.5", None),
]


def put_in(connection: Connection) -> None:
    for emag_id, (eans, row, *_) in enumerate(OFFERS, start=1):
        insert_row(connection, "offers", account="main", emag_id=emag_id, eans=eans)
        insert_row(connection, "offer_payloads", account="main", emag_id=emag_id, payload={"id": emag_id} | row)


async def test_every_list_and_price_of_before_is_there_and_goes_back(tmp_path: Path) -> None:
    async with Database(address_in(tmp_path, migrated=False)) as database:
        async with database.engine.begin() as connection:
            await connection.run_sync(bring_to, BEFORE)
            await connection.run_sync(put_in)
            await connection.run_sync(bring_to, AFTER)
        async with database.engine.begin() as connection:
            rows = (await connection.execute(text("SELECT eans FROM offers ORDER BY emag_id"))).scalars()
            assert [tuple(json.loads(eans)) for eans in rows] == [offer[2] for offer in OFFERS]
        async with database.engine.begin() as connection:
            await connection.run_sync(take_back_to, BEFORE)
            rows = (await connection.execute(text("SELECT eans FROM offers ORDER BY emag_id"))).scalars()
            assert list(rows) == [" ".join(offer[2]) for offer in OFFERS]
            await connection.run_sync(bring_to, "head")
        found = (await list_offers(database, OfferFilter())).offers
        assert [offer.eans for offer in found] == [offer[2] for offer in OFFERS]
        assert [offer.main_offer_price for offer in found] == [price and Decimal(price) for *_, price, _ in OFFERS]
        assert [offer.currency_type for offer in found] == [kept for *_, kept in OFFERS]
