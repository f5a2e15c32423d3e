"""Keeping what lists of offers that share an EAN are read from up to date."""

from __future__ import annotations

from dataclasses import replace

from emagsync.db.engine import Database
from emagsync.offers import same_ean_repository
from emagsync.offers.selection import OfferFilter


async def prepared(database: Database, offer_filter: OfferFilter) -> OfferFilter:
    """The same selection; where it asks for shared EANs, what is kept of them is brought up to date first."""
    if not offer_filter.same_ean:
        return offer_filter
    await _catch_up(database)
    return replace(offer_filter, hints=offer_filter.hints._replace(eans_are_kept=True))


async def _catch_up(database: Database) -> None:
    async with database.snapshot() as connection:
        changes = await same_ean_repository.unread(connection)
    if changes.is_nothing:
        return
    if not changes.is_much:
        async with database.transaction() as connection:
            await same_ean_repository.add_changed(connection, changes)
        return
    # Some at a time: others can write between them. What they change meanwhile is read from the log the next time.
    after: tuple[str, int] | None = ("", -1)
    while after is not None:
        async with database.transaction() as connection:
            after = await same_ean_repository.add_some(connection, after)
    async with database.transaction() as connection:
        await same_ean_repository.set_mark(connection, changes.until)
