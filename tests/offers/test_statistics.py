"""Statistics tell what the local copy holds at each moment, and count no offer for that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from emagsync.db.engine import Database
from emagsync.offers import repository
from emagsync.offers.records import Observation
from emagsync.offers.statistics import account_totals
from offers.offer_rows import AT, offer, remove, store
from support.databases import new_database

pytestmark = pytest.mark.databases("both")

LATER = AT + timedelta(hours=2)


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


async def see(copy: Database, *ids: int, account: str = "main") -> None:
    """As a run does that finds them unchanged."""
    async with copy.transaction() as connection:
        await repository.apply(connection, Observation(account, "run-2", LATER), same=ids, read=[])


@pytest.mark.often(first=4)
@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        pytest.param({"status": 0}, "active", id="status"),
        pytest.param({"sellable": False}, "sellable", id="sellable"),
        pytest.param({"stock": 0}, "out_of_stock", id="stock"),
        pytest.param({"validation_status": 8}, "rejected", id="documentation"),
        pytest.param({"offer_validation_status": 2}, "rejected", id="price"),
    ],
)
async def test_every_figure_follows_what_it_counts(copy: Database, changes: dict[str, Any], figure: str) -> None:
    await store(copy, [offer(1), offer(2)])
    before = getattr((await account_totals(copy))["main"], figure)
    await store(copy, [offer(1, **changes)])
    after = getattr((await account_totals(copy))["main"], figure)
    assert abs(after - before) == 1


async def test_accounts_and_offers_come_go_and_return(copy: Database) -> None:
    assert await account_totals(copy) == {}
    await store(copy, [offer(1), offer(2)])
    await store(copy, [offer(1)], account="fbe")
    assert {name: found.offers for name, found in (await account_totals(copy)).items()} == {"fbe": 1, "main": 2}
    await remove(copy, 1, account="fbe")
    gone = (await account_totals(copy))["fbe"]
    assert (gone.offers, gone.removed, gone.oldest_seen_at) == (0, 1, None)
    await store(copy, [offer(1)], account="fbe", at=LATER)
    back = (await account_totals(copy))["fbe"]
    assert (back.offers, back.removed, back.oldest_seen_at) == (1, 0, LATER)


async def test_the_oldest_offer_is_another_one_when_it_is_seen_or_removed(
    copy: Database,
) -> None:
    for number in (1, 2, 3):
        await store(copy, [offer(number)], at=AT + timedelta(minutes=number))
    assert (await account_totals(copy))["main"].oldest_seen_at == AT + timedelta(minutes=1)
    await see(copy, 1)
    assert (await account_totals(copy))["main"].oldest_seen_at == AT + timedelta(minutes=2)
    await remove(copy, 2)
    assert (await account_totals(copy))["main"].oldest_seen_at == AT + timedelta(minutes=3)
    await see(copy, 3)
    assert (await account_totals(copy))["main"].oldest_seen_at == LATER


async def test_offers_are_never_looked_at(copy: Database) -> None:
    await store(copy, [offer(1), offer(2), offer(3)])
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(copy.engine.sync_engine, "before_cursor_execute", hear)
    await account_totals(copy)
    event.remove(copy.engine.sync_engine, "before_cursor_execute", hear)
    assert said
    assert not any("FROM offers" in statement for statement in said), said
