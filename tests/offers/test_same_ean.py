"""Offers that share an EAN are found by tables that are brought up to date when somebody asks."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.engine import Connection

from emagsync.db.engine import Database
from emagsync.offers import same_ean_repository
from emagsync.offers.queries import list_offers
from emagsync.offers.same_ean_repository import kept_same_eans, same_eans
from emagsync.offers.selection import OfferFilter
from offers.offer_rows import offer, remove, store
from support.databases import new_database
from support.examples import examples

pytestmark = pytest.mark.databases("both")

_EANS = st.lists(st.sampled_from(["111", "222", "11", "%", '"', "ș", "1 1"]), max_size=3)
# An offer gets these EANs, or is gone (None); and whether somebody asks then.
_STEPS = st.lists(st.tuples(st.integers(1, 5), st.none() | _EANS, st.booleans()), min_size=1, max_size=10)
_accounts = (f"account{number}" for number in itertools.count())


@pytest.fixture
async def copy(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as database:
        yield database


def expected(eans: dict[int, list[str]]) -> list[int]:
    owners = defaultdict(set)
    for emag_id, given_eans in eans.items():
        for ean in given_eans:
            owners[ean].add(emag_id)
    return sorted(set().union(*(ids for ids in owners.values() if len(ids) > 1)))


@pytest.mark.parametrize("most_changes", [-1, 50_000], ids=["all offers", "from the log"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(15))
@given(steps=_STEPS)
async def test_they_are_found_whatever_happened_to_their_eans(
    copy: Database, most_changes: int, steps: Sequence[tuple[int, list[str] | None, bool]]
) -> None:
    account, present = next(_accounts), dict[int, list[str]]()
    wanted = OfferFilter(accounts=(account,), same_ean=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(same_ean_repository, "_MOST_CHANGES", most_changes)
        for emag_id, eans, asks in steps:
            if eans is None:
                await remove(copy, emag_id, account=account)
                present.pop(emag_id, None)
            else:
                await store(copy, [offer(emag_id, eans=eans)], account=account)
                present[emag_id] = eans
            if asks:
                await list_offers(copy, wanted)
        page = await list_offers(copy, wanted)
    assert [row.emag_id for row in page.offers] == expected(present)
    async with copy.snapshot() as connection:
        both = [set((await connection.execute(query)).scalars()) for query in (same_eans(), kept_same_eans())]
    assert both[0] == both[1]


async def test_a_list_of_them_looks_at_the_log_once_for_each_change(copy: Database) -> None:
    await store(copy, [offer(1, eans=["111"]), offer(2, eans=["111"])])
    await list_offers(copy, OfferFilter(same_ean=True))
    written: list[str] = []

    def hear(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        written.append(statement)

    event.listen(copy.engine.sync_engine, "before_cursor_execute", hear)
    page = await list_offers(copy, OfferFilter(same_ean=True))
    event.remove(copy.engine.sync_engine, "before_cursor_execute", hear)
    assert [row.emag_id for row in page.offers] == [1, 2]
    assert not any(one.startswith(("INSERT", "UPDATE")) for one in written), written


@pytest.mark.databases("sqlite", "PostgreSQL plans by statistics")
async def test_no_offer_is_looked_at_but_those_with_an_ean_that_several_have(copy: Database) -> None:
    await store(copy, [offer(1)])
    async with copy.snapshot() as connection:
        query = select(same_ean_repository.offers.c.id).where(same_ean_repository.offers.c.id.in_(kept_same_eans()))
        compiled = query.compile(connection.sync_connection)
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(compiled.params.values()))
        steps = [row[3] for row in plan]
    assert [step for step in steps if step.startswith("SCAN")] == ["SCAN shared_eans"], steps
