"""Storing messages for webhooks, which every run may have to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.deliveries.repository import DeliveryRepository
from emagsync.webhooks.events import EventKind
from emagsync.webhooks.tables import webhook_deliveries, webhooks

DELIVERIES: Final = DeliveryRepository(webhook_deliveries, webhooks, receiver_id="webhook_id")

_enabled = select(webhooks.c.id, webhooks.c.events).where(webhooks.c.enabled)


async def enqueue(
    connection: AsyncConnection, events: Sequence[EventKind], body: Mapping[str, Any], *, now: datetime
) -> int:
    """Store one message for each enabled webhook that subscribes to one of `events`, in the caller's transaction.

    A webhook that subscribes to several gets the first of them. Returns the number of messages.
    """
    made = 0
    for row in await connection.execute(_enabled.order_by(webhooks.c.created_at, webhooks.c.id)):
        subscribed = orjson.loads(row.events)
        wanted = next((event for event in events if event in subscribed), None)
        if wanted is not None:
            await add_delivery(connection, row.id, wanted, body, now=now)
            made += 1
    return made


async def add_delivery(
    connection: AsyncConnection,
    webhook_id: str,
    event: str,
    body: Mapping[str, Any],
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> str:
    """Store one message, due at `due_at` (None: now). Returns its id, which is in the body too."""
    delivery_id = str(uuid.uuid4())
    told = {"id": delivery_id, "event": event, "created_at": now, **body}
    text = orjson.dumps(told, option=orjson.OPT_UTC_Z).decode()
    return await DELIVERIES.add(connection, webhook_id, event, text, now=now, due_at=due_at, delivery_id=delivery_id)
