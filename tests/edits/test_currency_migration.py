"""Prices of edits of before are in the currency that their offer had when they were made."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from emagsync.db.engine import Database
from emagsync.edits import conflict_repository, repository
from emagsync.edits.model import ConflictFilter, EditFilter
from support.databases import address_in, is_postgresql
from support.migrating import bring_to, insert_row, take_back_to

pytestmark = pytest.mark.databases("both", often="sqlite")

BEFORE = "20261128_15"


def on_day(day: int) -> datetime:
    moment = datetime.fromisoformat(f"2026-01-{day:02}T12:00:00+00:00")
    return moment if is_postgresql() else moment.replace(tzinfo=None)


# Offer, field, and the day in January 2026 on which it was edited; then the currency that its values are in.
EDITS: list[tuple[int, str, int, str | None]] = [
    (1, "sale_price", 5, "RON"),  # never another
    (1, "stock", 5, None),
    (2, "min_sale_price", 5, "BGN"),  # before the offer changed
    (2, "sale_price", 15, "EUR"),  # between its two changes
    (2, "max_sale_price", 25, "PLN"),  # after both
    (3, "sale_price", 5, None),  # an offer that is not in the copy
]


def put_in(connection: Connection) -> None:
    for emag_id, currency in ((1, "RON"), (2, "PLN")):
        insert_row(connection, "offers", account="main", emag_id=emag_id, currency=currency, eans="[]")
    for seq, (day, old, new) in enumerate([(1, None, "BGN"), (10, "BGN", "EUR"), (20, "EUR", "PLN")], start=1):
        values: dict[str, Any] = {"seq": seq, "field": "currency", "old": old, "new": new, "at": on_day(day)}
        insert_row(connection, "offer_changes", account="main", emag_id=2, **values)
    for number, (emag_id, field, day, _) in enumerate(EDITS, start=1):
        of_edit: dict[str, Any] = {"account": "main", "emag_id": emag_id, "field": field, "warehouse_id": 0}
        insert_row(
            connection,
            "local_edits",
            **of_edit,
            id=number,
            state="conflict" if number == 3 else "open",
            source="api",
            made_at=on_day(day),
        )
    insert_row(connection, "conflicts", account="main", emag_id=2, field="min_sale_price", edit_id=3, state="open")


async def test_edits_and_conflicts_get_the_currency_of_their_time(tmp_path: Path) -> None:
    async with Database(address_in(tmp_path, migrated=False)) as database:
        for attempt in range(2):  # and once more after a downgrade
            async with database.engine.begin() as connection:
                await connection.run_sync(bring_to, BEFORE)
                if attempt == 0:
                    await connection.run_sync(put_in)
                await connection.run_sync(bring_to, "head")
            async with database.snapshot() as connection:
                edits = await repository.list_edits(connection, EditFilter(), limit=100)
                [conflict] = await conflict_repository.list_conflicts(connection, ConflictFilter(), limit=100)
            assert [edit.currency for edit in reversed(edits)] == [expected for *_, expected in EDITS]
            assert (conflict.currency, conflict.emag_currency, conflict.is_of_currency) == ("BGN", "PLN", True)
            async with database.engine.begin() as connection:
                await connection.run_sync(take_back_to, BEFORE)
