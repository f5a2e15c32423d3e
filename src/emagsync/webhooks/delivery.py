"""Delivering webhook messages: signed, and tried again until an attempt succeeds or the last one has failed.

Messages are rows of a table until they are delivered, so that a restart loses none. The states of a message:

    pending     `next_attempt_at` says when it is due. One statement claims an attempt: it counts it and moves that time
                ahead by `_LEASE_SECONDS`, unless another dispatcher has counted it already.
    delivered   an attempt was answered with 2xx
    given_up    the last attempt failed

A process that dies in an attempt leaves the message pending, and due again when the lease ends. So a receiver may get a
message twice, with the same id (`X-Emagsync-Delivery`). No transaction is open during a request.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Collection
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, NamedTuple

import aiohttp
import structlog

from emagsync import __version__
from emagsync.core.clock import Clock
from emagsync.core.public_addresses import AddressRefused, judged_url
from emagsync.core.public_connector import outgoing_connector
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.webhooks import repository
from emagsync.webhooks.repository import PendingDelivery
from emagsync.webhooks.schemas import DeliveryStatus
from emagsync.webhooks.signing import SIGNATURE_HEADER, Signer, signature

log = structlog.get_logger()

# Waits after the first attempt, the second, ...: the last one is about 20 hours after the event.
WAITS_SECONDS: Final = (10, 60, 300, 1800, 3600, 7200, 14_400, 43_200)
TIMEOUT_SECONDS: Final = 15.0
# Longer than an attempt lasts.
_LEASE_SECONDS: Final = 60
_POLL_SECONDS: Final = 1.0
_BATCH: Final = 8
_LONGEST_ERROR: Final = 300


class AttemptResult(NamedTuple):
    """The result of one attempt. `status` is the HTTP status, if there was an answer."""

    ok: bool
    status: int | None
    error: str | None


class WebhookDispatcher:
    """Delivers the messages that are due. An async context manager; any number of dispatchers may share a table."""

    def __init__(self, *, database: Database, signer: Signer, clock: Clock, allow_private: bool) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> WebhookDispatcher:
        self._session = aiohttp.ClientSession(
            connector=outgoing_connector(allow_private=self._allow_private),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
            headers={"User-Agent": f"emagsync/{__version__}", "Content-Type": "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def run(self) -> None:
        """Deliver until cancelled, looking for due messages every second."""
        while True:
            try:
                while await self.deliver_due():
                    pass  # there may be more that are due
            except DatabaseError as error:
                log.warning("webhooks_not_read", error=str(error))
            await self._clock.sleep(_POLL_SECONDS)

    async def deliver_due(self, among: Collection[str] | None = None) -> int:
        """Attempt some due messages once, all at the same time; with `among`, only these ids. Returns how many."""
        now = self._clock.now()
        async with self._database.snapshot() as connection:
            deliveries = await repository.due(connection, now=now, among=among, limit=_BATCH)
        attempted = await asyncio.gather(*(self._attempt(delivery) for delivery in deliveries))
        return sum(attempted)

    async def _attempt(self, delivery: PendingDelivery) -> bool:
        lease = self._clock.now() + timedelta(seconds=_LEASE_SECONDS)
        async with self._database.transaction() as connection:
            if not await repository.claim(connection, delivery, until=lease):
                return False
        result = await self._send(delivery)
        async with self._database.transaction() as connection:
            await repository.record_attempt(connection, delivery.id, self._columns_after(delivery, result))
        if not result.ok:
            log.warning(
                "webhook_not_delivered", webhook_id=delivery.webhook_id, delivery_id=delivery.id, why=result.error
            )
        return True

    def _columns_after(self, delivery: PendingDelivery, result: AttemptResult) -> dict[str, Any]:
        now = self._clock.now()
        values: dict[str, Any] = {"answer": result.status, "error": result.error}
        if result.ok:
            return {**values, "status": DeliveryStatus.DELIVERED, "delivered_at": now}
        if delivery.attempts >= len(WAITS_SECONDS):  # `attempts` counts those before this one
            return {**values, "status": DeliveryStatus.GIVEN_UP}
        return {**values, "next_attempt_at": now + timedelta(seconds=WAITS_SECONDS[delivery.attempts])}

    async def _send(self, delivery: PendingDelivery) -> AttemptResult:
        assert self._session is not None, "the dispatcher is not open"  # noqa: S101 - a mistake of ours
        body = delivery.body.encode()
        secret = self._signer.secret(delivery.webhook_id, delivery.secret_version)
        headers = {
            SIGNATURE_HEADER: signature(secret, int(self._clock.now().timestamp()), body),
            "X-Emagsync-Event": delivery.event,
            "X-Emagsync-Delivery": delivery.id,
        }
        try:
            # Judged when the webhook was made, and again: the setting may have changed since, or the rules. A redirect
            # could lead anywhere, so none is followed.
            url = judged_url(delivery.url, allow_private=self._allow_private)
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                ok = response.ok and response.status < 300
                return AttemptResult(ok, response.status, None if ok else f"it answered {response.status}")
        except AddressRefused as error:
            return AttemptResult(False, None, str(error))
        except TimeoutError:
            return AttemptResult(False, None, f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
            return AttemptResult(False, None, (str(error) or type(error).__name__)[:_LONGEST_ERROR])
