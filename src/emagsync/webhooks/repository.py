"""All SQL of webhooks and their messages."""

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

# The id of the webhook that the settings describe; its secret has version 0.
SETTINGS_ID = "settings"

_PENDING = webhook_deliveries.c.status == DeliveryStatus.PENDING


class PendingDelivery(NamedTuple):
    """A message that is due, with the webhook's address and the version of its secret."""

    id: str
    webhook_id: str
    event: str
    body: str
    attempts: int
    created_at: datetime
    url: str
    secret_version: int


async def add(connection: AsyncConnection, webhook: Webhook, *, secret_version: int) -> None:
    """Store a new webhook."""
    values = {**_values(webhook.model_dump(exclude={"settings"})), "secret_version": secret_version}
    await connection.execute(insert(webhooks).values(**values))


async def change(connection: AsyncConnection, webhook_id: str, values: Mapping[str, Any]) -> None:
    """Change columns of a webhook. Raises WebhookNotFound."""
    result = await connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(**_values(values)))
    if result.rowcount != 1:
        raise WebhookNotFound(webhook_id)


async def remove(connection: AsyncConnection, webhook_id: str) -> bool:
    """Delete a webhook, with its messages; False when there is none."""
    return (await connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))).rowcount == 1


async def get(connection: AsyncConnection, webhook_id: str) -> Webhook:
    """The webhook with this id. Raises WebhookNotFound."""
    row = (await connection.execute(select(webhooks).where(webhooks.c.id == webhook_id))).first()
    if row is None:
        raise WebhookNotFound(webhook_id)
    return _webhook(row)


async def secret_version(connection: AsyncConnection, webhook_id: str) -> int:
    """The version of a webhook's current secret. Raises WebhookNotFound."""
    version: int | None = await connection.scalar(select(webhooks.c.secret_version).where(webhooks.c.id == webhook_id))
    if version is None:
        raise WebhookNotFound(webhook_id)
    return version


async def list_webhooks(connection: AsyncConnection) -> list[Webhook]:
    """Every webhook, oldest first."""
    result = await connection.execute(select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id))
    return [_webhook(row) for row in result]


async def enqueue(
    connection: AsyncConnection, events: Sequence[EventKind], body: Mapping[str, Any], *, now: datetime
) -> int:
    """Store one message for each enabled webhook that subscribes to one of `events`, in the caller's transaction.

    A webhook that subscribes to several gets the first of them. Returns the number of messages.
    """
    made = 0
    for webhook in await list_webhooks(connection):
        wanted = [event for event in events if event in webhook.events]
        if webhook.enabled and wanted:
            await add_delivery(connection, webhook.id, wanted[0], body, now=now)
            made += 1
    return made


async def add_delivery(
    connection: AsyncConnection, webhook_id: str, event: str, body: Mapping[str, Any], *, now: datetime
) -> str:
    """Store one message, due now. Returns its id, which is in the body too."""
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
    """Messages that are due to enabled webhooks, the longest due first; or those `among` some ids, to any webhook."""
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


async def claim(connection: AsyncConnection, delivery: PendingDelivery, *, until: datetime) -> bool:
    """Lease a message for one attempt, until it is due again. False when another dispatcher was faster."""
    result = await connection.execute(
        update(webhook_deliveries)
        .where(webhook_deliveries.c.id == delivery.id, _PENDING, webhook_deliveries.c.attempts == delivery.attempts)
        .values(attempts=delivery.attempts + 1, next_attempt_at=until)
    )
    return result.rowcount == 1


async def record_attempt(connection: AsyncConnection, delivery_id: str, values: Mapping[str, Any]) -> None:
    """Store the columns that an attempt changed."""
    await connection.execute(
        update(webhook_deliveries).where(webhook_deliveries.c.id == delivery_id, _PENDING).values(**values)
    )


async def delivery(connection: AsyncConnection, delivery_id: str) -> Delivery | None:
    """The message with this id."""
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
    """Delete messages created before then that are delivered or given up. Returns how many."""
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
    """How many messages there are: `waiting`, `failing` (attempted, to be attempted again), `delivered`, `given_up`."""
    attempted = webhook_deliveries.c.attempts > literal_column("0")  # a bound value would differ from GROUP BY's
    query = select(webhook_deliveries.c.status, attempted, func.count()).group_by(
        webhook_deliveries.c.status, attempted
    )
    counts = dict.fromkeys(("waiting", "failing", "delivered", "given_up"), 0)
    for status, was_attempted, number in await connection.execute(query):
        pending = "failing" if was_attempted else "waiting"
        counts[pending if status == DeliveryStatus.PENDING else str(status)] += number
    return counts
