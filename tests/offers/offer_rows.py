"""Offers put into a local copy the way a run does it, with defaults for what a test does not care about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import event

from emagsync.db.engine import Database
from emagsync.offers import repository, search
from emagsync.offers.records import Observation, OfferRecord
from emagsync.offers.value_lists import list_text

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def offer(emag_id: int, **changes: Any) -> OfferRecord:
    """One offer that sells, with `changes`."""
    values: dict[str, Any] = dict.fromkeys(OfferRecord._fields)
    values |= {
        "emag_id": emag_id,
        "part_number": f"SKU-{emag_id}",
        "part_number_key": f"D{emag_id:05}BM",
        "name": f"Lampă {emag_id}",
        "brand": "Nordika",
        "status": 1,
        "sale_price": Decimal("121.8400"),
        "currency": "RON",
        "stock": 5,
        "validation_status": 9,
        "offer_validation_status": 1,
        "eans": [f"59400000{emag_id:05}"],
        "sellable": True,
        "not_sellable": "",
        "payload": f'{{"id":{emag_id},"sale_price":121.8400}}',
    }
    values |= changes
    values["eans"] = list_text(values["eans"])
    values["payload"] = values["payload"].encode()
    values["rewrites_payload"] = False
    values["fingerprint"] = f"{hash(tuple(sorted((k, str(v)) for k, v in values.items()))) & (2**127 - 1):032x}"
    values["raw_digest"] = bytes.fromhex(values["fingerprint"])
    return OfferRecord(**values)


async def store(
    database: Database, records: Iterable[OfferRecord], *, account: str = "main", at: datetime = AT, run: str = "run-1"
) -> None:
    """Store the offers as one page of a run, and let search find them."""
    async with database.transaction() as connection:
        await repository.apply(connection, Observation(account, run, at), same=(), read=list(records))
    await search.catch_up(database)


async def remove(database: Database, *ids: int, account: str = "main", at: datetime = AT) -> None:
    """Mark offers removed."""
    async with database.transaction() as connection:
        await repository.mark_removed(connection, Observation(account, "run-9", at), ids)


@contextmanager
def statements_of(copy: Database) -> Iterator[list[str]]:
    """The statements that are executed by SQLAlchemy within the block."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(copy.engine.sync_engine, "before_cursor_execute", hear)
    yield said
    event.remove(copy.engine.sync_engine, "before_cursor_execute", hear)
