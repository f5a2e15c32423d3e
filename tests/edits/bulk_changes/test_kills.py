"""A process may die at any instant of a bulk change: the next one goes on, and the end is that of an undisturbed one.
Of a change that is half kept nothing is sent, and one that somebody stops is taken back whole."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from emagsync.edits.bulk_changes.model import WORKING
from emagsync.edits.states import EditState
from support.bulk_changing import BulkDesk
from support.clocks import ForwardClock
from support.mortal import Death, Life, Moment
from support.pushing import open_push_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

OFFERS = 5
# Taking it, counting what came since, and the first two pieces of two offers.
HALF_KEPT = Death(4, "after")


@pytest.fixture
async def bulk(tmp_path: Path) -> AsyncIterator[BulkDesk]:
    async with open_push_desk(tmp_path, OFFERS, clock=ForwardClock()) as desk:
        yield BulkDesk(desk)


def pass_the_lease(bulk: BulkDesk) -> None:
    """What a process that died had taken is free again."""
    assert isinstance(bulk.desk.clock, ForwardClock)
    bulk.desk.clock.forward(seconds=bulk.settings.lease_seconds)


async def dies(bulk: BulkDesk, change_id: int, death: Death) -> bool:
    """A process that works on the change and dies so; False: it came to the end before."""
    life = Life()
    async with bulk.worker(life) as worker:
        died = await life.ends(worker.settle(change_id), death)
    pass_the_lease(bulk)
    return died


async def half_kept(bulk: BulkDesk, change_id: int) -> None:
    """The change, previewed, and kept for four offers when the process died."""
    await bulk.settled(change_id)
    await bulk.apply(change_id)
    assert await dies(bulk, change_id, HALF_KEPT)
    shown = await bulk.changes.get(change_id)
    assert (shown.state, shown.kept) == ("applying", 4)


async def picture(bulk: BulkDesk, change_id: int) -> dict[str, Any]:
    """All that is there at the end, without what differs from one change to the next."""
    view = (await bulk.changes.get(change_id)).model_dump(exclude={"id", "batch_id", "made_at", "finished_at"})
    edits = await bulk.desk.edits()
    values = [(one.emag_id, one.field, one.base, one.value, one.state, one.made_by, one.source) for one in edits]
    return {"change": view, "rows": await bulk.rows(change_id), "edits": values}


# Before a transaction is after the one before it, but for what that one's process still knew.
@pytest.mark.often(first=1)
@pytest.mark.parametrize("moment", ["after", "before"])
async def test_a_preview_whose_process_dies_ends_as_an_undisturbed_one(bulk: BulkDesk, moment: Moment) -> None:
    undisturbed = await bulk.ask()
    await bulk.settled(undisturbed)
    expected = await picture(bulk, undisturbed)
    assert (expected["change"]["state"], expected["change"]["counts"]["ok"]) == ("ready", OFFERS)
    for instant in itertools.count(1):
        change_id = await bulk.ask()
        died = await dies(bulk, change_id, Death(instant, moment))
        await bulk.settled(change_id)
        assert await picture(bulk, change_id) == expected, instant
        if not died:
            break
    # Taking, clearing, gathering, counting, three pieces, the end.
    assert instant > 8


# Before a transaction is after the one before it, but for what that one's process still knew.
@pytest.mark.often(first=1)
@pytest.mark.parametrize("moment", ["after", "before"])
async def test_a_change_whose_process_dies_while_it_is_kept_ends_as_an_undisturbed_one(
    bulk: BulkDesk, moment: Moment
) -> None:
    undisturbed = await bulk.ask()
    await bulk.kept(undisturbed)
    expected = await picture(bulk, undisturbed)
    assert (expected["change"]["kept"], len(expected["edits"])) == (OFFERS, OFFERS)
    for instant in itertools.count(1):
        await bulk.desk.local.execute("DELETE FROM local_edits")
        change_id = await bulk.ask()
        await bulk.settled(change_id)
        await bulk.apply(change_id)
        died = await dies(bulk, change_id, Death(instant, moment))
        if (await bulk.changes.get(change_id)).state in WORKING:
            assert await bulk.desk.service.push_account("main", trigger="test") is None
            assert await bulk.desk.entries() == []
        await bulk.settled(change_id)
        assert await picture(bulk, change_id) == expected, instant
        if not died:
            break
    # Taking, counting what came, three pieces, the end.
    assert instant > 6
    assert bulk.desk.saves() == 0


async def test_of_a_change_that_is_half_kept_nothing_is_sent_and_all_else_is(bulk: BulkDesk) -> None:
    change_id = await bulk.ask([1, 2, 3, 4])
    await bulk.desk.edit(5, "sale_price", "95.0000")
    await bulk.settled(change_id)
    await bulk.apply(change_id)
    assert await dies(bulk, change_id, Death(3, "after"))
    assert len(await bulk.desk.edits(states=(EditState.OPEN,))) == 3
    assert (await bulk.desk.push()).counts == {"applied": 1}
    assert await bulk.desk.states() == {5: "applied"}
    assert [bulk.desk.shown(emag_id, "sale_price") for emag_id in (1, 4, 5)] == ["100.0000", "100.0000", "95.0000"]
    await bulk.settled(change_id)
    assert (await bulk.desk.push()).counts == {"applied": 4}
    assert [bulk.desk.shown(emag_id, "sale_price") for emag_id in range(1, 6)] == ["90.0000"] * 4 + ["95.0000"]
    assert Counter(entry.emag_id for entry in await bulk.desk.entries()) == dict.fromkeys(range(1, 6), 1)


async def test_what_was_kept_of_a_change_that_is_stopped_is_taken_back_also_after_another_death(bulk: BulkDesk) -> None:
    await bulk.desk.edit(1, "sale_price", "95.0000")
    change_id = await bulk.ask()
    await half_kept(bulk, change_id)
    await bulk.changes.stop(change_id)
    # Taking it, and the first piece of edits that are taken back.
    assert await dies(bulk, change_id, Death(2, "after"))
    assert Counter(edit.state for edit in await bulk.desk.edits()) == {"replaced": 1, "withdrawn": 2, "open": 2}
    assert await bulk.desk.service.push_account("main", trigger="test") is None
    stopped = await bulk.settled(change_id)
    assert (stopped.state, stopped.kept) == ("discarded", 0)
    # What it had replaced does not come back.
    assert Counter(edit.state for edit in await bulk.desk.edits()) == {"replaced": 1, "withdrawn": 4}
    assert await bulk.desk.service.push_account("main", trigger="test") is None
    assert (await bulk.desk.entries(), bulk.desk.saves()) == ([], 0)
