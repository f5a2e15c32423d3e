"""100 rows parsed and fingerprinted, beside decoding and writing them once with orjson, as the bare loop does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from typing import Any

import orjson

from benchmarks.figures import Figure
from emagsync.ingest.records import Content, record_of
from emagsync.marketplace.platforms import PLATFORMS
from emagsync.marketplace.rows.parse import parse, peek_id, raw_digest
from emagsync.offers.records import OfferRecord
from emagsync.offers.tables import offers
from emagsync.sandbox.catalogue import generated
from emagsync.sandbox.platforms import PLATFORMS as SANDBOX_PLATFORMS

_BATCH = 100
STORED = [column.key for column in offers.c if column.key != "id"]
_RO = PLATFORMS["emag-ro"]


def figures(*, batches: int) -> Iterator[Figure]:
    """Milliseconds of CPU per 100 rows, median over `batches`."""
    rows = raw_rows(batches * _BATCH)
    yield Figure("100 rows parsed and fingerprinted", "ms", _measure(_parsed, rows), _measure(_bare, rows))
    yield Figure("100 rows found unchanged by their bytes", "ms", _measure(_peeked, rows), _measure(_bare, rows))


def raw_rows(count: int) -> list[bytes]:
    """Generated rows as eMAG would send them."""
    catalogue = generated(count, 1, SANDBOX_PLATFORMS["emag-ro"])
    return [catalogue.encoded(emag_id) for emag_id in range(1, count + 1)]


def records(count: int) -> list[OfferRecord]:
    """Generated rows as they are stored."""
    parsed = [parse(raw, _RO) for raw in raw_rows(count)]
    return [
        record_of(row.offer, row, raw_digest(row.raw), Content(row.kept)) for row in parsed if row.offer is not None
    ]


def stored_rows(count: int) -> list[tuple[Any, ...]]:
    """The same as rows of the table `offers`: a value for each of `STORED`."""
    now = datetime.now(UTC)
    seen = dict.fromkeys(("first_seen_at", "changed_at", "last_seen_at"), now)
    beside = {**seen, "account": "main", "last_seen_run": "run", "removed_at": None}
    return [tuple((beside | record._asdict())[name] for name in STORED) for record in records(count)]


def _measure(work: Callable[[list[bytes]], object], rows: list[bytes]) -> float:
    spent: list[float] = []
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        began = time.process_time()
        work(batch)
        spent.append(time.process_time() - began)
    return 1000 * median(spent)


def _parsed(rows: list[bytes]) -> object:
    return [parse(raw, _RO) for raw in rows]


def _peeked(rows: list[bytes]) -> object:
    return [(peek_id(raw), raw_digest(raw)) for raw in rows]


def _bare(rows: list[bytes]) -> object:
    return [orjson.dumps(orjson.loads(raw)) for raw in rows]
