"""Counting by age in SQL, against the same done offer by offer."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from emagsync.db.engine import Database
from emagsync.offers.records import OfferRecord
from emagsync.sync.freshness import repository
from emagsync.sync.freshness.repository import AskedInVain, Cut, StoredTarget
from emagsync.sync.freshness.targets import ACTIVE_OFFERS, EVERYTHING, OfferList, TargetSelection
from offers.offer_rows import AT, offer, remove, store

pytestmark = pytest.mark.databases("both")

MINUTE = timedelta(minutes=1)
SELECTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"stock_max": 4},
    {"status": ["active"]},
    {"sellable": True, "stock_max": 4},
    {"validation_status": [9, 12]},
    {"category_id": 506},
    {"search": "lampa 1"},
    {"emag_id": [1, 2, 30, 999]},
)


async def made(database: Database) -> dict[int, tuple[OfferRecord, int]]:
    """Sixty offers, each seen some minutes ago; and what must not be counted: removed ones, another account's."""
    rng = random.Random(11)
    found = {}
    for emag_id in range(1, 61):
        record = offer(
            emag_id,
            stock=rng.randrange(9),
            status=rng.choice((0, 1, 1, 2)),
            sellable=rng.random() < 0.5,
            validation_status=rng.choice((9, 12, 5, None)),
            offer_validation_status=rng.choice((1, 2)),
            category_id=rng.choice((506, 7, None)),
        )
        found[emag_id] = record, rng.randrange(30)
    for minutes in range(30):
        records = [record for record, ago in found.values() if ago == minutes]
        await store(database, records, at=AT - minutes * MINUTE)
    await store(database, [offer(900, stock=0)], at=AT - 99 * MINUTE)
    await remove(database, 900)
    await store(database, [offer(1, stock=0)], account="fbe", at=AT - 99 * MINUTE)
    return found


def is_selected(record: OfferRecord, selection: dict[str, Any]) -> bool:
    statuses = {"inactive": 0, "active": 1, "end_of_life": 2}
    return (
        ("stock_max" not in selection or record.stock <= selection["stock_max"])
        and ("status" not in selection or record.status in [statuses[name] for name in selection["status"]])
        and ("sellable" not in selection or record.sellable == selection["sellable"])
        and ("validation_status" not in selection or record.validation_status in selection["validation_status"])
        and ("category_id" not in selection or record.category_id == selection["category_id"])
        and ("search" not in selection or "1" in str(record.name))  # each word of `Lampă 1`
        and ("emag_id" not in selection or record.emag_id in selection["emag_id"])
    )


async def test_ages_are_counted_as_one_by_one(database: Database) -> None:
    found = await made(database)
    read_at = AT - 15 * MINUTE
    cuts = [
        Cut(
            TargetSelection.model_validate(selection).filter("main"),
            late=AT - 20 * MINUTE,
            due=AT - 12 * MINUTE,
            read={EVERYTHING: read_at},
        )
        for selection in SELECTIONS
    ]
    in_vain = (AskedInVain((1, 2, 3, 4, 5, 6), AT - 10 * MINUTE), AskedInVain((7, 8), AT - 40 * MINUTE))
    async with database.snapshot() as connection:
        ages, older = await repository.ages(connection, "main", cuts, in_vain)
        ids = [await repository.oldest_ids(connection, "main", cut, in_vain, limit=7) for cut in cuts]
    asked = {emag_id for emag_id in range(1, 7) if found[emag_id][1] > 10}
    counted = {emag_id: one for emag_id, one in found.items() if emag_id not in asked}
    for selection, got, first in zip(SELECTIONS, ages, ids, strict=True):
        chosen = [(ago, emag_id) for emag_id, (record, ago) in counted.items() if is_selected(record, selection)]
        agos = sorted((ago for ago, _ in chosen), reverse=True)
        due = [ago for ago in agos if ago >= 12]
        assert got.oldest_seen_at == (AT - agos[0] * MINUTE if agos else None)
        assert got.late == sum(ago > 20 for ago in agos)
        assert got.due == len(due)
        assert got.next_seen_at == next((AT - ago * MINUTE for ago in agos if ago < 12), None)
        assert got.missed == {EVERYTHING: sum(ago > 15 for ago in due)}
        expected = sorted(((-ago, emag_id) for ago, emag_id in chosen if ago >= 12))[:7]
        assert first == tuple(emag_id for _, emag_id in expected)
    everything = SELECTIONS.index({})
    assert older == ages[everything].late  # each once, though most are in several selections


async def test_lists_are_counted_as_emag_would_filter_them(database: Database) -> None:
    found = await made(database)
    records = [record for record, _ in found.values()]
    lists = (
        EVERYTHING,
        ACTIVE_OFFERS,
        OfferList(max_stock=4),
        OfferList(status=1, max_stock=4, offer_validation_status=1),
        OfferList(validation_status=12),
    )
    selected = [TargetSelection.model_validate(one).filter("main") for one in SELECTIONS]
    async with database.snapshot() as connection:
        numbers, lengths = await repository.count(connection, "main", selected, lists)
        assert await repository.ages(connection, "main", (), ()) == ([], 0)
    assert numbers == [sum(is_selected(record, one) for record in records) for one in SELECTIONS]
    assert list(lengths.values()) == [
        sum(
            one.status in (None, record.status)
            and (one.max_stock is None or record.stock <= one.max_stock)
            and one.validation_status in (None, record.validation_status)
            and one.offer_validation_status in (None, record.offer_validation_status)
            for record in records
        )
        for one in lists
    ]
    assert all(numbers), "each selection has some offers"


async def test_targets_are_replaced_as_a_whole(database: Database) -> None:
    first = [StoredTarget("main", place, '{"stock_max":4}', 900 + place) for place in range(3)]
    other = [StoredTarget("fbe", 0, "{}", 60)]
    second = [StoredTarget("main", 0, "{}", 3600)]
    for rows in (first, second, first, second):
        async with database.transaction() as connection:
            await repository.replace(connection, rows[0].account, rows)
            await repository.replace(connection, "fbe", other)
            assert await repository.targets(connection, "main") == rows
    async with database.transaction() as connection:
        await repository.replace(connection, "main", ())
        assert await repository.targets(connection, "main") == []
        assert await repository.targets(connection, "fbe") == other
