"""Webhooks: what manages them, and what sends their messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emagsync.deliveries.dispatcher import Dispatcher
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.vault.keys import load_key
from emagsync.webhooks.change_publisher import FilterOf
from emagsync.webhooks.delivery import WebhookSender, webhook_dispatcher
from emagsync.webhooks.service import WebhookService
from emagsync.webhooks.signing import Signer


@asynccontextmanager
async def open_webhooks(base: Foundation, filter_of: FilterOf) -> AsyncIterator[tuple[WebhookService, Dispatcher]]:
    """The webhooks, and what delivers their messages while the block runs."""
    given = base.settings.webhooks
    signer = Signer(load_key(base.settings), given.secret.get_secret_value() if given.secret else None)
    sender = WebhookSender(database=base.database, signer=signer, clock=base.clock, allow_private=given.allow_private)
    async with sender:
        dispatcher = webhook_dispatcher(base.database, sender, base.clock)
        service = WebhookService(
            database=base.database,
            signer=signer,
            dispatcher=dispatcher,
            settings=given,
            filter_of=filter_of,
            clock=base.clock,
        )
        yield service, dispatcher
