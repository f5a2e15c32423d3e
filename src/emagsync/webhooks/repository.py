"""All SQL about webhooks and what is to be told."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, delete, func, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.webhooks.errors import WebhookNotFound
from emagsync.webhooks.schemas import Delivery, DeliveryStatus, EventKind, Webhook
from emagsync.webhooks.tables import webhook_deliveries, webhooks

# A webhook of the settings; its secret has version 0.
SETTINGS_ID = "settings"

_PENDING = webhook_deliveries.c.status == DeliveryStatus.PENDING


class PendingDelivery(NamedTuple):
    """A message that is due, with where it goes."""

    id: str
    webhook_id: str
    event: str
    body: str
    attempts: int
    created_at: datetime
    url: str
    secret_version: int


async def add(connection: AsyncConnection, webhook: Webhook, *, secret_version: int) -> None:
    """A new webhook."""
    values = {**_values(webhook.model_dump(exclude={"settings"})), "secret_version": secret_version}
    await connection.execute(insert(webhooks).values(**values))


async def change(connection: AsyncConnection, webhook_id: str, values: Mapping[str, Any]) -> None:
    """Change columns. Raises WebhookNotFound."""
    result = await connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**_values(values)))
    if result.rowcount != 1:
        raise WebhookNotFound(webhook_id)


async def remove(connection: AsyncConnection, webhook_id: str) -> bool:
    """Delete a webhook, with its messages; False when there is none."""
    return (await connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))).rowcount == 1


async def get(connection: AsyncConnection, webhook_id: str) -> Webhook:
    """That webhook. Raises WebhookNotFound."""
    row = (await connection.execute(select(webhooks).where(webhooks.c.id == webhook_id))).first()
    if row is None:
        raise WebhookNotFound(webhook_id)
    return _webhook(row)


async def secret_version(connection: AsyncConnection, webhook_id: str) -> int:
    """Which of its secrets is the present one. Raises WebhookNotFound."""
    version: int | None = await connection.scalar(select(webhooks.c.secret_version).where(webhooks.c.id == webhook_id))
    if version is None:
        raise WebhookNotFound(webhook_id)
    return version


async def all_of_them(connection: AsyncConnection) -> list[Webhook]:
    """Every webhook, oldest first."""
    result = await connection.execute(select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id))
    return [_webhook(row) for row in result]


async def enqueue(
    connection: AsyncConnection, events: Sequence[EventKind], body: Mapping[str, Any], *, now: datetime
) -> int:
    """Put one message for each webhook that wants one of `events` into the caller's transaction.

    The first of the events that a webhook wants is what it is told. Returns the number of messages.
    """
    made = 0
    for webhook in await all_of_them(connection):
        wanted = [event for event in events if event in webhook.events]
        if webhook.enabled and wanted:
            await put(connection, webhook.id, wanted[0], body, now=now)
            made += 1
    return made


async def put(
    connection: AsyncConnection, webhook_id: str, event: str, body: Mapping[str, Any], *, now: datetime
) -> str:
    """One message, due now. Returns its id, which is in the body too."""
    delivery_id = str(uuid.uuid4())
    text = orjson.dumps({"id": delivery_id, "event": event, "created_at": now, **body}).decode()
    await connection.execute(
        insert(webhook_deliveries).values(
            id=delivery_id,
            webhook_id=webhook_id,
            event=event,
            body=text,
            status=DeliveryStatus.PENDING,
            attempts=0,
            next_attempt_at=now,
            created_at=now,
        )
    )
    return delivery_id


async def due(
    connection: AsyncConnection, *, now: datetime, among: Collection[str] | None, limit: int
) -> list[PendingDelivery]:
    """Messages to send now to webhooks that are turned on, the longest due first; all, or those `among` some ids."""
    columns = [webhook_deliveries.c[name] for name in PendingDelivery._fields[:-2]]
    query = (
        select(*columns, webhooks.c.url, webhooks.c.secret_version)
        .join(webhooks, webhooks.c.id == webhook_deliveries.c.webhook_id)
        .where(_PENDING, webhook_deliveries.c.next_attempt_at <= now)
        .order_by(webhook_deliveries.c.next_attempt_at)
        .limit(limit)
    )
    query = query.where(webhooks.c.enabled) if among is None else query.where(webhook_deliveries.c.id.in_(among))
    return [PendingDelivery(**row._mapping) for row in await connection.execute(query)]


async def claim(connection: AsyncConnection, parcel: PendingDelivery, *, until: datetime) -> bool:
    """Take a message until then, when it is due again if nothing was heard; False when another was faster."""
    result = await connection.execute(
        update(webhook_deliveries)
        .where(webhook_deliveries.c.id == parcel.id, _PENDING, webhook_deliveries.c.attempts == parcel.attempts)
        .values(attempts=parcel.attempts + 1, next_attempt_at=until)
    )
    return result.rowcount == 1


async def settle(connection: AsyncConnection, delivery_id: str, values: Mapping[str, Any]) -> None:
    """Note what came of an attempt."""
    await connection.execute(
        update(webhook_deliveries).where(webhook_deliveries.c.id == delivery_id, _PENDING).values(**values)
    )


async def delivery(connection: AsyncConnection, delivery_id: str) -> Delivery | None:
    """One message."""
    query = select(webhook_deliveries).where(webhook_deliveries.c.id == delivery_id)
    row = (await connection.execute(query)).first()
    return None if row is None else _delivery(row)


async def deliveries(connection: AsyncConnection, webhook_id: str, *, limit: int) -> list[Delivery]:
    """The webhook's messages, newest first."""
    query = (
        select(webhook_deliveries)
        .where(webhook_deliveries.c.webhook_id == webhook_id)
        .order_by(webhook_deliveries.c.created_at.desc(), webhook_deliveries.c.id)
        .limit(limit)
    )
    return [_delivery(row) for row in await connection.execute(query)]


async def prune(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete messages from before then that need no more attempts."""
    old = delete(webhook_deliveries).where(~_PENDING, webhook_deliveries.c.created_at < before)
    return (await connection.execute(old)).rowcount


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(values)
    if "events" in changed:
        changed["events"] = orjson.dumps(changed["events"]).decode()
    return changed


def _webhook(row: Row[Any]) -> Webhook:
    values = {**row._mapping, "events": tuple(orjson.loads(row.events)), "settings": row.id == SETTINGS_ID}
    return Webhook.model_validate(values)


def _delivery(row: Row[Any]) -> Delivery:
    pending = row.status == DeliveryStatus.PENDING
    return Delivery.model_validate({**row._mapping, "next_attempt_at": row.next_attempt_at if pending else None})


async def counts_by_state(connection: AsyncConnection) -> dict[str, int]:
    """How many messages there are: `waiting`, `failing` (tried in vain, to be tried again), `delivered`, `given_up`."""
    tried = webhook_deliveries.c.attempts > literal_column("0")  # a bound value would differ from GROUP BY's
    query = select(webhook_deliveries.c.status, tried, func.count()).group_by(webhook_deliveries.c.status, tried)
    counts = dict.fromkeys(("waiting", "failing", "delivered", "given_up"), 0)
    for status, was_tried, number in await connection.execute(query):
        pending = "failing" if was_tried else "waiting"
        counts[pending if status == DeliveryStatus.PENDING else str(status)] += number
    return counts
