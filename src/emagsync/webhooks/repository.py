"""All SQL of webhooks, and their messages as they are shown; how messages are made is in `message_repository`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Row, delete, exists, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.db.limits import expect_room
from emagsync.webhooks.errors import DeliveryNotFound, WebhookNotFound
from emagsync.webhooks.events import EventKind
from emagsync.webhooks.message_repository import DELIVERIES
from emagsync.webhooks.schemas import ChangeOptions, Delivery, DeliveryDetail, DeliveryStatus, Webhook
from emagsync.webhooks.tables import webhook_deliveries, webhooks

# The id of the webhook that the settings describe; its secret has version 0.
SETTINGS_ID = "settings"
MOST_WEBHOOKS: Final = 200


class Target(NamedTuple):
    """Where a webhook's messages go, and the version of the secret that signs them."""

    url: str
    secret_version: int


class Follower(NamedTuple):
    """A webhook that is told of changes of offers: the log was looked through up to `position`, and it was told of what
    it wants to know up to `told`."""

    id: str
    options: ChangeOptions
    position: int
    told: int


async def add(connection: AsyncConnection, webhook: Webhook, *, secret_version: int) -> None:
    """Store a new webhook."""
    values = {
        **_values(webhook.model_dump(exclude={"settings", "off_reason", "paused_until"})),
        "secret_version": secret_version,
    }
    await connection.execute(insert(webhooks).values(**values))


async def expect_room_for_one(connection: AsyncConnection) -> None:
    """Raises TooMany where there is none. That of the settings does not count."""
    await expect_room(connection, webhooks, webhooks.c.id != SETTINGS_ID, things="webhooks", most=MOST_WEBHOOKS)


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


async def follow_from(connection: AsyncConnection, webhook: Webhook, newest: int) -> None:
    """Let a webhook that is told of changes, and was not before, be told of those after `newest`."""
    row = webhooks.c.id == webhook.id
    if EventKind.OFFERS_CHANGED not in webhook.events:
        await connection.execute(update(webhooks).where(row).values(position=None, told_position=None))
        return
    begins = update(webhooks).where(row, webhooks.c.position.is_(None))
    await connection.execute(begins.values(position=newest, told_position=newest))


async def idle_followers(connection: AsyncConnection, newest: int) -> list[Follower]:
    """The enabled webhooks that may have to be told of changes up to `newest`, and have no message about changes under
    way: the next one waits for it, so that they arrive in order."""
    under_way = exists().where(
        webhook_deliveries.c.webhook_id == webhooks.c.id,
        webhook_deliveries.c.event == EventKind.OFFERS_CHANGED,
        # As the index of lanes has it.
        webhook_deliveries.c.status.in_((literal_column("'pending'"), literal_column("'sending'"))),
    )
    columns = (webhooks.c.id, webhooks.c.changes, webhooks.c.position, webhooks.c.told_position)
    query = select(*columns).where(webhooks.c.enabled, webhooks.c.position < newest, ~under_way)
    return [
        Follower(row.id, _options(row.changes), row.position, row.told_position)
        for row in await connection.execute(query)
    ]


async def move_on(connection: AsyncConnection, follower: Follower, *, position: int, told: int) -> bool:
    """Move a follower on. False when another process was faster, or it follows no more."""
    row = (webhooks.c.id == follower.id, webhooks.c.position == follower.position)
    moved = update(webhooks).where(*row).values(position=position, told_position=told)
    return (await connection.execute(moved)).rowcount == 1


async def target(connection: AsyncConnection, webhook_id: str) -> Target:
    """Where its messages go. Raises WebhookNotFound."""
    query = select(webhooks.c.url, webhooks.c.secret_version).where(webhooks.c.id == webhook_id)
    row = (await connection.execute(query)).first()
    if row is None:
        raise WebhookNotFound(webhook_id)
    return Target(*row)


async def delivery(connection: AsyncConnection, delivery_id: str) -> DeliveryDetail:
    """The message with this id. Raises DeliveryNotFound."""
    values = await DELIVERIES.get(connection, delivery_id)
    if values is None:
        raise DeliveryNotFound(delivery_id)
    return DeliveryDetail.model_validate(values | {"body": orjson.loads(values["body"])})


async def deliveries(
    connection: AsyncConnection,
    webhook_id: str,
    *,
    limit: int,
    statuses: Sequence[DeliveryStatus] = (),
    event: str | None = None,
    after: tuple[datetime, str] | None = None,
) -> list[Delivery]:
    """The webhook's messages, newest first, after the one that `after` names by when it was made and its id."""
    found = await DELIVERIES.newest(connection, webhook_id, limit=limit, statuses=statuses, event=event, after=after)
    return [Delivery.model_validate(row) for row in found]


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(values)
    for name in ("events", "changes"):
        if name in changed:
            changed[name] = orjson.dumps(changed[name]).decode()
    return changed


def _options(text: str | None) -> ChangeOptions:
    return ChangeOptions() if text is None else ChangeOptions.model_validate_json(text)


def _webhook(row: Row[Any]) -> Webhook:
    values = {
        **row._mapping,
        "events": tuple(orjson.loads(row.events)),
        "changes": _options(row.changes),
        "settings": row.id == SETTINGS_ID,
    }
    return Webhook.model_validate(values)
