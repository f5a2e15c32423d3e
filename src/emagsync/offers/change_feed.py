"""The change feed: every change of every offer in one order, without gaps, readable from any number on.

A reader that keeps the last `seq` it saw misses nothing, whoever writes meanwhile: numbers are given in the order in
which the changes become visible (`emagsync.db.ordering`), and are never given twice.
"""

from __future__ import annotations

from typing import NamedTuple

from emagsync.db.engine import Database
from emagsync.offers.change_repository import newest_change
from emagsync.offers.errors import AfterTheEnd
from emagsync.offers.product_repository import changes_after
from emagsync.offers.product_schemas import ProductChange


class FeedPage(NamedTuple):
    """Some changes in order, the number to ask for next, and whether there are more already."""

    changes: list[ProductChange]
    next_after: int
    has_more: bool


async def read_feed(database: Database, *, after: int, limit: int, accounts: tuple[str, ...] = ()) -> FeedPage:
    """The first `limit` changes whose `seq` is above `after`, of all accounts or of some. Raises AfterTheEnd."""
    async with database.snapshot() as connection:
        newest = await newest_change(connection)
        if after > newest:
            raise AfterTheEnd(after, newest)
        found = await changes_after(connection, after, limit=limit + 1, accounts=accounts)
    if len(found) > limit:
        return FeedPage(found[:limit], found[limit - 1].seq, has_more=True)
    # Nothing of these accounts is between the last one found and the newest of all.
    return FeedPage(found, newest, has_more=False)
