"""Webhooks: adding, changing and testing them, and the one that the settings describe."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from emagsync.core.clock import Clock
from emagsync.core.errors import SettingsError
from emagsync.core.public_addresses import AddressRefused, judged_url
from emagsync.core.settings import WebhookSettings
from emagsync.db.engine import Database
from emagsync.deliveries.dispatcher import Dispatcher
from emagsync.deliveries.states import OPEN_LANE, MessageStatus
from emagsync.offers.change_repository import newest_change
from emagsync.webhooks import repository
from emagsync.webhooks.change_publisher import FilterOf
from emagsync.webhooks.errors import DeliveryNotFound, DeliveryUnderWay, WebhookFromSettings
from emagsync.webhooks.events import TEST_EVENT, EventKind
from emagsync.webhooks.message_repository import DELIVERIES, add_delivery
from emagsync.webhooks.repository import SETTINGS_ID
from emagsync.webhooks.schemas import (
    ChangeOptions,
    Delivery,
    DeliveryDetail,
    DeliveryStatus,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookRequest,
)
from emagsync.webhooks.signing import Signer, UnusableSecret, key_of


class WebhookService:
    """Manages webhooks. One per application."""

    def __init__(
        self,
        *,
        database: Database,
        signer: Signer,
        dispatcher: Dispatcher,
        settings: WebhookSettings,
        filter_of: FilterOf,
        clock: Clock,
    ) -> None:
        self._database = database
        self._signer = signer
        self._dispatcher = dispatcher
        self._settings = settings
        self._filter_of = filter_of
        self._clock = clock

    async def add(self, asked: WebhookRequest) -> NewWebhook:
        """Add a webhook; the result has its secret.

        Raises AddressRefused, TooMany, and what a wrong selection raises.
        """
        webhook = self._webhook(str(uuid.uuid4()), asked)
        async with self._database.transaction() as connection:
            await repository.expect_room_for_one(connection)
            await repository.add(connection, webhook, secret_version=1)
            await repository.follow_from(connection, webhook, await newest_change(connection))
        return self._with_secret(webhook, 1)

    async def change(self, webhook_id: str, asked: WebhookChange) -> Webhook:
        """Change a webhook. Raises WebhookNotFound, WebhookFromSettings and AddressRefused."""
        _refuse_settings(webhook_id)
        if asked.changes is not None:
            self._check(asked.changes)
        values = asked.model_dump(exclude_none=True)
        if "url" in values:
            values["url"] = self._judged(values["url"])
        if asked.enabled or asked.url:
            values |= OPEN_LANE
        return await self._change(webhook_id, values)

    async def renew_secret(self, webhook_id: str) -> NewWebhook:
        """Replace its secret, at once. Raises WebhookNotFound and WebhookFromSettings."""
        _refuse_settings(webhook_id)
        async with self._database.snapshot() as connection:
            version = await repository.secret_version(connection, webhook_id) + 1
        return self._with_secret(await self._change(webhook_id, {"secret_version": version}), version)

    async def remove(self, webhook_id: str) -> None:
        """Delete it and its messages. Raises WebhookNotFound and WebhookFromSettings."""
        _refuse_settings(webhook_id)
        async with self._database.transaction() as connection:
            await repository.get(connection, webhook_id)
            await repository.remove(connection, webhook_id)

    async def get(self, webhook_id: str) -> Webhook:
        """The webhook with this id. Raises WebhookNotFound."""
        async with self._database.snapshot() as connection:
            return await repository.get(connection, webhook_id)

    async def list_webhooks(self) -> list[Webhook]:
        """Every webhook, oldest first."""
        async with self._database.snapshot() as connection:
            return await repository.list_webhooks(connection)

    async def deliveries(
        self,
        webhook_id: str,
        *,
        limit: int,
        statuses: Sequence[DeliveryStatus] = (),
        event: str | None = None,
        after: tuple[datetime, str] | None = None,
    ) -> list[Delivery]:
        """Its messages, newest first: of these states and of this event, or of all, after the one that `after` names by
        when it was made and its id. Raises WebhookNotFound."""
        async with self._database.snapshot() as connection:
            await repository.get(connection, webhook_id)
            return await repository.deliveries(
                connection, webhook_id, limit=limit, statuses=statuses, event=event, after=after
            )

    async def delivery(self, delivery_id: str, *, of: str | None = None) -> DeliveryDetail:
        """One message, which is of the webhook `of` if that is given. Raises DeliveryNotFound."""
        async with self._database.snapshot() as connection:
            found = await repository.delivery(connection, delivery_id)
        if of not in (None, found.webhook_id):
            raise DeliveryNotFound(delivery_id)
        return found

    async def redeliver(self, delivery_id: str, *, of: str | None = None) -> Delivery:
        """Send an ended message again now, the same one with the same id, whatever became of it and also when its
        webhook is disabled; a failed attempt is made again like any other.

        Raises DeliveryNotFound and DeliveryUnderWay.
        """
        found = await self.delivery(delivery_id, of=of)
        ended = (MessageStatus.DELIVERED, MessageStatus.GIVEN_UP)
        async with self._database.transaction() as connection:
            due_at = self._dispatcher.reserved_until()
            if not await DELIVERIES.again(connection, found.id, due_at=due_at, of=ended):
                raise DeliveryUnderWay(found.id)
        return await self._deliver(found.id)

    async def test(self, webhook_id: str) -> Delivery:
        """Send it a test message now, whatever it subscribes to; a failed one is attempted again like any other.

        Raises WebhookNotFound.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await repository.get(connection, webhook_id)
            body = {"message": "This is a test of an emagsync webhook."}
            due_at = self._dispatcher.reserved_until()
            delivery_id = await add_delivery(connection, webhook_id, TEST_EVENT, body, now=now, due_at=due_at)
        return await self._deliver(delivery_id)

    async def apply_settings(self) -> None:
        """Add, change or remove the webhook that the settings describe. Raises SettingsError."""
        if self._settings.url is None:
            async with self._database.transaction() as connection:
                await repository.remove(connection, SETTINGS_ID)
            return
        if self._settings.secret is None:
            raise SettingsError(
                "EMAGSYNC_WEBHOOKS__URL needs EMAGSYNC_WEBHOOKS__SECRET: what messages are signed with."
            )
        try:
            key_of(self._settings.secret.get_secret_value())
        except UnusableSecret as error:
            raise SettingsError(f"EMAGSYNC_WEBHOOKS__SECRET: {error}.") from error
        events = _events(self._settings.events)
        asked = WebhookRequest(name="settings", url=self._settings.url, events=events)
        try:
            webhook = self._webhook(SETTINGS_ID, asked)
        except AddressRefused as error:
            raise SettingsError(f"EMAGSYNC_WEBHOOKS__URL: {error}") from error
        async with self._database.transaction() as connection:
            known = SETTINGS_ID in {one.id for one in await repository.list_webhooks(connection)}
            if known:
                # Not replaced: its pending messages would be deleted with it.
                values = {
                    "url": webhook.url,
                    "events": webhook.events,
                    "enabled": True,
                    "off_reason": None,
                    "updated_at": self._clock.now(),
                }
                await repository.change(connection, SETTINGS_ID, values)
            else:
                await repository.add(connection, webhook, secret_version=0)
            await repository.follow_from(connection, webhook, await newest_change(connection))

    async def _deliver(self, delivery_id: str) -> Delivery:
        """Attempt a message that is due; returns what became of it."""
        await self._dispatcher.deliver([delivery_id])
        found = await self.delivery(delivery_id)
        return Delivery(**found.model_dump(exclude={"body"}))

    async def _change(self, webhook_id: str, values: Mapping[str, Any]) -> Webhook:
        async with self._database.transaction() as connection:
            await repository.change(connection, webhook_id, {**values, "updated_at": self._clock.now()})
            webhook = await repository.get(connection, webhook_id)
            await repository.follow_from(connection, webhook, await newest_change(connection))
            return webhook

    def _check(self, options: ChangeOptions) -> None:
        if options.selection is not None:
            self._filter_of(options.selection)

    def _webhook(self, webhook_id: str, asked: WebhookRequest) -> Webhook:
        self._check(asked.changes)
        now = self._clock.now()
        events = tuple(dict.fromkeys(asked.events))
        changed = {"url": self._judged(asked.url), "events": events, "created_at": now, "updated_at": now}
        values = asked.model_dump() | changed
        return Webhook(id=webhook_id, settings=webhook_id == SETTINGS_ID, **values)

    def _judged(self, url: str) -> str:
        return judged_url(url, allow_private=self._settings.allow_private)

    def _with_secret(self, webhook: Webhook, version: int) -> NewWebhook:
        return NewWebhook(**webhook.model_dump(), secret=self._signer.secret(webhook.id, version))


def _refuse_settings(webhook_id: str) -> None:
    if webhook_id == SETTINGS_ID:
        raise WebhookFromSettings


def _events(text: str) -> list[EventKind]:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    odd = [name for name in names if name not in list(EventKind)]
    if odd or not names:
        known = ", ".join(EventKind)
        raise SettingsError(f"EMAGSYNC_WEBHOOKS__EVENTS: {odd[0] if odd else 'nothing'!r} is none of {known}.")
    return [EventKind(name) for name in names]
