"""Sending one webhook message: signed, to an address that is judged again, and what its answer means.

`deliveries/dispatcher.py` says when. A receiver may get a message twice, with the same id (`webhook-id`): a process may
die between the answer and its record.
"""

from __future__ import annotations

import ssl
from http import HTTPStatus
from types import TracebackType
from typing import Final

import aiohttp

from emagsync import __version__
from emagsync.core.clock import Clock
from emagsync.core.public_addresses import AddressRefused, judged_url
from emagsync.core.public_connector import outgoing_connector, words_of
from emagsync.db.engine import Database
from emagsync.deliveries.dispatcher import Dispatcher, Policy
from emagsync.deliveries.repository import Message
from emagsync.deliveries.states import AttemptResult, Ending
from emagsync.webhooks import repository
from emagsync.webhooks.errors import WebhookNotFound
from emagsync.webhooks.message_repository import DELIVERIES
from emagsync.webhooks.signing import Signer, signed_headers

TIMEOUT_SECONDS: Final = 15.0
_POLICY: Final = Policy("webhook", in_lane=3, at_once=48, lease_seconds=60)


def webhook_dispatcher(database: Database, sender: WebhookSender, clock: Clock) -> Dispatcher:
    """Delivers the webhooks' messages by `sender`."""
    return Dispatcher(database=database, repository=DELIVERIES, sender=sender, policy=_POLICY, clock=clock)


class WebhookSender:
    """Makes the attempts. An async context manager."""

    def __init__(self, *, database: Database, signer: Signer, clock: Clock, allow_private: bool) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> WebhookSender:
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

    async def send(self, message: Message) -> AttemptResult:
        """POST it, once."""
        assert self._session is not None, "the sender is not open"  # noqa: S101 - a mistake of ours
        try:
            async with self._database.snapshot() as connection:
                target = await repository.target(connection, message.receiver_id)
            # Judged when the webhook was made, and again: the setting may have changed since, or the rules. A redirect
            # could lead anywhere, so none is followed.
            url = judged_url(target.url, allow_private=self._allow_private)
            body = message.body.encode()
            headers = self._headers(message, target, body)
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return _meaning(response.status)
        except (AddressRefused, WebhookNotFound) as error:
            return AttemptResult(Ending.FAILED, None, str(error))
        except TimeoutError:
            return AttemptResult(Ending.TIMED_OUT, None, f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
            return AttemptResult(Ending.FAILED, None, words_of(error))

    def _headers(self, message: Message, target: repository.Target, body: bytes) -> dict[str, str]:
        secret = self._signer.secret(message.receiver_id, target.secret_version)
        return {
            **signed_headers(secret, message.id, self._clock.now(), body),
            "X-Emagsync-Event": message.event,
            "X-Emagsync-Delivery": message.id,
        }


def _meaning(status: int) -> AttemptResult:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return AttemptResult(Ending.DELIVERED, status)
    ending = Ending.GONE if status == HTTPStatus.GONE else Ending.FAILED
    return AttemptResult(ending, status, f"it answered {status}")
