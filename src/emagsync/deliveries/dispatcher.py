"""Delivering messages: tried again until an attempt succeeds or the last one has failed, each receiver in its own lane.

Messages are rows of a table until they are delivered, so that a restart loses none. One statement claims an attempt: it
counts it and moves the time at which the message is due to the end of the attempt's lease, unless another dispatcher
has counted it already. What becomes of an attempt whose process dies is the repository's: where messages are sent at
least once they are due again when the lease ends, with the same id; where they are sent at most once they become
`unknown`.

A lane has a few attempts going at once, and one only after an attempt that was not answered. A receiver that keeps
timing out is left alone for a while; one that answers 410 is switched off. No lane waits for another one, unless very
many receivers time out at the same moment. No transaction is open during an attempt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

import structlog

from emagsync.core.clock import Clock
from emagsync.core.concurrency import cancelled
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.deliveries.repository import DeliveryRepository, Message
from emagsync.deliveries.states import AttemptResult, Ending, OffReason, columns_after

log = structlog.get_logger()

_POLL_SECONDS: Final = 1.0


class Sender(Protocol):
    """Makes one attempt; it returns within the policy's lease."""

    async def send(self, message: Message) -> AttemptResult: ...


class Policy(NamedTuple):
    """`name` is what the log calls these messages. At most `in_lane` attempts go on for a receiver, `at_once` for all.

    An attempt takes less than `lease_seconds`. A dispatcher that stops waits `stop_seconds` for those that go on.
    """

    name: str
    in_lane: int
    at_once: int
    lease_seconds: float
    stop_seconds: float = 0.0


class Dispatcher:
    """Delivers the messages that are due. Any number of dispatchers may share a table."""

    def __init__(
        self, *, database: Database, repository: DeliveryRepository, sender: Sender, policy: Policy, clock: Clock
    ) -> None:
        self._database = database
        self._repository = repository
        self._sender = sender
        self._policy = policy
        self._clock = clock
        self._turns = asyncio.Semaphore(policy.at_once)
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    async def run(self) -> None:
        """Deliver until cancelled, looking for due messages every second."""
        try:
            while True:
                try:
                    await self.look()
                except DatabaseError as error:
                    log.warning("messages_not_read", of=self._policy.name, error=str(error))
                await self._clock.sleep(_POLL_SECONDS)
        finally:
            await self._stop()

    async def look(self) -> None:
        """Start a lane for each receiver that has messages due, unless it is at work already."""
        now = self._clock.now()
        async with self._database.snapshot() as connection:
            receivers = await self._repository.open_lanes(connection, now=now)
            has_interrupted = await self._repository.interrupted(connection, now=now)
        if has_interrupted:
            async with self._database.transaction() as connection:
                await self._repository.end_interrupted(connection, now=now)
        for receiver_id in receivers:
            if receiver_id not in self._lanes:
                lane = asyncio.create_task(self._work(receiver_id), name=f"lane {receiver_id}")
                self._lanes[receiver_id] = lane
                lane.add_done_callback(lambda _, ended=receiver_id: self._lanes.pop(ended, None))  # type: ignore[misc]

    @property
    def lanes_at_work(self) -> int:
        """How many receivers are being delivered to."""
        return len(self._lanes)

    def reserved_until(self) -> datetime:
        """When a message is due for everybody that is stored to be attempted by `deliver` at once: so that nobody else
        does it first, and that it is attempted all the same should this process die."""
        return self._clock.now() + timedelta(seconds=self._policy.lease_seconds)

    async def deliver(self, ids: Collection[str]) -> None:
        """Attempt these waiting messages once, now, whatever the state of their lanes. See `reserved_until`."""
        async with self._database.snapshot() as connection:
            messages = await self._repository.pending_among(connection, ids)
        await self._attempt_all(messages)

    async def _work(self, receiver_id: str) -> None:
        """Empty one lane."""
        try:
            while not self._stopping:
                async with self._database.snapshot() as connection:
                    messages = await self._repository.due_in_lane(
                        connection, receiver_id, now=self._clock.now(), limit=self._policy.in_lane
                    )
                if not await self._attempt_all(messages):
                    return
        except DatabaseError as error:
            log.warning("messages_not_read", of=self._policy.name, error=str(error))

    async def _attempt_all(self, messages: Sequence[Message]) -> int:
        """Attempt these, all at the same time. Returns how many others have not claimed before."""
        return sum(await asyncio.gather(*(self._attempt(message) for message in messages)))

    async def _attempt(self, message: Message) -> bool:
        # The turn first: the lease must not end while the message waits for it.
        async with self._turns:
            lease = self.reserved_until()
            async with self._database.transaction() as connection:
                if not await self._repository.claim(connection, message, until=lease):
                    return False
            result = await self._sender.send(message)
        await self._record(message, result)
        if not result.ok:
            log.warning(
                "message_not_delivered",
                of=self._policy.name,
                receiver_id=message.receiver_id,
                delivery_id=message.id,
                ending=result.ending.value,
                why=result.error,
            )
        return True

    async def _record(self, message: Message, result: AttemptResult) -> None:
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await self._repository.record(connection, message, columns_after(result, message.attempts, now))
            if result.ending is Ending.TIMED_OUT:
                await self._repository.note_timeout(connection, message.receiver_id, now=now)
            else:
                await self._repository.note_answer(connection, message.receiver_id)
            if result.ending is Ending.GONE:
                await self._repository.switch_off(connection, message.receiver_id, OffReason.GONE)
                log.warning("receiver_gone", of=self._policy.name, receiver_id=message.receiver_id)

    async def _stop(self) -> None:
        self._stopping = True
        lanes = list(self._lanes.values())
        if lanes and self._policy.stop_seconds:
            await asyncio.wait(lanes, timeout=self._policy.stop_seconds)
        await cancelled(*lanes)
