"""All SQL about messages on their way, whatever table they are in."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, insert, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.deliveries.states import MessageStatus, OffReason, pause_after


class Message(NamedTuple):
    """A message that is due. `attempts` were made before."""

    id: str
    receiver_id: str
    event: str
    body: str
    attempts: int
    created_at: datetime


class DeliveryRepository:
    """The messages of one table, and the lanes of their receivers: rows with `enabled` and `lane_columns()`.

    `at_most_once`: an attempt that nobody saw the end of is not made again.
    """

    def __init__(self, deliveries: Table, receivers: Table, *, receiver_id: str, at_most_once: bool = False) -> None:
        self._deliveries = deliveries
        self._receivers = receivers
        self._receiver = deliveries.c[receiver_id]
        self._receiver_id = receiver_id
        self._pending = deliveries.c.status == MessageStatus.PENDING
        # As the index has it, with literals: a bound value would keep SQLite from using that.
        self._to_send = deliveries.c.status.in_((literal_column("'pending'"), literal_column("'sending'")))
        self._at_most_once = at_most_once
        self._claimed = MessageStatus.SENDING if at_most_once else MessageStatus.PENDING

    async def add(
        self,
        connection: AsyncConnection,
        receiver_id: str,
        event: str,
        body: str,
        *,
        now: datetime,
        due_at: datetime | None = None,
        delivery_id: str | None = None,
    ) -> str:
        """Store one message, due at `due_at` (None: now). Returns its id."""
        values = {
            "id": delivery_id or str(uuid.uuid4()),
            self._receiver_id: receiver_id,
            "event": event,
            "body": body,
            "status": MessageStatus.PENDING,
            "attempts": 0,
            "next_attempt_at": due_at or now,
            "created_at": now,
        }
        await connection.execute(insert(self._deliveries).values(**values))
        return str(values["id"])

    async def open_lanes(self, connection: AsyncConnection, *, now: datetime) -> list[str]:
        """The ids of the receivers that have a message due, are enabled and not left alone."""
        due = exists().where(self._receiver == self._receivers.c.id, *self._due(now))
        query = select(self._receivers.c.id).where(due, self._is_open(now))
        return list(await connection.scalars(query))

    async def due_in_lane(
        self, connection: AsyncConnection, receiver_id: str, *, now: datetime, limit: int
    ) -> list[Message]:
        """Up to `limit` messages that are due to this receiver, the longest due first; none when its lane is closed.
        Only one when its last attempt was not answered."""
        query = select(self._receivers.c.timeouts).where(self._receivers.c.id == receiver_id, self._is_open(now))
        timeouts = await connection.scalar(query)
        if timeouts is None:
            return []
        return await self._messages(
            connection, [self._receiver == receiver_id, *self._due(now)], 1 if timeouts else limit
        )

    async def pending_among(self, connection: AsyncConnection, ids: Collection[str]) -> list[Message]:
        """Those of these messages that wait, due or not, whatever the state of their lanes."""
        return await self._messages(connection, [self._deliveries.c.id.in_(ids), self._pending], len(ids))

    async def claim(self, connection: AsyncConnection, message: Message, *, until: datetime) -> bool:
        """Lease a message for one attempt. False when another dispatcher was faster."""
        result = await connection.execute(
            update(self._deliveries)
            .where(self._deliveries.c.id == message.id, self._pending, self._deliveries.c.attempts == message.attempts)
            .values(attempts=message.attempts + 1, next_attempt_at=until, status=self._claimed)
        )
        return result.rowcount == 1

    async def record(self, connection: AsyncConnection, message: Message, values: Mapping[str, Any]) -> None:
        """Store the columns that an attempt changed, also one that outlasted its lease."""
        row = and_(self._deliveries.c.id == message.id, self._deliveries.c.status != MessageStatus.DELIVERED)
        await connection.execute(update(self._deliveries).where(row).values(**values))

    async def interrupted(self, connection: AsyncConnection, *, now: datetime) -> bool:
        """Whether there are attempts whose process has died, of messages that must not be sent twice.

        Others are due again by themselves.
        """
        if not self._at_most_once:
            return False
        return bool(await connection.scalar(select(exists().where(*self._overdue(now)))))

    async def end_interrupted(self, connection: AsyncConnection, *, now: datetime) -> None:
        """End those: whether these messages were sent, nobody knows."""
        values = {"status": MessageStatus.UNKNOWN, "error": "interrupted"}
        await connection.execute(update(self._deliveries).where(*self._overdue(now)).values(**values))

    async def again(
        self,
        connection: AsyncConnection,
        delivery_id: str,
        *,
        due_at: datetime,
        of: Collection[MessageStatus] = (MessageStatus.UNKNOWN, MessageStatus.GIVEN_UP),
    ) -> bool:
        """Let an ended message be sent anew, with the same id: by default one that did not surely arrive. False when
        there is none."""
        ended = self._deliveries.c.status.in_(of)
        values = {
            "status": MessageStatus.PENDING,
            "attempts": 0,
            "next_attempt_at": due_at,
            "delivered_at": None,
            "error": None,
        }
        anew = update(self._deliveries).where(self._deliveries.c.id == delivery_id, ended)
        return (await connection.execute(anew.values(**values))).rowcount == 1

    async def note_timeout(self, connection: AsyncConnection, receiver_id: str, *, now: datetime) -> None:
        """Count an attempt without an answer; too many in a row close the lane for a while."""
        row = self._receivers.c.id == receiver_id
        counted = update(self._receivers).where(row).values(timeouts=self._receivers.c.timeouts + 1)
        await connection.execute(counted)
        timeouts = await connection.scalar(select(self._receivers.c.timeouts).where(row))
        pause = pause_after(timeouts or 0)
        if pause is not None:
            await connection.execute(update(self._receivers).where(row).values(paused_until=now + pause))

    async def note_answer(self, connection: AsyncConnection, receiver_id: str) -> None:
        """The receiver answers: its lane is open."""
        row = and_(self._receivers.c.id == receiver_id, self._receivers.c.timeouts > 0)
        await connection.execute(update(self._receivers).where(row).values(timeouts=0, paused_until=None))

    async def switch_off(self, connection: AsyncConnection, receiver_id: str, reason: OffReason) -> None:
        """Disable a receiver. What waits for it is sent when a person enables it again."""
        row = self._receivers.c.id == receiver_id
        await connection.execute(update(self._receivers).where(row).values(enabled=False, off_reason=reason))

    async def get(self, connection: AsyncConnection, delivery_id: str) -> dict[str, Any] | None:
        """The columns of one message."""
        found = await self._rows(connection, self._deliveries.c.id == delivery_id, 1)
        return found[0] if found else None

    async def newest(
        self,
        connection: AsyncConnection,
        receiver_id: str,
        *,
        limit: int,
        statuses: Collection[str] = (),
        event: str | None = None,
        after: tuple[datetime, str] | None = None,
    ) -> list[dict[str, Any]]:
        """The columns of a receiver's messages, newest first: of these states and of this event, or of all. `after` is
        when the last one of the page before was made, and its id."""
        table = self._deliveries.c
        conditions = [self._receiver == receiver_id]
        if statuses:
            conditions.append(table.status.in_(statuses))
        if event is not None:
            conditions.append(table.event == event)
        if after is not None:
            at, delivery_id = after
            conditions.append(or_(table.created_at < at, and_(table.created_at == at, table.id > delivery_id)))
        return await self._rows(connection, and_(*conditions), limit)

    async def prune(self, connection: AsyncConnection, *, before: datetime) -> int:
        """Delete messages created before then that nothing more becomes of. Returns how many."""
        old = delete(self._deliveries).where(~self._to_send, self._deliveries.c.created_at < before)
        return (await connection.execute(old)).rowcount

    async def counts_by_state(self, connection: AsyncConnection) -> dict[str, int]:
        """How many messages there are: `waiting`, `failing` (attempted, to be attempted again), `delivered`,
        `given_up`, and `unknown` where messages are sent at most once."""
        attempted = self._deliveries.c.attempts > literal_column("0")  # a bound value would differ from GROUP BY's
        query = select(self._deliveries.c.status, attempted, func.count()).group_by(
            self._deliveries.c.status, attempted
        )
        states = ["waiting", "failing", "delivered", "given_up"]
        counts = dict.fromkeys([*states, "unknown"] if self._at_most_once else states, 0)
        for status, was_attempted, number in await connection.execute(query):
            pending = "failing" if was_attempted else "waiting"
            is_pending = status in (MessageStatus.PENDING, MessageStatus.SENDING)
            counts[pending if is_pending else str(status)] += number
        return counts

    def _due(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        return self._to_send, self._pending, self._deliveries.c.next_attempt_at <= now

    def _overdue(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        is_sending = self._deliveries.c.status == MessageStatus.SENDING
        return self._to_send, is_sending, self._deliveries.c.next_attempt_at <= now

    def _is_open(self, now: datetime) -> ColumnElement[bool]:
        paused = self._receivers.c.paused_until
        return and_(self._receivers.c.enabled, or_(paused.is_(None), paused <= now))

    async def _messages(
        self, connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]], limit: int
    ) -> list[Message]:
        table = self._deliveries.c
        columns = (table.id, self._receiver, table.event, table.body, table.attempts, table.created_at)
        query = select(*columns).where(*conditions).order_by(table.next_attempt_at).limit(limit)
        return [Message(*row) for row in await connection.execute(query)]

    async def _rows(
        self, connection: AsyncConnection, condition: ColumnElement[bool], limit: int
    ) -> list[dict[str, Any]]:
        """`next_attempt_at` is None for a message that is not attempted again."""
        table = self._deliveries.c
        query = select(self._deliveries).where(condition).order_by(table.created_at.desc(), table.id).limit(limit)
        found = [dict(row._mapping) for row in await connection.execute(query)]
        for values in found:
            if values["status"] != MessageStatus.PENDING:
                values["next_attempt_at"] = None
        return found
