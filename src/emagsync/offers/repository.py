"""Writing the local copy: what one read of some offers changes, in the caller's transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core import money
from emagsync.db.bulk import BulkInsert, BulkSelect, BulkUpdate, among
from emagsync.db.ordering import serialise_change_log
from emagsync.db.types import UtcDateTime
from emagsync.offers.search import index_created, index_offers
from emagsync.offers.tables import offer_changes, offer_payloads, offers

LIFECYCLE = "lifecycle"

# What the change log tells of: the fields that matter in business. Rank and competition change all day and are
# in the payload; `sellable` is here because a person asks why an offer stopped selling.
LOGGED_FIELDS = (
    "part_number",
    "part_number_key",
    "name",
    "brand",
    "eans",
    "category_id",
    "status",
    "sale_price",
    "recommended_price",
    "min_sale_price",
    "max_sale_price",
    "currency",
    "vat_id",
    "stock",
    "handling_time",
    "validation_status",
    "translation_validation_status",
    "offer_validation_status",
    "buy_button_rank",
    "best_offer_sale_price",
    "warranty",
    "sellable",
)


class OfferRecord(NamedTuple):
    """One offer as it is stored: the columns of `offers` by name, and its row as eMAG sent it (JSON text)."""

    emag_id: int
    part_number: str | None
    part_number_key: str | None
    name: str | None
    brand: str | None
    category_id: int | None
    status: int | None
    sale_price: Decimal | None
    recommended_price: Decimal | None
    min_sale_price: Decimal | None
    max_sale_price: Decimal | None
    currency: str
    vat_id: int | None
    stock: int
    estimated_stock: int | None
    handling_time: int | None
    validation_status: int | None
    translation_validation_status: int | None
    offer_validation_status: int | None
    buy_button_rank: int | None
    number_of_offers: int | None
    best_offer_sale_price: Decimal | None
    ownership: int | None
    genius_eligibility: int | None
    genius_eligibility_type: int | None
    genius_computed: int | None
    warranty: int | None
    main_image: str | None
    eans: str
    sellable: bool
    not_sellable: str
    remarks: str | None
    fingerprint: str
    raw_digest: bytes
    payload: str


class UpsertResult(NamedTuple):
    """What came of some offers: ids that were new, changed, or as they were."""

    created: tuple[int, ...]
    updated: tuple[int, ...]
    unchanged: tuple[int, ...]


class StoredOffer(NamedTuple):
    """What is stored of an offer: the digest of its bytes, the token of its content, whether it is marked removed, and
    the reader whose answer is stored if it asked eMAG later than the caller did."""

    digest: bytes
    token: str
    is_removed: bool
    asked_later_by: str | None = None


class Change(NamedTuple):
    """One row of the change log, without its number."""

    account: str
    emag_id: int
    field: str
    old: str | None
    new: str | None
    run_id: str | None
    at: datetime
    source: str


class Observation(NamedTuple):
    """Who saw the offers, and when. `asked_at`: when eMAG was asked, where that is what counts as seen; else `at`."""

    account: str
    run_id: str
    at: datetime
    source: str = "sync"
    asked_at: datetime | None = None

    @property
    def seen_at(self) -> datetime:
        """What `last_seen_at` says."""
        return self.asked_at or self.at


_CONTENT = OfferRecord._fields[1:-1]
_FIRST = ("account", "emag_id", *_CONTENT, "first_seen_at", "changed_at", "last_seen_at", "last_seen_run", "removed_at")
_ANEW = (*_CONTENT, "changed_at", "last_seen_at", "last_seen_run", "removed_at")
_SEEN_ANEW = (*_CONTENT, "last_seen_at", "last_seen_run", "removed_at")
_KEY = (offers.c.account, offers.c.emag_id)

_insert_offers = BulkInsert(offers, [offers.c[name] for name in _FIRST])
_insert_payloads = BulkInsert(offer_payloads, list(offer_payloads.c))
_upsert_offers = BulkInsert(
    offers, [offers.c[name] for name in _FIRST], key=_KEY, update=[offers.c[name] for name in _ANEW]
)
_upsert_payloads = BulkInsert(
    offer_payloads,
    list(offer_payloads.c),
    key=(offer_payloads.c.account, offer_payloads.c.emag_id),
    update=(offer_payloads.c.payload, offer_payloads.c.stored_at),
)
# Same content in another spelling, or read by a newer parser: every column anew, but nothing has changed.
_refresh_offers = BulkInsert(
    offers, [offers.c[name] for name in _FIRST], key=_KEY, update=[offers.c[name] for name in _SEEN_ANEW]
)
_insert_changes = BulkInsert(offer_changes, [column for column in offer_changes.c if column.key != "seq"])

_among_account = among(offers.c.account, offers.c.emag_id)
_known = BulkSelect(
    select(
        offers.c.emag_id,
        offers.c.raw_digest,
        offers.c.fingerprint,
        offers.c.removed_at,
        # Compared here: that is cheaper than a moment read for every offer of every run.
        case((offers.c.last_seen_at > bindparam("asked_at", type_=UtcDateTime), offers.c.last_seen_run)).label("later"),
    ).where(_among_account)
)
_payloads = BulkSelect(
    select(offer_payloads.c.emag_id, offer_payloads.c.payload).where(
        among(offer_payloads.c.account, offer_payloads.c.emag_id)
    )
)
_stored = BulkSelect(
    select(
        offers.c.emag_id, offers.c.fingerprint, offers.c.removed_at, *(offers.c[name] for name in LOGGED_FIELDS)
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
    """What is stored of each of `ids`, for a caller who asked eMAG for them at `asked_at`; also of offers that are
    marked removed."""
    rows = await _known.run(connection, ids, of_account=account, asked_at=asked_at)
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
    sighting: Observation,
    *,
    same: Sequence[int],
    read: Sequence[OfferRecord],
    stored: Collection[int] | None = None,
) -> UpsertResult:
    """Store what was seen: `same` are ids whose bytes did not change, `read` the offers that were parsed anew.

    No id may occur twice. `stored` are those of `read` that have a row; None: look.
    Writes rows, payloads and change log entries only for offers whose content changed.
    """
    ids = [record.emag_id for record in read if stored is None or record.emag_id in stored]
    before = await _rows_before(connection, sighting.account, ids)
    created, updated, respelled = _sorted_out(read, before)
    await _write(connection, sighting, created, updated, respelled)
    await index_created(connection, sighting.account, created)
    await index_offers(connection, sighting.account, [*updated, *respelled])
    await _touch_all(connection, sighting, same)
    await _log(connection, _changes(sighting, created, updated, respelled, before))
    return _applied(same, created, updated, respelled)


async def preview(
    connection: AsyncConnection, sighting: Observation, *, same: Sequence[int], read: Sequence[OfferRecord]
) -> tuple[UpsertResult, list[Change]]:
    """What `apply` would do and log, without doing it. A new offer is told field by field here."""
    before = await _rows_before(connection, sighting.account, [record.emag_id for record in read])
    created, updated, respelled = _sorted_out(read, before)
    changes = _changes(sighting, created, updated, respelled, before)
    for record in created:
        changes.extend(_differences(sighting, None, record))
    applied = _applied(same, created, updated, respelled)
    return applied, changes


async def present_among(connection: AsyncConnection, account: str, ids: Sequence[int]) -> list[int]:
    """Those of `ids` that the local copy has and that are not marked removed, ascending."""
    query = (
        select(offers.c.emag_id)
        .where(offers.c.account == account, offers.c.emag_id.in_(ids), offers.c.removed_at.is_(None))
        .order_by(offers.c.emag_id)
    )
    return list((await connection.execute(query)).scalars())


async def mark_removed(connection: AsyncConnection, sighting: Observation, ids: Sequence[int]) -> tuple[int, ...]:
    """Mark offers that eMAG does not know any more; returns those that were not marked before."""
    if not ids:
        return ()
    result = await connection.execute(
        update(offers)
        .where(offers.c.account == sighting.account, offers.c.emag_id.in_(ids), offers.c.removed_at.is_(None))
        .values(removed_at=sighting.at)
        .returning(offers.c.emag_id)
    )
    marked = tuple(sorted(result.scalars()))
    await _log(connection, [_lifecycle(sighting, emag_id, None, "removed") for emag_id in marked])
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
    return {row.emag_id: row for row in await _stored.run(connection, ids, of_account=account)}


def _sorted_out(
    read: Sequence[OfferRecord], before: dict[int, Any]
) -> tuple[list[OfferRecord], list[OfferRecord], list[OfferRecord]]:
    """Those that are new, those whose content changed, and those that only came in another spelling."""
    created = [record for record in read if record.emag_id not in before]
    updated = [record for record in read if _content_differs(before.get(record.emag_id), record)]
    respelled = [record for record in read if _content_is_the_same(before.get(record.emag_id), record)]
    return created, updated, respelled


def _applied(
    same: Sequence[int],
    created: Sequence[OfferRecord],
    updated: Sequence[OfferRecord],
    respelled: Sequence[OfferRecord],
) -> UpsertResult:
    return UpsertResult(
        created=tuple(record.emag_id for record in created),
        updated=tuple(record.emag_id for record in updated),
        unchanged=(*same, *(record.emag_id for record in respelled)),
    )


def _content_differs(before: Any | None, record: OfferRecord) -> bool:
    return before is not None and before.fingerprint != record.fingerprint


def _content_is_the_same(before: Any | None, record: OfferRecord) -> bool:
    return before is not None and before.fingerprint == record.fingerprint


async def _write(
    connection: AsyncConnection,
    sighting: Observation,
    created: Sequence[OfferRecord],
    updated: Sequence[OfferRecord],
    respelled: Sequence[OfferRecord],
) -> None:
    at, account = sighting.at, sighting.account
    seen_at = sighting.seen_at

    def stored(records: Sequence[OfferRecord]) -> list[tuple[Any, ...]]:
        # Sorted by key, so that two writers that meet the same offers take their locks in the same order.
        tail = (at, at, seen_at, sighting.run_id, None)
        return [(account, *record[:-1], *tail) for record in sorted(records, key=lambda record: record.emag_id)]

    def rows(records: Sequence[OfferRecord]) -> list[tuple[Any, ...]]:
        return [(account, record.emag_id, record.payload, at) for record in records]

    await _insert_offers.run(connection, stored(created))
    await _insert_payloads.run(connection, rows(created))
    await _upsert_offers.run(connection, stored(updated))
    await _refresh_offers.run(connection, stored(respelled))
    await _upsert_payloads.run(connection, rows(updated))


async def _log(connection: AsyncConnection, changes: Sequence[Change]) -> None:
    if changes:
        await serialise_change_log(connection)
        await _insert_changes.run(connection, changes)


async def _touch_all(connection: AsyncConnection, sighting: Observation, ids: Sequence[int]) -> None:
    if ids:
        await _touch.run(
            connection, sorted(ids), of_account=sighting.account, at=sighting.seen_at, run_id=sighting.run_id
        )


def _changes(
    sighting: Observation,
    created: Sequence[OfferRecord],
    updated: Sequence[OfferRecord],
    respelled: Sequence[OfferRecord],
    before: dict[int, Any],
) -> list[Change]:
    changes = [_lifecycle(sighting, record.emag_id, None, "created") for record in created]
    changes.extend(
        _lifecycle(sighting, record.emag_id, "removed", "returned")
        for record in (*updated, *respelled)
        if before[record.emag_id].removed_at is not None
    )
    for record in updated:
        changes.extend(_differences(sighting, before[record.emag_id], record))
    return changes


def _differences(sighting: Observation, before: Any | None, record: OfferRecord) -> Iterable[Change]:
    for field in LOGGED_FIELDS:
        old, new = getattr(before, field, None), getattr(record, field)
        if old != new:
            yield Change(
                sighting.account,
                record.emag_id,
                field,
                as_text(old),
                as_text(new),
                sighting.run_id,
                sighting.at,
                sighting.source,
            )


def _lifecycle(sighting: Observation, emag_id: int, old: str | None, new: str) -> Change:
    return Change(sighting.account, emag_id, LIFECYCLE, old, new, sighting.run_id, sighting.at, sighting.source)


def as_text(value: Any) -> str | None:
    """A value as the change log writes it: amounts with four decimals, truth as `true` or `false`."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return money.text(value)
    return str(value)
