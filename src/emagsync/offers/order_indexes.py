"""Making the index that an order needs, when a list is sorted so for the first time."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

import structlog

from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.offers import order_index_repository
from emagsync.offers.order_index_repository import OrderIndex
from emagsync.offers.selection import Order

log = structlog.get_logger()

# Which were made or found, and which could not be made, by this process: nobody takes them away while it runs.
_TRIED: Final[WeakKeyDictionary[Database, dict[str, bool]]] = WeakKeyDictionary()


async def order_index(database: Database, order: Order) -> OrderIndex | None:
    """The index to read offers in this order by; None where they are to be sorted: the offers are few, or it could not
    be made, as on a full disk, which is logged once."""
    index = order_index_repository.index_for(order, "sqlite" if database.is_sqlite else "postgresql")
    if index is None:
        return None
    tried = _TRIED.setdefault(database, {})
    if index.name not in tried:
        async with database.snapshot() as connection:
            if not await order_index_repository.are_many(connection):
                return None
        tried[index.name] = await _made(database, index)
    return index if tried[index.name] else None


async def _made(database: Database, index: OrderIndex) -> bool:
    try:
        async with database.transaction() as connection:
            await order_index_repository.make(connection, index)
    except DatabaseError as error:
        # A list that takes longer is better than none.
        log.warning("order_index_not_made", index=index.name, error=str(error))
        return False
    return True
