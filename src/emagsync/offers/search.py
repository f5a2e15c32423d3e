"""What search looks in: the name, part number, part number key, EANs and brand of every offer, folded.

Kept by the transaction that writes the offers; an offer whose words did not change costs a comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkSelect, among
from emagsync.db.search_index import Replaced, SearchIndex, searchable
from emagsync.offers.tables import offer_search, offers

SEARCH_INDEX = SearchIndex(offer_search, key=offer_search.c.offer_id, content=offer_search.c.text)

_stored = BulkSelect(
    select(offers.c.emag_id, offers.c.id, offer_search.c.text)
    .outerjoin(offer_search, offer_search.c.offer_id == offers.c.id)
    .where(offers.c.account == bindparam("of_account"), among(offers.c.emag_id))
)


class Searchable(Protocol):
    """An offer as search sees it; `eans` are separated by spaces."""

    @property
    def emag_id(self) -> int: ...
    @property
    def name(self) -> str | None: ...
    @property
    def part_number(self) -> str | None: ...
    @property
    def part_number_key(self) -> str | None: ...
    @property
    def eans(self) -> str: ...
    @property
    def brand(self) -> str | None: ...


def text_of(offer: Searchable) -> str:
    """The offer's words; the name is first, so that they also sort by name."""
    return searchable((offer.name, offer.part_number, offer.part_number_key, *offer.eans.split(), offer.brand))


async def index_offers(connection: AsyncConnection, account: str, written: Sequence[Searchable]) -> None:
    """Let search find `written`, whose rows are stored already."""
    if not written:
        return
    ids = [offer.emag_id for offer in written]
    stored = {row.emag_id: row for row in await _stored.run(connection, ids, of_account=account)}
    added: list[tuple[int, str]] = []
    replaced: list[Replaced] = []
    for offer in written:
        row, words = stored[offer.emag_id], text_of(offer)
        if row.text is None:
            added.append((row.id, words))
        elif row.text != words:
            replaced.append(Replaced(row.id, row.text, words))
    await SEARCH_INDEX.replace(connection, replaced)
    await SEARCH_INDEX.add(connection, sorted(added))
