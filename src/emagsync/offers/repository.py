"""Writing the local copy: storing the offers that were read, in the caller's transaction.

What one page of 100 offers costs depends on what has changed:

    unchanged   one UPDATE of all of them (`_touch`), and when they were seen (`sightings_repository`)
    changed     the row, the payload, the search text, the change log, the kinds of the changes and the kept numbers
    respelled   the same content in other bytes: the row, which gets the new digest; nothing is logged; the payload
                only where it says more than the stored one

Two writers, such as a run and a push, may meet the same offers. Both write rows sorted by key, so that neither waits
for a row of the other while it holds one that the other needs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.bulk import BulkInsert, BulkSelect, BulkUpdate, among
from emagsync.db.ordering import serialise_change_log
from emagsync.db.types import UtcDateTime
from emagsync.offers import counts_repository, sightings_repository
from emagsync.offers.change_kinds import ChangeKind, NotableChange, notable, notable_changes_of
from emagsync.offers.counts import STATE_COLUMNS, changes_of, changes_of_removal
from emagsync.offers.notable_repository import note_changes
from emagsync.offers.records import (
    LOGGED_FIELDS,
    ChangeLogEntry,
    Comparison,
    Observation,
    OfferRecord,
    StoredOffer,
    UpsertResult,
    compare,
    field_changes,
    lifecycle,
    logged_changes,
)
from emagsync.offers.search_repository import index_created, index_offers
from emagsync.offers.tables import offer_changes, offer_payloads, offers


class _Stamps(NamedTuple):
    """The columns of `offers` that say when it was stored and seen."""

    first_seen_at: datetime
    changed_at: datetime
    last_seen_at: datetime
    last_seen_run: str
    removed_at: datetime | None


class _Payload(NamedTuple):
    """A row of `offer_payloads`."""

    account: str
    emag_id: int
    payload: bytes
    stored_at: datetime


# The columns that come from the record, and the record's values in their order: by name, so that neither the order of
# the record's fields nor that of the table's columns matters. An itemgetter costs a tenth of what attributes do.
_FROM_RECORD = tuple(column.key for column in offers.c if column.key in OfferRecord._fields)
_values_of = itemgetter(*(OfferRecord._fields.index(name) for name in _FROM_RECORD))
_by_id = attrgetter("emag_id")

_CONTENT = tuple(name for name in _FROM_RECORD if name != "emag_id")
_COLUMNS = [offers.c[name] for name in ("account", *_FROM_RECORD, *_Stamps._fields)]
_KEY = (offers.c.account, offers.c.emag_id)

_insert_offers = BulkInsert(offers, _COLUMNS)
_update_offers = BulkInsert(
    offers,
    _COLUMNS,
    key=_KEY,
    update=[offers.c[name] for name in (*_CONTENT, *_Stamps._fields) if name != "first_seen_at"],
)
# Every column anew, but nothing has changed: see `Comparison.respelled`.
_refresh_offers = BulkInsert(
    offers,
    _COLUMNS,
    key=_KEY,
    update=[offers.c[name] for name in (*_CONTENT, *_Stamps._fields) if name not in ("first_seen_at", "changed_at")],
)
_payload_columns = [offer_payloads.c[name] for name in _Payload._fields]
_insert_payloads = BulkInsert(offer_payloads, _payload_columns)
_update_payloads = BulkInsert(
    offer_payloads,
    _payload_columns,
    key=(offer_payloads.c.account, offer_payloads.c.emag_id),
    update=(offer_payloads.c.payload, offer_payloads.c.stored_at),
)
_insert_changes = BulkInsert(offer_changes, [offer_changes.c[name] for name in ChangeLogEntry._fields])

_among_account = among(offers.c.account, offers.c.emag_id)
_known_query = select(
    offers.c.emag_id,
    offers.c.raw_digest,
    offers.c.fingerprint,
    offers.c.removed_at,
    # Compared in SQL: cheaper than converting a time for every offer of every run.
    case((offers.c.last_seen_at > bindparam("asked_at", type_=UtcDateTime), offers.c.last_seen_run)).label("later"),
).where(_among_account)
_known = BulkSelect(_known_query)
# Locked in the order of their ids, so that two writers that meet the same offers never wait for each other.
_known_to_writer = BulkSelect(_known_query.order_by(offers.c.emag_id).with_for_update())
_payloads = BulkSelect(
    select(offer_payloads.c.emag_id, offer_payloads.c.payload).where(
        among(offer_payloads.c.account, offer_payloads.c.emag_id)
    )
)
_compared = BulkSelect(
    select(
        offers.c.emag_id,
        offers.c.fingerprint,
        offers.c.removed_at,
        *(offers.c[name] for name in dict.fromkeys((*LOGGED_FIELDS, *STATE_COLUMNS))),
    ).where(_among_account)
)
_touch = BulkUpdate(
    update(offers)
    .where(_among_account)
    .values(last_seen_at=bindparam("at"), last_seen_run=bindparam("run_id"), removed_at=None)
)


async def known(
    connection: AsyncConnection, account: str, ids: Sequence[int], *, asked_at: datetime
) -> dict[int, StoredOffer]:
    """What is stored of `ids`, offers marked removed included, as seen by a caller who asked eMAG at `asked_at`."""
    return _by_their_ids(await _known.run(connection, ids, of_account=account, asked_at=asked_at))


async def lock_known(
    connection: AsyncConnection, account: str, ids: Sequence[int], *, asked_at: datetime
) -> dict[int, StoredOffer]:
    """The same, which nobody else changes before this transaction ends: for who decides by it what to write."""
    return _by_their_ids(await _known_to_writer.run(connection, ids, of_account=account, asked_at=asked_at))


def _by_their_ids(rows: Iterable[Any]) -> dict[int, StoredOffer]:
    return {
        row.emag_id: StoredOffer(row.raw_digest, row.fingerprint, row.removed_at is not None, row.later) for row in rows
    }


async def payloads(connection: AsyncConnection, account: str, ids: Sequence[int]) -> dict[int, str]:
    """The rows of those of `ids` that are stored, as eMAG sent them (JSON text)."""
    if not ids:
        return {}
    return dict(await _payloads.run(connection, ids, of_account=account))


async def apply(
    connection: AsyncConnection,
    observation: Observation,
    *,
    same: Sequence[int],
    read: Sequence[OfferRecord],
    stored: Collection[int] | None = None,
) -> UpsertResult:
    """Store what was read: `same` are ids whose bytes did not change, `read` the offers that were parsed.

    No id may occur twice. `stored` are the ids of `read` that have a row already; None: they are looked up.
    Writes rows, payloads and change log entries only for offers whose content changed.
    """
    ids = [record.emag_id for record in read if stored is None or record.emag_id in stored]
    account = observation.account
    seen_before = await sightings_repository.lock_seen(connection, account, [*same, *ids])
    before = await _rows_before(connection, account, ids)
    comparison = compare(read, before)
    await _write(connection, observation, comparison)
    await index_created(connection, account, comparison.created)
    await index_offers(connection, account, [*comparison.updated, *comparison.respelled])
    await _touch_all(connection, observation, same)
    await _log(connection, account, logged_changes(observation, comparison, before), changes_of(comparison, before))
    seen = [*same, *(record.emag_id for record in read)]
    await sightings_repository.note(connection, account, seen_before, observation.seen_at, seen)
    await note_changes(connection, notable_changes_of(observation, comparison, before))
    return comparison.result(same)


class Preview(NamedTuple):
    """What storing some offers would do, log, and note; of a new offer every field is among the changes."""

    result: UpsertResult
    changes: list[ChangeLogEntry]
    noted: list[NotableChange]


async def preview(
    connection: AsyncConnection, observation: Observation, *, same: Sequence[int], read: Sequence[OfferRecord]
) -> Preview:
    """What `apply` would do, without doing it."""
    before = await _rows_before(connection, observation.account, [record.emag_id for record in read])
    comparison = compare(read, before)
    changes = logged_changes(observation, comparison, before)
    for record in comparison.created:
        changes.extend(field_changes(observation, None, record))
    return Preview(comparison.result(same), changes, notable_changes_of(observation, comparison, before))


async def present_among(connection: AsyncConnection, account: str, ids: Sequence[int]) -> list[int]:
    """Those of `ids` that the local copy has and that are not marked removed, ascending."""
    query = (
        select(offers.c.emag_id)
        .where(offers.c.account == account, offers.c.emag_id.in_(ids), offers.c.removed_at.is_(None))
        .order_by(offers.c.emag_id)
    )
    return list((await connection.execute(query)).scalars())


async def mark_removed(connection: AsyncConnection, observation: Observation, ids: Sequence[int]) -> tuple[int, ...]:
    """Mark offers that eMAG does not know any more; returns those that were not marked before."""
    if not ids:
        return ()
    result = await connection.execute(
        update(offers)
        .where(offers.c.account == observation.account, offers.c.emag_id.in_(ids), offers.c.removed_at.is_(None))
        .values(removed_at=observation.at)
        .returning(offers.c.emag_id, offers.c.last_seen_at, *(offers.c[name] for name in STATE_COLUMNS))
    )
    removed = result.all()
    marked = tuple(sorted(row.emag_id for row in removed))
    entries = [lifecycle(observation, emag_id, None, "removed") for emag_id in marked]
    await _log(connection, observation.account, entries, changes_of_removal(removed))
    await sightings_repository.forget(connection, observation.account, [row.last_seen_at for row in removed])
    await note_changes(connection, [notable(observation, emag_id, ChangeKind.GONE) for emag_id in marked])
    return marked


async def present_ids(
    connection: AsyncConnection, account: str, *, status: int | None = None, batch: int = 5_000
) -> AsyncIterator[list[int]]:
    """The ids of the offers that are not marked removed, ascending, in lists of at most `batch`."""
    last = 0
    while True:
        query = (
            select(offers.c.emag_id)
            .where(offers.c.account == account, offers.c.emag_id > last, offers.c.removed_at.is_(None))
            .order_by(offers.c.emag_id)
            .limit(batch)
        )
        if status is not None:
            query = query.where(offers.c.status == status)
        ids = list((await connection.execute(query)).scalars())
        if not ids:
            return
        yield ids
        last = ids[-1]


async def _rows_before(connection: AsyncConnection, account: str, ids: Sequence[int]) -> dict[int, Any]:
    if not ids:
        return {}
    return {row.emag_id: row for row in await _compared.run(connection, ids, of_account=account)}


async def _write(connection: AsyncConnection, observation: Observation, comparison: Comparison) -> None:
    created, updated, respelled = (
        # Sorted by key, so that two writers that meet the same offers lock them in the same order.
        sorted(records, key=_by_id)
        for records in comparison
    )
    await _insert_offers.run_with_next(connection, _offer_rows(observation, created))
    await _insert_payloads.run_with_next(connection, _payload_rows(observation, created))
    await _update_offers.run_with_next(connection, _offer_rows(observation, updated))
    await _refresh_offers.run_with_next(connection, _offer_rows(observation, respelled))
    rewritten = [*updated, *(record for record in respelled if record.rewrites_payload)]
    await _update_payloads.run_with_next(connection, _payload_rows(observation, sorted(rewritten, key=_by_id)))


def _offer_rows(observation: Observation, records: Sequence[OfferRecord]) -> list[tuple[Any, ...]]:
    stamps = _Stamps(
        first_seen_at=observation.at,
        changed_at=observation.at,
        last_seen_at=observation.seen_at,
        last_seen_run=observation.run_id,
        removed_at=None,
    )
    return [(observation.account, *_values_of(record), *stamps) for record in records]


def _payload_rows(observation: Observation, records: Sequence[OfferRecord]) -> list[_Payload]:
    return [_Payload(observation.account, record.emag_id, record.payload, observation.at) for record in records]


async def _log(
    connection: AsyncConnection, account: str, changes: Sequence[ChangeLogEntry], numbers: Mapping[str, int]
) -> None:
    """Add to the change log, and to the account's kept numbers."""
    if changes or numbers:
        await serialise_change_log(connection)
        await _insert_changes.run_with_next(connection, changes)
        await counts_repository.add(connection, account, numbers)


async def _touch_all(connection: AsyncConnection, observation: Observation, ids: Sequence[int]) -> None:
    if ids:
        await _touch.run(
            connection, sorted(ids), of_account=observation.account, at=observation.seen_at, run_id=observation.run_id
        )
