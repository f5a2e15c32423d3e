"""Sending a message to a recipient: its address is unsealed, judged again and given to the process that sends."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import orjson

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError
from emagsync.db.engine import Database
from emagsync.deliveries.dispatcher import Dispatcher, Policy
from emagsync.deliveries.repository import Message
from emagsync.deliveries.states import AttemptResult, Ending
from emagsync.notifications import repository
from emagsync.notifications.addresses import judge_host, judged_address
from emagsync.notifications.errors import NoMailServer, RecipientRefused
from emagsync.notifications.repository import DELIVERIES, MailServerRow
from emagsync.notifications.schemas import Service
from emagsync.notifications.sealed import ADDRESS_PURPOSE, PASSWORD_PURPOSE
from emagsync.notifications.sending.order import Answer, Order
from emagsync.notifications.sending.process import MOST_AT_ONCE, MOST_SECONDS, SendingProcess
from emagsync.vault.vault import Vault

_ENDINGS: Final = {
    "delivered": Ending.DELIVERED,
    "failed": Ending.FAILED,
    "timed_out": Ending.TIMED_OUT,
    "unknown": Ending.UNKNOWN,
    "gone": Ending.GONE,
    "incomplete": Ending.FAILED,
}


def notification_dispatcher(database: Database, sender: NotificationSender, clock: Clock) -> Dispatcher:
    """Delivers the messages to people by `sender`. One at a time in each lane: they are to arrive in order."""
    policy = Policy("notification", in_lane=1, at_once=MOST_AT_ONCE, lease_seconds=2 * MOST_SECONDS, stop_seconds=5.0)
    return Dispatcher(database=database, repository=DELIVERIES, sender=sender, policy=policy, clock=clock)


class NotificationSender:
    """Makes the attempts."""

    def __init__(self, *, database: Database, vault: Vault, process: SendingProcess, allow_private: bool) -> None:
        self._database = database
        self._vault = vault
        self._process = process
        self._allow_private = allow_private

    async def send(self, message: Message) -> AttemptResult:
        """Tell the recipient, once."""
        try:
            target = await self._target(message)
        except RecipientRefused as error:
            return AttemptResult(Ending.FAILED, None, f"refused_{error.reason}")
        except EmagsyncError as error:
            return AttemptResult(Ending.FAILED, None, error.code)
        body = orjson.loads(message.body)
        order = Order(target, body["title"], body["text"], allow_private=self._allow_private)
        answer = await self._process.carry_out(order)
        return AttemptResult(_ENDINGS[answer.end], answer.status, None if answer.end == "delivered" else answer.why)

    async def check(self, address: str) -> None:
        """Raises RecipientRefused for an address of a service that lacks a part. Nothing is sent."""
        answer: Answer = await self._process.carry_out(Order(address, only_check=True))
        if answer.end == "incomplete":
            raise RecipientRefused("parts", scheme=address.partition("://")[0][:20])

    async def _target(self, message: Message) -> str | dict[str, Any]:
        async with self._database.snapshot() as connection:
            service, sealed = await repository.sealed_address(connection, message.receiver_id)
            server = await repository.mail_server(connection)
        address = self._vault.unseal(ADDRESS_PURPOSE, sealed)
        judged = judged_address(address, allow_private=self._allow_private)
        if service == Service.EMAIL and "://" not in judged.address:
            if server is None:
                raise NoMailServer
            return self._mail(server, judged.address, message.id)
        return judged.address

    def _mail(self, server: MailServerRow, to: str, message_id: str) -> dict[str, Any]:
        """The parts of apprise's mail plugin. The server's name is not sought in its list of providers."""
        judge_host(server.host, is_secure=True, allow_private=self._allow_private)
        password = None if server.password is None else self._vault.unseal(PASSWORD_PURPOSE, server.password)
        return {
            "schema": "mailto" if server.security == "none" else "mailtos",
            "host": server.sender.rpartition("@")[2],
            "smtp_host": server.host,
            "port": server.port,
            "secure_mode": {"starttls": "starttls", "tls": "ssl", "none": "insecure"}[server.security],
            # It takes off the quoting of an address, also where there was none.
            "user": server.username and quote(server.username, safe=""),
            "password": password and quote(password, safe=""),
            "from_addr": f"emagsync <{server.sender}>",
            "targets": [to],
            "format": "text",
            "headers": {"X-Emagsync-Delivery": message_id, "Auto-Submitted": "auto-generated"},
        }
