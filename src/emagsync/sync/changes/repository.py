"""The SQL of what runs changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkSelect, among
from emagsync.offers.change_kinds import ChangeKind
from emagsync.offers.notable_repository import changed_offers
from emagsync.offers.records import LIFECYCLE
from emagsync.offers.selection import ChangeFilter
from emagsync.offers.tables import notable_changes, offer_changes, offers
from emagsync.sync.changes.schemas import Fields
from emagsync.sync.tables import sync_differences

_named = BulkSelect(
    select(offers.c.emag_id, offers.c.id, offers.c.part_number, offers.c.name, offers.c.currency).where(
        among(offers.c.account, offers.c.emag_id)
    )
)


class Happened(NamedTuple):
    """What a run did to an offer. `lifecycle`: created, removed or returned, if it did."""

    fields: Fields
    kinds: tuple[ChangeKind, ...]
    lifecycle: str | None


async def names_of(connection: AsyncConnection, account: str, ids: Collection[int]) -> dict[int, Any]:
    """The offers that the copy has, by eMAG's id: `id`, `part_number`, `name`, `currency`."""
    if not ids:
        return {}
    return {row.emag_id: row for row in await _named.run(connection, sorted(ids), of_account=account)}


async def count_changed(connection: AsyncConnection, run_id: str) -> int:
    """How many offers a run changed."""
    keys = changed_offers(ChangeFilter(run_id=run_id)).subquery()
    return await connection.scalar(select(func.count()).select_from(keys)) or 0


async def changed_ids(
    connection: AsyncConnection, run_id: str, kinds: tuple[ChangeKind, ...], *, after: int, limit: int
) -> list[int]:
    """eMAG's ids of the first offers behind `after` that a run changed, of one of `kinds` (none: any)."""
    keys = changed_offers(ChangeFilter(kinds=kinds, run_id=run_id)).subquery()
    query = select(keys.c.emag_id).where(keys.c.emag_id > after).order_by(keys.c.emag_id).limit(limit)
    return list((await connection.execute(query)).scalars())


async def happened(
    connection: AsyncConnection, run_id: str, *, between: tuple[int, int] | None = None
) -> dict[int, Happened]:
    """What a run did to each offer: to those whose ids are within `between`, both included, or to all."""
    logged, noted = offer_changes.c, notable_changes.c
    log = select(logged.emag_id, logged.field, logged.old, logged.new).where(logged.run_id == run_id)
    kinds = select(noted.emag_id, noted.kind).where(noted.run_id == run_id)
    if between is not None:
        log, kinds = log.where(logged.emag_id.between(*between)), kinds.where(noted.emag_id.between(*between))
    return _together(
        (await connection.execute(log.order_by(logged.seq))).all(),
        (await connection.execute(kinds.order_by(noted.id))).all(),
    )


async def count_differences(connection: AsyncConnection, run_id: str) -> dict[ChangeKind, int]:
    """How many offers of a dry run each kind has."""
    query = select(sync_differences.c.kinds, func.count()).where(sync_differences.c.run_id == run_id)
    counted: dict[ChangeKind, int] = defaultdict(int)
    for names, number in await connection.execute(query.group_by(sync_differences.c.kinds)):
        for name in (names or "").split():
            counted[ChangeKind(name)] += number
    return counted


def _together(log: Sequence[Any], noted: Sequence[Any]) -> dict[int, Happened]:
    fields: dict[int, Fields] = defaultdict(dict)
    lifecycle: dict[int, str] = {}
    kinds: dict[int, dict[ChangeKind, None]] = defaultdict(dict)
    for row in log:
        if row.field == LIFECYCLE:
            lifecycle[row.emag_id] = row.new
            if row.new == "created":
                kinds[row.emag_id][ChangeKind.NEW] = None
        else:
            # Read twice, an offer may have changed twice: from what it was first to what it was last.
            before = fields[row.emag_id].get(row.field, (row.old, None))[0]
            fields[row.emag_id][row.field] = (before, row.new)
    for row in noted:
        kinds[row.emag_id][ChangeKind(row.kind)] = None
    return {
        emag_id: Happened(fields.get(emag_id, {}), tuple(kinds.get(emag_id, ())), lifecycle.get(emag_id))
        for emag_id in _keys(fields, kinds, lifecycle)
    }


def _keys(*by_id: Mapping[int, object]) -> list[int]:
    return sorted(set().union(*by_id))
