"""Telling people: recipients and rules, what makes messages, and what sends them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emagsync.core.concurrency import InBackground, background_task
from emagsync.deliveries.dispatcher import Dispatcher
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.home.service import HomeService
from emagsync.notifications.sender import NotificationSender, notification_dispatcher
from emagsync.notifications.sending.process import SendingProcess
from emagsync.notifications.service import NotificationService
from emagsync.notifications.teller import Ages, Teller
from emagsync.sync.certificate.service import Certificates
from emagsync.vault.vault import Vault


def build_notification_service(base: Foundation) -> tuple[NotificationService, Dispatcher]:
    """Recipients and rules, and what delivers messages to them."""
    allow_private = base.settings.webhooks.allow_private
    vault = Vault(base.settings)
    sender = NotificationSender(
        database=base.database, vault=vault, process=SendingProcess(), allow_private=allow_private
    )
    dispatcher = notification_dispatcher(base.database, sender, base.clock)
    service = NotificationService(
        database=base.database,
        vault=vault,
        sender=sender,
        dispatcher=dispatcher,
        allow_private=allow_private,
        clock=base.clock,
    )
    return service, dispatcher


def build_teller(base: Foundation, ages: Ages) -> Teller:
    """Makes messages of what happened."""
    home = HomeService(base.database, Certificates(base.database), base.clock)
    return Teller(
        database=base.database, home=home, ages=ages, clock=base.clock, keep_days=base.settings.schedule.keep_days
    )


@asynccontextmanager
async def telling_people(
    base: Foundation, ages: Ages, in_background: InBackground = background_task
) -> AsyncIterator[NotificationService]:
    """Make and send messages while the block runs."""
    service, dispatcher = build_notification_service(base)
    async with (
        in_background("teller", build_teller(base, ages).run()),
        in_background("notification dispatcher", dispatcher.run()),
    ):
        yield service
