"""The numbers that are kept with the local copy are those of a recount, whatever happened to the offers."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from emagsync.db.engine import Database
from emagsync.db.erasure import erase_rows
from emagsync.offers import repository, sightings_repository
from emagsync.offers.kept_numbers import count_anew, wrong_accounts
from emagsync.offers.queries import list_offers
from emagsync.offers.records import Observation
from emagsync.offers.selection import OfferFilter
from emagsync.offers.selection_repository import condition, count
from emagsync.offers.tables import offer_sightings, offers
from offers.offer_rows import AT, offer, remove, statements_of, store
from support.databases import execute, new_database
from support.examples import examples

pytestmark = pytest.mark.databases("both")

_IDS = st.lists(st.integers(1, 6), unique=True, min_size=1, max_size=6)
_STATES = st.fixed_dictionaries(
    {
        "status": st.sampled_from([0, 1, 2, None]),
        "stock": st.sampled_from([-1, 0, 3]),
        "validation_status": st.sampled_from([9, 8, 17, None]),
        "offer_validation_status": st.sampled_from([1, 2, None]),
        "currency": st.sampled_from(["RON", "EUR"]),
        "not_sellable": st.sampled_from(["", "no_stock", "inactive no_stock", "validation_17"]),
    }
)
# What happens: offers are stored with new content, respelled, seen again, or found to be gone; and how much later.
_STEPS = st.lists(
    st.tuples(st.sampled_from(["store", "respell", "see", "remove"]), _IDS, _STATES, st.integers(0, 2)),
    min_size=1,
    max_size=12,
)
# Filters whose totals come from what is kept.
KEPT: tuple[dict[str, Any], ...] = (
    {},
    {"include_removed": True},
    {"statuses": (1,)},
    {"statuses": (0, 2)},
    {"sellable": True},
    {"sellable": False},
    {"currencies": ("EUR",)},
    {"max_stock": 0},
    {"reasons": ("no_stock",)},
    {"validation_statuses": (8, 17)},
    {"seen_before": AT + timedelta(minutes=2)},
)
_accounts = (f"account{number}" for number in itertools.count())


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


async def take(copy: Database, account: str, step: tuple[str, list[int], dict[str, Any], int], at: datetime) -> None:
    what, ids, state, _ = step
    sellable = state["not_sellable"] == ""
    observation = Observation(account, "run-1", at)
    async with copy.transaction() as connection:
        known = await repository.known(connection, account, ids, asked_at=at)
        present = [emag_id for emag_id in ids if emag_id in known and not known[emag_id].is_removed]
        if what == "store":
            read = [offer(emag_id, sellable=sellable, **state) for emag_id in ids]
            await repository.apply(connection, observation, same=(), read=read)
        elif what == "respell":
            # A newer parser makes other columns of the same content.
            read = [
                offer(emag_id, sellable=sellable, **state)._replace(fingerprint=known[emag_id].token)
                for emag_id in ids
                if emag_id in known
            ]
            await repository.apply(connection, observation, same=(), read=read)
        elif what == "see":
            await repository.apply(connection, observation, same=present, read=())
        else:
            await repository.mark_removed(connection, observation, ids)


async def seen_before(copy: Database, account: str, moment: datetime) -> tuple[set[int], set[int], int]:
    """The ids of the offers seen last before `moment`, those that are looked up for that, and how many are kept."""
    columns = offers.c
    mine = (columns.account == account, columns.last_seen_at < moment, columns.removed_at.is_(None))
    async with copy.snapshot() as connection:
        found = set((await connection.execute(select(columns.emag_id).where(*mine))).scalars())
        keys = await connection.execute(sightings_repository.keys_before(moment, [account]))
        return found, {key[1] for key in keys}, await sightings_repository.count_before(connection, moment, [account])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(25))
@given(steps=_STEPS)
async def test_they_are_those_of_a_recount_after_any_sequence_of_changes(
    copy: Database, steps: Sequence[tuple[str, list[int], dict[str, Any], int]]
) -> None:
    account, at = next(_accounts), AT
    for step in steps:
        at += timedelta(minutes=step[3])
        await take(copy, account, step, at)
    assert await wrong_accounts(copy) == []
    for wanted in KEPT:
        selected = OfferFilter(accounts=(account,), **wanted)
        async with copy.snapshot() as connection:
            found = await connection.scalar(
                select(func.count()).select_from(offers).where(condition(selected, connection.dialect.name))
            )
            assert await count(connection, selected) == found, wanted
    for moment in (AT + timedelta(minutes=1), at, at + timedelta(minutes=1)):
        found, looked_up, number = await seen_before(copy, account, moment)
        assert found <= looked_up
        assert number == len(found)


@pytest.mark.parametrize("wanted", KEPT, ids=str)
async def test_their_lists_look_at_no_more_offers_than_they_show(copy: Database, wanted: dict[str, Any]) -> None:
    await store(copy, [offer(1), offer(2)])
    with statements_of(copy) as said:
        await list_offers(copy, OfferFilter(accounts=("main",), **wanted))
    assert not any("count(*)" in one and "FROM offers" in one for one in said), said


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"include_removed": True, "sellable": True}, id="kept without the removed ones"),
        pytest.param({"reasons": ("no_stock", "inactive")}, id="an offer may have both"),
        pytest.param({"sellable": True, "statuses": (1,)}, id="two at once"),
        pytest.param({"max_stock": 3}, id="a stock that is not kept"),
        pytest.param({"seen_before": AT + timedelta(days=1), "statuses": (1,)}, id="seen, and more"),
        pytest.param({"seen_before": AT + timedelta(days=1), "include_removed": True}, id="seen, and the removed ones"),
    ],
)
async def test_other_totals_are_counted(copy: Database, wanted: dict[str, Any]) -> None:
    await store(
        copy, [offer(1), offer(2, sellable=False, not_sellable="inactive no_stock", stock=0, status=0), offer(3)]
    )
    await remove(copy, 3)
    page = await list_offers(copy, OfferFilter(accounts=("main",), **wanted))
    assert page.total == len(page.offers) > 0


@pytest.mark.databases("sqlite", "its plans are the ones that hints are for")
async def test_offers_not_seen_for_long_are_looked_up_where_they_are_few(
    copy: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(copy, [offer(number) for number in range(1, 40)])
    await store(copy, [offer(number) for number in range(2, 40)], at=AT + timedelta(days=1))
    wanted = OfferFilter(seen_before=AT + timedelta(hours=1))
    for few, is_looked_up in ((1, True), (0, False)):
        monkeypatch.setattr(sightings_repository, "FEW", few)
        with statements_of(copy) as said:
            page = await list_offers(copy, wanted)
        assert [row.emag_id for row in page.offers] == [1]
        assert any("json_each" in one for one in said) is is_looked_up


async def test_moments_at_which_no_offer_was_seen_last_are_forgotten(copy: Database) -> None:
    await store(copy, [offer(1), offer(2)])
    await store(copy, [offer(3)], at=AT + timedelta(minutes=1))
    await store(copy, [offer(1), offer(2)], at=AT + timedelta(minutes=2))
    await remove(copy, 3, at=AT + timedelta(minutes=2))
    async with copy.snapshot() as connection:
        kept = (await connection.execute(select(offer_sightings.c.seen_at))).scalars().all()
    assert kept == [AT + timedelta(minutes=2)]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE offer_counts SET number = number + 1 WHERE what = 'active'", id="a number"),
        pytest.param("DELETE FROM offer_counts", id="no numbers"),
        pytest.param("UPDATE offer_sightings SET number = number - 1", id="when they were seen"),
        pytest.param("DELETE FROM offers WHERE emag_id = 1", id="an offer less"),
    ],
)
async def test_wrong_numbers_are_found_and_counted_anew(copy: Database, statement: str) -> None:
    await store(copy, [offer(1), offer(2)])
    await store(copy, [offer(1)], account="fbe")
    assert await wrong_accounts(copy) == []
    execute(copy, statement)
    assert "main" in await wrong_accounts(copy)
    await count_anew(copy)
    assert await wrong_accounts(copy) == []


async def test_the_numbers_of_an_account_are_erased_with_its_offers(copy: Database) -> None:
    await store(copy, [offer(1), offer(2)])
    await store(copy, [offer(1)], account="fbe")
    await erase_rows(copy, "account", "main")
    assert await wrong_accounts(copy) == []
