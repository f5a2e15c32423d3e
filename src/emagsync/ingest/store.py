"""Stores rows that were read from eMAG, in two steps.

`prepare` (or `prepare_parsed`) does what takes time, outside any transaction: it looks up what is stored, parses the
rows whose bytes differ from that, and makes records of them. `store` writes them inside the caller's transaction.

Where a page probably shows what is stored, or nothing that is, `take_for_unchanged` and `take_for_new` save the first
look: an unchanged catalogue and a first copy are looked up once, inside the transaction.

What is stored may change between the two: a push stores what it read back while a run reads pages. `store` notices
and raises StalePreparation before it writes anything: the caller rolls back and prepares the same rows again. It never
has to do so twice for one change, since each time somebody else has committed a newer state of one of the offers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.engine import Database
from emagsync.ingest.records import Content, record_of
from emagsync.marketplace import nesting
from emagsync.marketplace.platforms import Platform
from emagsync.marketplace.rows import comparison
from emagsync.marketplace.rows.parse import ParsedRow, is_current, parse, peek_id, raw_digest
from emagsync.offers import repository as offers
from emagsync.offers.records import Observation, OfferRecord, StoredOffer, UpsertResult

# Rows that are parsed before other tasks get to run: a request whose slot is free must not wait for a whole page.
_ROWS_AT_ONCE: Final = 20


class StalePreparation(Exception):
    """Some of the offers were stored by somebody else since the rows were prepared: prepare them again."""


class RawRows(NamedTuple):
    """Rows as they were cut out of eMAG's answers, by id. Where an id occurs more than once, its last row counts.

    They are UTF-8 throughout: `envelope` takes no answer that is not.
    """

    ids: tuple[int, ...]  # of all rows, in order, repeats included
    by_id: Mapping[int, bytes]
    rejected: tuple[ParsedRow, ...]  # those without a usable id


class PreparedRows(NamedTuple):
    """Rows that are ready to be stored, by id."""

    digests: Mapping[int, bytes]  # of every row's bytes
    parsed: Mapping[int, ParsedRow]  # the rows whose bytes are not what is stored, and that tell something new
    records: Mapping[int, OfferRecord]  # of those of them that are offers
    known: Mapping[int, StoredOffer] | None  # what was stored when they were prepared; None: taken for unchanged


class RowBatch(NamedTuple):
    """What is to be written: `same` are ids of which nothing changed, `read` the offers that were parsed anew,
    `stored` the ids of those that have a row. eMAG was asked for them at `asked_at`."""

    observation: Observation
    same: Sequence[int]
    read: Sequence[OfferRecord]
    stored: Collection[int]
    asked_at: datetime


class Stored(NamedTuple):
    """What `store` did with the offers, and the rows that were parsed for it, unreadable ones included."""

    result: UpsertResult
    parsed: Sequence[ParsedRow]


Write = Callable[[AsyncConnection, RowBatch], Awaitable[UpsertResult]]
Superseded = Callable[[AsyncConnection, Mapping[int, StoredOffer]], Awaitable[Collection[int]]]


def sort_rows(raw_rows: Sequence[bytes], platform: Platform) -> RawRows:
    """Finds the rows' ids. Never raises on what is in a row."""
    by_id: dict[int, bytes] = {}
    ids: list[int] = []
    rejected: list[ParsedRow] = []
    for raw in raw_rows:
        emag_id = peek_id(raw)
        if emag_id is None:
            row = parse(raw, platform)
            if row.offer is None:
                rejected.append(row)
                continue
            emag_id = row.offer.emag_id
        by_id[emag_id] = raw
        ids.append(emag_id)
    return RawRows(tuple(ids), by_id, tuple(rejected))


async def prepare(
    database: Database, account: str, rows: RawRows, platform: Platform, *, asked_at: datetime
) -> PreparedRows:
    """Prepares rows that eMAG was asked for at `asked_at`. Never raises on what is in a row."""
    digests = {emag_id: raw_digest(raw) for emag_id, raw in rows.by_id.items()}
    known, payloads = await _look_up(database, account, digests, asked_at)
    changed = (
        (id_, parse(raw, platform, is_utf8=True))
        for id_, raw in rows.by_id.items()
        if _differs(known.get(id_), digests[id_])
    )
    parsed, records = await _parsed(changed, digests, known, payloads)
    return PreparedRows(digests, parsed, records, known)


def take_for_unchanged(rows: RawRows) -> PreparedRows:
    """Prepares rows without looking anything up, for a page that probably shows what is stored. If it does not, `store`
    raises StalePreparation, and the rows are to be prepared properly."""
    return PreparedRows({emag_id: raw_digest(raw) for emag_id, raw in rows.by_id.items()}, {}, {}, None)


async def take_for_new(raw_rows: Sequence[bytes], platform: Platform) -> tuple[RawRows, PreparedRows]:
    """The same for a page none of whose offers is stored yet, as in a first copy. Never raises on what is in a row.

    Sorts the rows as `sort_rows` does, but finds their ids by reading them, which has to be done anyway.
    """
    read: dict[int, ParsedRow] = {}
    ids: list[int] = []
    rejected: list[ParsedRow] = []
    for number, raw in enumerate(raw_rows, start=1):
        row = parse(raw, platform, is_utf8=True)
        emag_id = peek_id(raw) if row.offer is None else row.offer.emag_id
        if emag_id is None:
            rejected.append(row)
        else:
            read[emag_id] = row
            ids.append(emag_id)
        if number % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
    by_id = {emag_id: row.raw for emag_id, row in read.items()}
    digests = {emag_id: raw_digest(raw) for emag_id, raw in by_id.items()}
    records = {
        emag_id: record_of(row.offer, row, digests[emag_id], Content(row.kept))
        for emag_id, row in read.items()
        if row.offer is not None
    }
    return RawRows(tuple(ids), by_id, tuple(rejected)), PreparedRows(digests, read, records, {})


async def prepare_parsed(
    database: Database, account: str, rows: Mapping[int, ParsedRow], *, asked_at: datetime
) -> PreparedRows:
    """As `prepare`, of rows by id that were parsed already."""
    digests = {emag_id: raw_digest(row.raw) for emag_id, row in rows.items()}
    known, payloads = await _look_up(database, account, digests, asked_at)
    changed = ((emag_id, row) for emag_id, row in rows.items() if _differs(known.get(emag_id), digests[emag_id]))
    parsed, records = await _parsed(changed, digests, known, payloads)
    return PreparedRows(digests, parsed, records, known)


async def write_offers(connection: AsyncConnection, batch: RowBatch) -> UpsertResult:
    """Writes a batch into the local copy: rows, payloads and change log."""
    return await offers.apply(connection, batch.observation, same=batch.same, read=batch.read, stored=batch.stored)


async def store(
    connection: AsyncConnection,
    rows: PreparedRows,
    observation: Observation,
    *,
    asked_at: datetime,
    write: Write = write_offers,
    superseded: Superseded | None = None,
) -> Stored:
    """Stores prepared rows in the caller's transaction, with `write`.

    `superseded` returns, from what is stored, the offers of which a newer answer of eMAG was stored already: those are
    left as they are and count as unchanged. Raises StalePreparation, before anything is written.
    """
    account, ids = observation.account, list(rows.digests)
    # Locked, because what is decided by it must still hold when it is written.
    known = await offers.lock_known(connection, account, ids, asked_at=asked_at) if ids else {}
    if not _fits(rows, known):
        raise StalePreparation
    left = set(await superseded(connection, known)) if superseded is not None else set()
    same = [emag_id for emag_id in ids if emag_id not in left and emag_id not in rows.parsed]
    read = [record for emag_id, record in rows.records.items() if emag_id not in left]
    stored = {record.emag_id for record in read if record.emag_id in known}
    result = await write(connection, RowBatch(observation, same, read, stored, asked_at))
    parsed = [row for emag_id, row in rows.parsed.items() if emag_id not in left]
    return Stored(result._replace(unchanged=(*result.unchanged, *sorted(left))), parsed)


async def _look_up(
    database: Database, account: str, digests: Mapping[int, bytes], asked_at: datetime
) -> tuple[dict[int, StoredOffer], dict[int, str]]:
    """What is stored of these offers, and the payloads of those whose bytes changed: as of one moment."""
    if not digests:
        return {}, {}
    async with database.snapshot() as connection:
        known = await offers.known(connection, account, list(digests), asked_at=asked_at)
        changed = [emag_id for emag_id, one in known.items() if _differs(one, digests[emag_id])]
        return known, await offers.payloads(connection, account, changed)


async def _parsed(
    changed: Iterable[tuple[int, ParsedRow]],
    digests: Mapping[int, bytes],
    known: Mapping[int, StoredOffer],
    payloads: Mapping[int, str],
) -> tuple[dict[int, ParsedRow], dict[int, OfferRecord]]:
    """The rows whose bytes are not what is stored, and records of them. Left out are those that tell nothing new."""
    parsed: dict[int, ParsedRow] = {}
    records: dict[int, OfferRecord] = {}
    for number, (emag_id, row) in enumerate(changed, start=1):
        if row.offer is None:
            parsed[emag_id] = row
        elif (told := _told_by(row, known.get(emag_id), payloads.get(emag_id))) is not None:
            parsed[emag_id] = row
            records[emag_id] = record_of(row.offer, row, digests[emag_id], told)
        if number % _ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
    return parsed, records


def _told_by(row: ParsedRow, known: StoredOffer | None, payload: str | None) -> Content | None:
    """What a row tells of the offer's content, beside what is stored. None: nothing that is to be written.

    The digest that is kept is that of the row in a list: those are what most rows are compared with.
    """
    if known is None or payload is None:
        return Content(row.kept)
    stored = payload.encode()
    merged = comparison.with_companies_of(stored, row.raw)
    kept = row.kept if merged is row.raw else nesting.bounded(merged)
    if not comparison.same_content(stored, row.raw):
        return Content(kept)
    says_more = comparison.names_more(stored, row.raw)
    is_settled = is_current(known.digest) and not known.is_removed
    if is_settled and not says_more and comparison.names_companies(row.raw):
        return None
    keeps_digest = is_settled and says_more
    return Content(kept, known.token, known.digest if keeps_digest else None, rewrites_payload=says_more)


def _differs(known: StoredOffer | None, digest: bytes) -> bool:
    return known is None or known.digest != digest or known.is_removed


def _fits(rows: PreparedRows, known: Mapping[int, StoredOffer]) -> bool:
    """Whether the rows were prepared for what is stored now."""
    if rows.known is None:
        return not any(_differs(known.get(emag_id), digest) for emag_id, digest in rows.digests.items())
    return known == rows.known or _is_still_true(rows.known, known)


def _is_still_true(before: Mapping[int, StoredOffer], now: Mapping[int, StoredOffer]) -> bool:
    # The last field, who asked eMAG later, is judged by what is stored now. The first three (digest, token, removed)
    # decided which rows were parsed, and whether a record got the stored token or a new one.
    return before.keys() == now.keys() and all(now[id_][:3] == one[:3] for id_, one in before.items())
