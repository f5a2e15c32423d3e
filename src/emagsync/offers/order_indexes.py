"""Making the index that an order needs, when a list is sorted so for the first time."""

from __future__ import annotations

import time
from typing import Final
from weakref import WeakKeyDictionary

import structlog

from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.offers import order_index_repository
from emagsync.offers.order_index_repository import OrderIndex
from emagsync.offers.selection import Order

log = structlog.get_logger()

# What kept one from being made, such as a full disk or a long transaction of others, may be over after so many seconds.
AGAIN_AFTER: Final = 600.0


# Whether few offers have become many is asked again after so many seconds: not at each list of a small shop.
FEW_FOR: Final = 60.0


class _Known:
    """Which indexes this process made or found, for nobody takes them away while it runs; when one last failed; and
    when offers were last found to be few."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.failed: dict[str, float] = {}
        self.few_at = -FEW_FOR

    def is_to_be_tried(self, name: str) -> bool:
        failed = self.failed.get(name)
        return failed is None or time.monotonic() - failed >= AGAIN_AFTER


_KNOWN: Final[WeakKeyDictionary[Database, _Known]] = WeakKeyDictionary()


async def order_index(database: Database, order: Order) -> OrderIndex | None:
    """The index to read offers in this order by; None where they are to be sorted: the offers are few, or it could not
    be made just now, which is logged and tried again after :data:`AGAIN_AFTER`."""
    index = order_index_repository.index_for(order, "sqlite" if database.is_sqlite else "postgresql")
    if index is None:
        return None
    known = _KNOWN.setdefault(database, _Known())
    if index.name not in known.there:
        if not known.is_to_be_tried(index.name) or not await _are_many(database, known):
            return None
        if not await _made(database, index):
            known.failed[index.name] = time.monotonic()
            return None
        known.there.add(index.name)
    return index


async def _are_many(database: Database, known: _Known) -> bool:
    if time.monotonic() - known.few_at < FEW_FOR:
        return False
    async with database.snapshot() as connection:
        are_many = await order_index_repository.are_many(connection)
    if not are_many:
        known.few_at = time.monotonic()
    return are_many


async def _made(database: Database, index: OrderIndex) -> bool:
    try:
        async with database.transaction() as connection:
            await order_index_repository.make(connection, index)
    except DatabaseError as error:
        # A list that takes longer is better than none.
        log.warning("order_index_not_made", index=index.name, error=str(error))
        return False
    return True
