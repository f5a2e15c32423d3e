"""Every receiver has a lane of its own: what one does not take holds up no other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from emagsync.core.concurrency import background_task
from emagsync.db.engine import Database
from emagsync.deliveries.dispatcher import Dispatcher, Policy
from emagsync.deliveries.repository import Message
from emagsync.deliveries.states import TIMEOUTS_BEFORE_PAUSE, AttemptResult, Ending, MessageStatus, pause_after
from emagsync.webhooks import repository
from emagsync.webhooks.events import EventKind
from emagsync.webhooks.message_repository import DELIVERIES, add_delivery
from emagsync.webhooks.schemas import Webhook
from emagsync.webhooks.tables import webhook_deliveries
from support.clocks import ForwardClock
from support.databases import new_database, rows
from support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.databases("both", often="sqlite")

POLICY = Policy("webhook", in_lane=3, at_once=16, lease_seconds=60)


class Receivers:
    """Takes messages: `results` says what each receiver answers, delivered by default; the `silent` never do."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.results: dict[str, AttemptResult] = {}
        self.got: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self._going: Counter[str] = Counter()

    async def send(self, message: Message) -> AttemptResult:
        receiver = message.receiver_id
        self._going[receiver] += 1
        self.most_at_once[receiver] = max(self.most_at_once[receiver], self._going[receiver])
        try:
            await (asyncio.Event().wait() if receiver in self.silent else asyncio.sleep(0))
        finally:
            self._going[receiver] -= 1
        self.got[receiver] += 1
        return self.results.get(receiver, AttemptResult(Ending.DELIVERED, 200))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with new_database(tmp_path) as opened:
        yield opened


async def queue(database: Database, clock: ForwardClock, receiver: str, messages: int) -> None:
    hook = Webhook(
        id=receiver,
        name=receiver,
        url="https://erp.example.com/",
        events=(EventKind.FAILED,),
        enabled=True,
        settings=False,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    async with database.transaction() as connection:
        await repository.add(connection, hook, secret_version=1)
        for _ in range(messages):
            await add_delivery(connection, receiver, "failed", {}, now=clock.now())


def dispatcher(database: Database, receivers: Receivers, clock: ForwardClock) -> Dispatcher:
    return Dispatcher(database=database, repository=DELIVERIES, sender=receivers, policy=POLICY, clock=clock)


async def settled(one: Dispatcher) -> None:
    """Look, and wait for the lanes that it starts."""
    await one.look()
    while one.lanes_at_work:
        await asyncio.sleep(0.005)


def lane(database: Database, receiver: str) -> dict[str, object]:
    [found] = rows(
        database, "SELECT enabled, timeouts, paused_until, off_reason FROM webhooks WHERE id = :id", id=receiver
    )
    return found


async def test_a_receiver_that_never_answers_delays_no_other_and_has_few_attempts_going(database: Database) -> None:
    clock, receivers = ForwardClock(), Receivers()
    receivers.silent = {"silent"}
    await queue(database, clock, "silent", 20)
    await queue(database, clock, "well", 41)
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        background_task("dispatcher", dispatcher(database, receivers, clock).run()),
    ):
        while receivers.got["well"] < 41:
            await asyncio.sleep(0.01)
    assert receivers.got == {"well": 41}
    assert receivers.most_at_once["silent"] == POLICY.in_lane >= receivers.most_at_once["well"]


async def test_a_receiver_that_keeps_timing_out_is_left_alone_then_asked_once(database: Database) -> None:
    clock, receivers = ForwardClock(), Receivers()
    receivers.results["slow"] = AttemptResult(Ending.TIMED_OUT, None, "no answer within 15 s")
    await queue(database, clock, "slow", 10)
    one = dispatcher(database, receivers, clock)
    await settled(one)
    assert receivers.got["slow"] == TIMEOUTS_BEFORE_PAUSE
    assert lane(database, "slow")["timeouts"] == TIMEOUTS_BEFORE_PAUSE
    clock.forward(seconds=50)
    await settled(one)
    assert receivers.got["slow"] == 3  # still left alone
    clock.forward(seconds=11)
    await settled(one)
    assert receivers.got["slow"] == 4  # one attempt, to see whether it answers
    receivers.results.clear()
    clock.forward(minutes=3)
    await settled(one)
    assert receivers.got["slow"] == 14  # 4 in vain, and each of the 10 once
    assert lane(database, "slow") | {"paused_until": None} == {
        "enabled": 1,
        "timeouts": 0,
        "paused_until": None,
        "off_reason": None,
    }


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "sent again"])
async def test_who_sends_a_message_at_once_does_so_itself_and_if_it_dies_another_does(
    database: Database, is_new: bool
) -> None:
    clock, receivers = ForwardClock(), Receivers()
    await queue(database, clock, "erp", 0 if is_new else 1)
    own, other = (dispatcher(database, receivers, clock) for _ in range(2))
    await settled(other)
    before = receivers.got["erp"]

    async def reserve() -> str:
        due_at = own.reserved_until()
        async with database.transaction() as connection:
            if is_new:
                return await add_delivery(connection, "erp", "test", {}, now=clock.now(), due_at=due_at)
            [message_id] = await connection.scalars(select(webhook_deliveries.c.id))
            assert await DELIVERIES.again(connection, message_id, due_at=due_at, of=[MessageStatus.DELIVERED])
            return str(message_id)

    sent = await reserve()
    await settled(other)
    assert receivers.got["erp"] == before
    await own.deliver([sent])
    assert receivers.got["erp"] == before + 1
    await reserve()
    clock.forward(seconds=POLICY.lease_seconds)
    await settled(other)
    assert receivers.got["erp"] == before + 2


async def test_a_receiver_that_is_gone_is_switched_off_and_says_why(database: Database) -> None:
    clock, receivers = ForwardClock(), Receivers()
    receivers.results["gone"] = AttemptResult(Ending.GONE, 410, "it answered 410")
    await queue(database, clock, "gone", 1)
    one = dispatcher(database, receivers, clock)
    await settled(one)
    assert (lane(database, "gone")["enabled"], lane(database, "gone")["off_reason"]) == (0, "gone")
    [message] = rows(database, "SELECT status, answer FROM webhook_deliveries")
    assert message == {"status": "given_up", "answer": 410}
    clock.forward(hours=1)
    await settled(one)
    assert receivers.got["gone"] == 1


@pytest.mark.parametrize(
    ("timeouts", "minutes"),
    [(0, None), (2, None), (3, 1), (4, 2), (5, 4), (6, 8), (7, 15), (500, 15)],
)
@pytest.mark.databases("sqlite")
def test_pauses_grow_up_to_a_quarter_of_an_hour(timeouts: int, minutes: int | None) -> None:
    assert pause_after(timeouts) == (None if minutes is None else timedelta(minutes=minutes))
