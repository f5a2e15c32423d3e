"""The outbox is filled and rejected in pieces: the end is the same, and who dies in between loses nothing."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.accounts.registry import AccountRegistry
from emagsync.db.engine import Database
from emagsync.edits.push.enqueue import enqueue
from emagsync.edits.push.errors import HoldDecided
from emagsync.edits.push.outbox import Lines
from emagsync.edits.push.outbox_repository import lock_entries
from emagsync.edits.push.service import PushService
from emagsync.edits.states import OutboxState
from support.clocks import ForwardClock
from support.databases import address_of, until_locked_out
from support.local import accounts_at
from support.mortal import Death, Life, Moment
from support.pushing import PushDesk, open_push_desk

pytestmark = pytest.mark.databases("both", often="sqlite")

OFFERS = 7
SMALL: dict[str, Any] = {"bulk_piece": 2}


@asynccontextmanager
async def open_desk(folder: Path, **edits: Any) -> AsyncIterator[PushDesk]:
    async with open_push_desk(folder, OFFERS, clock=ForwardClock(), edits=SMALL | edits) as desk:
        yield desk


@asynccontextmanager
async def process(desk: PushDesk, life: Life) -> AsyncIterator[PushService]:
    """Another process that pushes, until its life ends."""
    registry = AccountRegistry(accounts_at(desk.market.url, "main"), desk.local.settings, clock=desk.clock)
    async with Database(address_of(desk.local.database)) as database:
        life.bind(database)
        yield PushService(database=database, registry=registry, settings=desk.local.settings, clock=desk.clock)
    await registry.aclose()


def pass_the_lease(desk: PushDesk) -> None:
    assert isinstance(desk.clock, ForwardClock)
    desk.clock.forward(seconds=desk.local.settings.edits.lease_seconds)


async def fill_but_after_the_first_piece(desk: PushDesk, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Fill the outbox offer by offer; behind the first one something happens."""
    pieces = itertools.count(1)

    @asynccontextmanager
    async def writing() -> AsyncIterator[tuple[AsyncConnection, datetime]]:
        if next(pieces) == 2:
            await meanwhile()
        async with desk.local.database.transaction() as connection:
            yield connection, desk.clock.now()

    await enqueue(desk.local.database, "main", approve=True, piece=1, writing=writing)


async def reprice_all(desk: PushDesk) -> None:
    await desk.edit_many([(emag_id, "sale_price", "90.0000") for emag_id in range(1, OFFERS + 1)])


@pytest.mark.parametrize("piece", [1, 2, 3, OFFERS, OFFERS + 1])
async def test_the_outbox_is_the_same_whatever_the_pieces(tmp_path: Path, piece: int) -> None:
    async with open_desk(tmp_path) as desk:
        await reprice_all(desk)
        await desk.enqueue(piece=piece)
        assert await desk.states() == dict.fromkeys(range(1, OFFERS + 1), "waiting")
        await desk.edit(4, "sale_price", "91.0000")
        await desk.local.execute("UPDATE local_edits SET state = 'withdrawn' WHERE emag_id IN (2, 3, 6)")
        await desk.enqueue(piece=piece)
        states = await desk.states()
        assert {emag_id for emag_id, state in states.items() if state == "dropped"} == {2, 3, 6}
        assert {emag_id for emag_id, state in states.items() if state == "waiting"} == {1, 4, 5, 7}
        assert [entry.items[0].value for entry in await desk.entries() if entry.emag_id == 4] == ["91.0000"]


async def test_edits_that_came_at_once_are_counted_by_the_brake_at_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.edit(1, "sale_price", "90.0000")

        async def another_batch() -> None:
            await desk.edit_many([(emag_id, "sale_price", "80.0000") for emag_id in range(1, OFFERS + 1)])

        await fill_but_after_the_first_piece(desk, another_batch)
        # Of the batch that came after the first piece the others see nothing: next time, all of it.
        assert [(entry.emag_id, entry.items[0].value) for entry in await desk.entries()] == [(1, "90.0000")]
        await desk.enqueue(piece=1)
        assert {(entry.emag_id, entry.items[0].value) for entry in await desk.entries()} == {
            (emag_id, "80.0000") for emag_id in range(1, OFFERS + 1)
        }


async def test_a_push_that_dies_while_the_outbox_is_filled_is_stopped_by_the_brake_all_the_same(tmp_path: Path) -> None:
    async with open_desk(tmp_path, brake_offers=OFFERS - 1) as desk:
        await reprice_all(desk)
        for instant in itertools.count(1):
            life = Life()
            async with process(desk, life) as service:
                died = await life.ends(service.push_account("main", trigger="test"), Death(instant, "after"))
            pass_the_lease(desk)
            # The lease, four pieces, and the push itself.
            if instant == 3:
                assert len(await desk.entries()) == 4
            if not died:
                break
        assert instant > 6
        assert desk.saves() == 0
        (hold,) = await desk.holds()
        assert hold.counts == {"repriced": OFFERS}
        assert Counter(entry.emag_id for entry in await desk.entries()) == dict.fromkeys(range(1, OFFERS + 1), 1)


async def test_rejecting_all_that_waits_dies_between_two_pieces_and_goes_on_when_it_is_asked_again(
    tmp_path: Path,
) -> None:
    async with open_desk(tmp_path) as desk:
        await reprice_all(desk)
        await desk.enqueue()
        life = Life()
        async with process(desk, life) as service:
            assert await life.ends(service.reject(Lines(account="main"), by="ana"), Death(2, "after"))
        assert Counter((await desk.states()).values()) == {"rejected": 4, "waiting": 3}
        assert Counter(edit.state for edit in await desk.edits()) == {"rejected": 4, "open": 3}
        assert await desk.service.reject(Lines(account="main"), by="ana") == 3
        assert Counter(edit.state for edit in await desk.edits()) == {"rejected": OFFERS}


@pytest.mark.parametrize("decision", ["approve", "reject"])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_decision_that_dies_at_any_border_of_its_pieces_has_decided_whole_pieces_and_goes_on(
    tmp_path: Path, decision: str, moment: Moment
) -> None:
    done = "pending" if decision == "approve" else "rejected"
    async with open_desk(tmp_path) as desk:
        await reprice_all(desk)
        await desk.enqueue()
        decided = 0
        for _ in range(4):
            life = Life()
            # The first piece of what is left: who died before its end has decided nothing.
            async with process(desk, life) as service:
                deciding = getattr(service, decision)(Lines(account="main"), by="ana")
                assert await life.ends(deciding, Death(1, moment))
            decided = min(OFFERS, decided + (2 if moment == "after" else 0))
            states = Counter((await desk.states()).values())
            assert (states[done], states["waiting"]) == (decided, OFFERS - decided)
        assert await getattr(desk.service, decision)(Lines(account="main"), by="ana") == OFFERS - decided
        assert Counter((await desk.states()).values()) == {done: OFFERS}
        edits = "open" if decision == "approve" else "rejected"
        assert Counter(edit.state for edit in await desk.edits()) == {edits: OFFERS}


@pytest.mark.databases("sqlite")
async def test_another_writer_comes_between_two_pieces(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await reprice_all(desk)
        await desk.enqueue()
        deciding = asyncio.create_task(desk.service.reject(Lines(account="main"), by="ana"))
        seen: set[int] = set()
        while not deciding.done():
            async with desk.local.database.transaction() as connection:
                counted = text("SELECT count(*) FROM outbox WHERE state = 'rejected'")
                seen.add(await connection.scalar(counted) or 0)
        assert await deciding == OFFERS
        assert seen >= {2, 4, 6}


async def test_a_hold_that_is_being_refused_is_in_force_until_its_last_entry_is_rejected(tmp_path: Path) -> None:
    async with open_desk(tmp_path, brake_offers=OFFERS - 1) as desk:
        await reprice_all(desk)
        assert (await desk.push()).status == "held"
        (hold,) = await desk.holds()
        for instant in range(1, 4):
            life = Life()
            async with process(desk, life) as service:
                assert await life.ends(service.refuse_hold(hold.id, by="ana"), Death(1, "after"))
            (left,) = await desk.holds()
            assert left.state == "waiting"
            assert Counter((await desk.states()).values())["rejected"] == 2 * instant
            await desk.service.push_account("main", trigger="test")
            assert desk.saves() == 0
        assert (await desk.service.refuse_hold(hold.id, by="ana")).state == "refused"
        assert Counter((await desk.states()).values()) == {"rejected": OFFERS}
        with pytest.raises(HoldDecided):
            await desk.service.refuse_hold(hold.id, by="ana")
        assert desk.saves() == 0


@pytest.mark.databases("postgresql", "SQLite has one writer")
async def test_what_is_rejected_while_the_outbox_is_filled_does_not_wait_again(tmp_path: Path) -> None:
    """The edit is open when the outbox begins to be filled, and closed when the entry's lock is had."""
    async with open_desk(tmp_path) as desk, process(desk, Life()) as pushing:
        await desk.edit(1, "sale_price", "90.0000")
        await desk.enqueue()
        async with desk.local.database.transaction() as connection:
            await lock_entries(connection, "main", [OutboxState.WAITING])
            rejecting = asyncio.create_task(pushing.reject(Lines(account="main"), by="ana"))
            await until_locked_out(desk.local.database, 1)
            filling = asyncio.create_task(desk.enqueue())
            await until_locked_out(desk.local.database, 2)
        assert await rejecting == 1
        await filling
        assert [entry.state for entry in await desk.entries()] == [OutboxState.REJECTED]
