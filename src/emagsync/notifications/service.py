"""Recipients, their rules, the mail server, and tests of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.clock import Clock
from emagsync.db.engine import Database
from emagsync.deliveries.dispatcher import Dispatcher
from emagsync.deliveries.states import OPEN_LANE
from emagsync.notifications import repository
from emagsync.notifications.addresses import JudgedAddress, judge_host, judged_address
from emagsync.notifications.errors import MailServerInUse, MessageNotFound, NoMailServer, RecipientRefused
from emagsync.notifications.repository import DELIVERIES, MailServerRow, Place
from emagsync.notifications.schemas import (
    MailServer,
    MailServerRequest,
    Notification,
    Recipient,
    RecipientChange,
    RecipientRequest,
    Rule,
    Service,
    Timing,
)
from emagsync.notifications.sealed import ADDRESS_PURPOSE, PASSWORD_PURPOSE
from emagsync.notifications.sender import NotificationSender
from emagsync.notifications.writing import next_daily, write_test
from emagsync.offers.change_repository import newest_change
from emagsync.vault.vault import Vault

_PLAIN: Final = ("name", "language", "time_zone", "daily_hour", "page_url", "enabled")


class NotificationService:
    """Manages who is told of what. One per application."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        sender: NotificationSender,
        dispatcher: Dispatcher,
        allow_private: bool,
        clock: Clock,
    ) -> None:
        self._database = database
        self._vault = vault
        self._sender = sender
        self._dispatcher = dispatcher
        self._allow_private = allow_private
        self._clock = clock

    async def add(self, asked: RecipientRequest) -> Recipient:
        """Add a recipient. Raises RecipientRefused, and NoMailServer for e-mail without one."""
        now = self._clock.now()
        judged = await self._judged(asked.address.get_secret_value())
        recipient_id = str(uuid.uuid4())
        values = asked.model_dump(include=set(_PLAIN)) | self._columns(judged)
        async with self._database.transaction() as connection:
            await repository.add(connection, {"id": recipient_id, "created_at": now, "updated_at": now, **values})
            await self._set_rules(connection, recipient_id, asked.rules)
            return await repository.get(connection, recipient_id)

    async def change(self, recipient_id: str, asked: RecipientChange) -> Recipient:
        """Change a recipient. Raises RecipientNotFound, RecipientRefused and NoMailServer.

        What happened while a recipient was disabled is not told when it is enabled again.
        """
        values = asked.model_dump(include=set(_PLAIN), exclude_none=True)
        if asked.address is not None:
            values |= self._columns(await self._judged(asked.address.get_secret_value()))
        if asked.enabled or asked.address is not None:
            values |= OPEN_LANE
        async with self._database.transaction() as connection:
            before = await repository.get(connection, recipient_id)
            await repository.change(connection, recipient_id, {**values, "updated_at": self._clock.now()})
            if asked.rules is not None:
                await self._set_rules(connection, recipient_id, asked.rules)
            if asked.enabled and not before.enabled:
                await repository.restart_rules(connection, recipient_id, await newest_change(connection))
            after = await repository.get(connection, recipient_id)
            if (before.daily_hour, before.time_zone) != (after.daily_hour, after.time_zone):
                due = next_daily(self._clock.now(), after.daily_hour, after.time_zone)
                await repository.change_next(connection, recipient_id, Timing.DAILY, due)
            return after

    async def remove(self, recipient_id: str) -> None:
        """Delete it, with its rules and messages. Raises RecipientNotFound."""
        async with self._database.transaction() as connection:
            await repository.remove(connection, recipient_id)

    async def get(self, recipient_id: str) -> Recipient:
        """The recipient with this id. Raises RecipientNotFound."""
        async with self._database.snapshot() as connection:
            return await repository.get(connection, recipient_id)

    async def list_recipients(self) -> list[Recipient]:
        """Every recipient, oldest first."""
        async with self._database.snapshot() as connection:
            return await repository.list_recipients(connection)

    async def notifications(self, recipient_id: str, *, limit: int) -> list[Notification]:
        """A recipient's messages, newest first. Raises RecipientNotFound."""
        async with self._database.snapshot() as connection:
            await repository.get(connection, recipient_id)
            return await repository.notifications(connection, recipient_id, limit=limit)

    async def test(self, recipient_id: str) -> Notification:
        """Send it a test message now; one that surely failed is attempted again like any other.

        Raises RecipientNotFound.
        """
        async with self._database.transaction() as connection:
            recipient = await repository.get(connection, recipient_id)
            written = write_test(recipient)
            body = orjson.dumps({"title": written.title, "text": written.text}).decode()
            now, due_at = self._clock.now(), self._dispatcher.reserved_until()
            delivery_id = await DELIVERIES.add(connection, recipient_id, written.event, body, now=now, due_at=due_at)
        await self._dispatcher.deliver([delivery_id])
        return await self._notification(delivery_id)

    async def send_again(self, delivery_id: str) -> Notification:
        """Send anew what was given up, or of which nobody knows whether it arrived. Raises MessageNotFound."""
        async with self._database.transaction() as connection:
            if not await DELIVERIES.again(connection, delivery_id, due_at=self._dispatcher.reserved_until()):
                raise MessageNotFound(delivery_id)
        await self._dispatcher.deliver([delivery_id])
        return await self._notification(delivery_id)

    async def mail_server(self) -> MailServer | None:
        """By what mail is sent."""
        async with self._database.snapshot() as connection:
            row = await repository.mail_server(connection)
        return None if row is None else _without_password(row)

    async def set_mail_server(self, asked: MailServerRequest) -> MailServer:
        """Set by what mail is sent. Raises RecipientRefused for a host that must not be called.

        A password is only kept for the same server and user: nobody gets it sent to a server of their own.
        """
        # Not by its own encryption: a server without any is for private networks, which the next check sees.
        judge_host(asked.host, is_secure=asked.security != "none", allow_private=self._allow_private, field="host")
        async with self._database.transaction() as connection:
            before = await repository.mail_server(connection)
            row = MailServerRow(asked.host, asked.port, asked.security, asked.username or None, None, asked.sender)
            row = row._replace(password=self._password(asked, before, row))
            await repository.set_mail_server(connection, row, now=self._clock.now())
        return _without_password(row)

    async def remove_mail_server(self) -> None:
        """Remove it. Raises MailServerInUse."""
        async with self._database.transaction() as connection:
            if await repository.uses_service(connection, Service.EMAIL):
                raise MailServerInUse
            await repository.remove_mail_server(connection)

    def _password(self, asked: MailServerRequest, before: MailServerRow | None, row: MailServerRow) -> str | None:
        if asked.password is not None:
            given = asked.password.get_secret_value()
            if not (given + (asked.username or "")).isascii():
                raise RecipientRefused("ascii", field="password")
            return self._vault.seal(PASSWORD_PURPOSE, given) if given else None
        is_same = before is not None and (before.host, before.username) == (row.host, row.username)
        return before.password if before is not None and is_same else None

    async def _judged(self, address: str) -> JudgedAddress:
        judged = judged_address(address, allow_private=self._allow_private)
        if "://" in judged.address:
            await self._sender.check(judged.address)
        elif await self.mail_server() is None:
            raise NoMailServer
        return judged

    def _columns(self, judged: JudgedAddress) -> dict[str, Any]:
        sealed = self._vault.seal(ADDRESS_PURPOSE, judged.address)
        return {"service": judged.service, "address": sealed, "shown": judged.shown}

    async def _set_rules(self, connection: AsyncConnection, recipient_id: str, rules: Sequence[Rule]) -> None:
        recipient = await repository.get(connection, recipient_id)
        now, seq = self._clock.now(), await newest_change(connection)
        daily = next_daily(now, recipient.daily_hour, recipient.time_zone)
        places = {Timing.INSTANT: Place(seq, now), Timing.DAILY: Place(seq, daily)}
        await repository.set_rules(connection, recipient_id, [(rule, places[rule.timing]) for rule in rules])

    async def _notification(self, delivery_id: str) -> Notification:
        async with self._database.snapshot() as connection:
            found = await repository.notification(connection, delivery_id)
        if found is None:
            raise MessageNotFound(delivery_id)
        return found


def _without_password(row: MailServerRow) -> MailServer:
    values = row._asdict()
    return MailServer.model_validate({**values, "has_password": values.pop("password") is not None})
