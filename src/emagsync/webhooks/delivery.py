"""Sending what is due: signed, again and again until it is answered, from the table, so that nothing is forgotten."""

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
from emagsync.db.engine import Database
from emagsync.db.errors import DatabaseError
from emagsync.webhooks import repository
from emagsync.webhooks.errors import AddressRefused
from emagsync.webhooks.repository import PendingDelivery
from emagsync.webhooks.schemas import DeliveryStatus
from emagsync.webhooks.signing import SIGNATURE_HEADER, Signer, signature
from emagsync.webhooks.url_policy import PublicResolver, check_url

log = structlog.get_logger()

# Waits after the first attempt, the second, ...: then it is given up, about 20 hours after the event.
WAITS_SECONDS: Final = (10, 60, 300, 1800, 3600, 7200, 14_400, 43_200)
TIMEOUT_SECONDS: Final = 15.0
# Longer than an attempt lasts: a process that died in it has left the message to others.
_LEASE_SECONDS: Final = 60
_LOOK_SECONDS: Final = 1.0
_TOGETHER: Final = 8
_LONGEST_ERROR: Final = 300


class Answer(NamedTuple):
    """What came of one attempt. `status` is the HTTP status, if there was one."""

    ok: bool
    status: int | None
    error: str | None


class WebhookDispatcher:
    """Sends the messages that are due. Use it as an async context manager; any number of them may share a table."""

    def __init__(self, *, database: Database, signer: Signer, clock: Clock, allow_private: bool) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> WebhookDispatcher:
        connector = aiohttp.TCPConnector(
            resolver=None if self._allow_private else PublicResolver(), use_dns_cache=False, force_close=True
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
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
        """Send for as long as the application runs."""
        while True:
            try:
                while await self.deliver_due():
                    pass
            except DatabaseError as error:
                log.warning("webhooks_not_read", error=str(error))
            await self._clock.sleep(_LOOK_SECONDS)

    async def deliver_due(self, among: Collection[str] | None = None) -> int:
        """Try each message that is due once, all or those `among` some ids. Returns how many were tried."""
        now = self._clock.now()
        async with self._database.snapshot() as connection:
            parcels = await repository.due(connection, now=now, among=among, limit=_TOGETHER)
        tried = await asyncio.gather(*(self._try(parcel) for parcel in parcels))
        return sum(tried)

    async def _try(self, parcel: PendingDelivery) -> bool:
        lease = self._clock.now() + timedelta(seconds=_LEASE_SECONDS)
        async with self._database.transaction() as connection:
            if not await repository.claim(connection, parcel, until=lease):
                return False
        answer = await self._send(parcel)
        async with self._database.transaction() as connection:
            await repository.settle(connection, parcel.id, self._outcome(parcel, answer))
        if not answer.ok:
            log.warning("webhook_not_delivered", webhook_id=parcel.webhook_id, delivery_id=parcel.id, why=answer.error)
        return True

    def _outcome(self, parcel: PendingDelivery, answer: Answer) -> dict[str, Any]:
        now = self._clock.now()
        values: dict[str, Any] = {"answer": answer.status, "error": answer.error}
        if answer.ok:
            return {**values, "status": DeliveryStatus.DELIVERED, "delivered_at": now}
        if parcel.attempts >= len(WAITS_SECONDS):
            return {**values, "status": DeliveryStatus.GIVEN_UP}
        return {**values, "next_attempt_at": now + timedelta(seconds=WAITS_SECONDS[parcel.attempts])}

    async def _send(self, parcel: PendingDelivery) -> Answer:
        assert self._session is not None, "the courier is not open"  # noqa: S101 - a mistake of ours
        body = parcel.body.encode()
        secret = self._signer.secret(parcel.webhook_id, parcel.secret_version)
        headers = {
            SIGNATURE_HEADER: signature(secret, int(self._clock.now().timestamp()), body),
            "X-Emagsync-Event": parcel.event,
            "X-Emagsync-Delivery": parcel.id,
        }
        try:
            # Again: the setting may have changed since, and a literal address is not asked of the resolver.
            check_url(parcel.url, allow_private=self._allow_private)
            async with self._session.post(parcel.url, data=body, headers=headers, allow_redirects=False) as response:
                ok = response.ok and response.status < 300
                return Answer(ok, response.status, None if ok else f"it answered {response.status}")
        except AddressRefused as error:
            return Answer(False, None, str(error))
        except TimeoutError:
            return Answer(False, None, f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
            return Answer(False, None, (str(error) or type(error).__name__)[:_LONGEST_ERROR])
