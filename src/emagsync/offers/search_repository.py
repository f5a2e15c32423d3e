"""The search index over the name, part number, part number key, EANs and brand of every offer.

An offer whose text did not change costs a comparison. SQLite's index costs a large part of a transaction however few
rows it gets, so new offers enter it many at a time (`emagsync.offers.search.catch_up`), and changed ones at once.
PostgreSQL finds an offer as soon as it is stored: there it is put on a list, which is searched too and which `catch_up`
sorts into the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkSelect, among
from emagsync.db.ready import ReadySelect
from emagsync.db.search_index import Replaced, SearchIndex, searchable_texts
from emagsync.db.search_index import Searchable as Words
from emagsync.offers.tables import offer_search, offers
from emagsync.offers.value_lists import read_lists

# How many new offers are worth a transaction of their own.
BATCH: Final = 2_000

SEARCH_INDEX = SearchIndex(offer_search, key=offer_search.c.offer_id, content=offer_search.c.text)

_stored = BulkSelect(
    select(offers.c.emag_id, offers.c.id, offer_search.c.text)
    .outerjoin(offer_search, offer_search.c.offer_id == offers.c.id)
    .where(among(offers.c.account, offers.c.emag_id))
)

# Sorted, so that two writers that meet the same offers take their locks in the same order.
_insert_created = text(
    "INSERT INTO offer_search (offer_id, text) "
    "SELECT (SELECT id FROM offers WHERE account = :account AND emag_id = created.emag_id) AS id, created.words "
    "FROM unnest(CAST(:ids AS BIGINT[]), CAST(:texts AS TEXT[])) AS created (emag_id, words) ORDER BY id "
    "ON CONFLICT (offer_id) DO UPDATE SET text = excluded.text"
)


class Searchable(Protocol):
    """The parts of an offer that search looks in; `eans` is a list as it is stored."""

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


def texts_of(found: Sequence[Searchable]) -> list[str]:
    """The searchable text of each offer; the name is first, so that it also sorts by name."""
    return searchable_texts(
        Words(offer.name, (offer.part_number, offer.part_number_key, *eans), offer.brand)
        for offer, eans in zip(found, read_lists(offer.eans for offer in found), strict=True)
    )


async def index_offers(connection: AsyncConnection, account: str, written: Sequence[Searchable]) -> None:
    """Update the index for offers whose rows are stored already; on SQLite new ones wait for `catch_up`."""
    if not written:
        return
    ids = [offer.emag_id for offer in written]
    stored = {row.emag_id: row for row in await _stored.run(connection, ids, of_account=account)}
    added: list[tuple[int, str]] = []
    replaced: list[Replaced] = []
    for offer, words in zip(written, texts_of(written), strict=True):
        row = stored[offer.emag_id]
        if row.text is None:
            added.append((row.id, words))
        elif row.text != words:
            replaced.append(Replaced(row.id, row.text, words))
    await SEARCH_INDEX.replace(connection, replaced)
    if not SEARCH_INDEX.waits(connection):
        await SEARCH_INDEX.add(connection, sorted(added))


async def index_created(connection: AsyncConnection, account: str, created: Sequence[Searchable]) -> None:
    """Index offers that had no row before; on SQLite they wait for `catch_up`."""
    if not created or SEARCH_INDEX.waits(connection):
        return
    given = {"ids": [offer.emag_id for offer in created], "texts": texts_of(created)}
    await connection.execute(_insert_created, {"account": account, **given})


async def add_unindexed(connection: AsyncConnection) -> int:
    """Index the first `BATCH` offers that search does not find yet (SQLite). Returns how many there were.

    Ids are given in the order of commits there, so the offers without an entry are exactly those above the last that
    has one.
    """
    rows = await _unindexed.run(connection)
    await SEARCH_INDEX.add(connection, list(zip((row.id for row in rows), texts_of(rows), strict=True)))
    return len(rows)


async def has_unindexed(connection: AsyncConnection) -> bool:
    """Whether there are offers that search does not find yet (SQLite)."""
    return bool(await connection.scalar(select(select(offers.c.id).where(is_unindexed()).exists())))


def is_unindexed() -> ColumnElement[bool]:
    """Whether search does not find an offer yet (SQLite)."""
    return offers.c.id > select(func.coalesce(func.max(offer_search.c.offer_id), 0)).scalar_subquery()


# As plain named tuples: SQLAlchemy's rows take longer to say a value by its name, and five are asked of each offer.
_unindexed = ReadySelect(
    select(*(offers.c[name] for name in ("id", "emag_id", "name", "part_number", "part_number_key", "eans", "brand")))
    .where(is_unindexed())
    .order_by(offers.c.id)
    .limit(BATCH)
)
