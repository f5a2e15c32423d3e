"""A bulk change that breaks, or kills its process, at the same place each time is given up, and says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from emagsync.edits.bulk_changes.response_schemas import BulkChangeView
from emagsync.edits.bulk_changes.worker import MOST_ATTEMPTS
from emagsync.edits.errors import BulkChangeElsewhere
from support.bulk_changing import BulkDesk
from support.clocks import ForwardClock
from support.mortal import Death, Life
from support.pushing import open_push_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

OFFERS = 5


@pytest.fixture
async def bulk(tmp_path: Path) -> AsyncIterator[BulkDesk]:
    async with open_push_desk(tmp_path, OFFERS, clock=ForwardClock()) as desk:
        yield BulkDesk(desk)


async def spoil(bulk: BulkDesk, row: int, outcome: str | None = "unheard of") -> None:
    """Whoever reads this row breaks, until it is mended."""
    async with bulk.desk.local.database.transaction() as connection:
        statement = text("UPDATE bulk_change_rows SET outcome = :outcome WHERE row = :row".replace("row =", '"row" ='))
        await connection.execute(statement, {"outcome": outcome, "row": row})


async def attempt(bulk: BulkDesk, change_id: int) -> BulkChangeView:
    """One more look of a process at the change, when its lease is over."""
    async with bulk.worker() as worker:
        await worker.work()
    assert isinstance(bulk.desk.clock, ForwardClock)
    bulk.desk.clock.forward(seconds=bulk.settings.lease_seconds)
    return await bulk.changes.get(change_id)


async def given_up(bulk: BulkDesk) -> BulkChangeView:
    """A change whose first two pieces were kept, and whose third breaks."""
    change_id = await bulk.ask()
    await bulk.settled(change_id)
    await spoil(bulk, 5)
    await bulk.apply(change_id)
    for _ in range(MOST_ATTEMPTS - 1):
        assert (await attempt(bulk, change_id)).state == "applying"
    while (view := await attempt(bulk, change_id)).state == "applying":
        pass
    return view


async def test_a_change_that_always_breaks_while_it_is_applied_fails_and_says_why(bulk: BulkDesk) -> None:
    view = await given_up(bulk)
    assert (view.state, view.kept, view.done) == ("failed", 4, 4)
    assert view.why is not None
    assert (view.why.code, view.why.values) == ("broke_again", {"times": str(MOST_ATTEMPTS)})
    assert view.reason == f"it broke at the same place {MOST_ATTEMPTS} times; the server's log says why"
    assert view.finished_at is not None
    async with bulk.worker() as worker:
        assert not await worker.work()


async def test_nothing_of_a_failed_change_is_sent_and_it_can_be_taken_back(bulk: BulkDesk) -> None:
    view = await given_up(bulk)
    assert await bulk.desk.service.push_account("main", trigger="test") is None
    assert {edit.state for edit in await bulk.desk.edits()} == {"open"}
    await bulk.changes.stop(view.id)
    stopped = await bulk.settled(view.id)
    assert (stopped.state, stopped.kept, stopped.reason) == ("discarded", 0, None)
    assert {edit.state for edit in await bulk.desk.edits()} == {"withdrawn"}
    with pytest.raises(BulkChangeElsewhere):
        await bulk.changes.stop(view.id)


async def test_a_change_that_comes_further_each_time_is_not_given_up(bulk: BulkDesk) -> None:
    change_id = await bulk.ask()
    await bulk.settled(change_id)
    await bulk.apply(change_id)
    for row in (1, 3, 5):
        await spoil(bulk, row)
        for _ in range(MOST_ATTEMPTS - 2):
            assert (await attempt(bulk, change_id)).state == "applying"
        await spoil(bulk, row, None)
        await spoil(bulk, row + 2) if row < OFFERS else None
        await attempt(bulk, change_id)
    assert (await bulk.settled(change_id)).state == "applied"


@pytest.mark.parametrize("is_applied", [False, True], ids=["preview", "keeping"])
async def test_a_change_that_kills_its_process_each_time_is_given_up(bulk: BulkDesk, is_applied: bool) -> None:
    change_id = await bulk.ask()
    if is_applied:
        await bulk.settled(change_id)
        await bulk.apply(change_id)
    for _ in range(MOST_ATTEMPTS):
        life = Life()
        async with bulk.worker(life) as worker:
            assert await life.ends(worker.settle(change_id), Death(2, "before"))
        assert isinstance(bulk.desk.clock, ForwardClock)
        bulk.desk.clock.forward(seconds=bulk.settings.lease_seconds)
    view = await attempt(bulk, change_id)
    assert (view.state, view.kept) == ("failed", 0)
    assert view.why is not None
    assert view.why.code == "broke_again"
