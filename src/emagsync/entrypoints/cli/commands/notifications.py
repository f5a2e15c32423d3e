"""`emagsync notifications`: who is told of what, and whether messages arrive."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from emagsync.audit.service import audit_command
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import moment, printable
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.notifications import build_notification_service
from emagsync.notifications.errors import RecipientNotFound
from emagsync.notifications.schemas import Notification, Recipient
from emagsync.notifications.service import NotificationService

Name = Annotated[str, typer.Argument(help="The recipient's name or id.", metavar="RECIPIENT", show_default=False)]


def list_recipients(context: typer.Context, as_json: Json = False) -> None:
    """List who is told of what. Addresses are shown without their secrets."""
    recipients = asyncio.run(_list(session_of(context)))
    if as_json:
        print_json({"recipients": recipients})
        return
    rows = [
        (printable(one.name), one.service.value, printable(one.address), _state(one), ", ".join(map(str, one.rules)))
        for one in recipients
    ]
    print_table(("name", "by", "address", "state", "told of"), rows)


def send_test(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Send a recipient a test message now. Exit code 1 when it did not arrive."""
    message = asyncio.run(_test(session_of(context), name))
    if as_json:
        print_json(message)
    elif message.status == "delivered":
        typer.echo("The test message was delivered.")
    else:
        answer = "" if message.answer is None else f", it answered {message.answer}"
        complain(f"The test message was not delivered ({message.error}{answer}): see docs/notifications.md.")
    if message.status != "delivered":
        raise typer.Exit(ExitCode.FAILED)


def messages(
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 20,
    as_json: Json = False,
) -> None:
    """List the messages to a recipient, newest first."""
    found = asyncio.run(_messages(session_of(context), name, limit))
    if as_json:
        print_json({"deliveries": found})
        return
    rows = [(moment(one.created_at), one.status.value, one.error or "", printable(one.title)) for one in found]
    print_table(("made", "state", "why", "message"), rows)


async def _list(session: Session) -> list[Recipient]:
    async with session.foundation() as base:
        service, _ = build_notification_service(base)
        return await service.list_recipients()


async def _test(session: Session, name: str) -> Notification:
    async with session.foundation() as base:
        service, _ = build_notification_service(base)
        recipient = await _find(service, name)
        message = await service.test(recipient.id)
        await audit_command(base.database, base.clock, "recipient.test", recipient.id, {"status": message.status})
        return message


async def _messages(session: Session, name: str, limit: int) -> list[Notification]:
    async with session.foundation() as base:
        service, _ = build_notification_service(base)
        recipient = await _find(service, name)
        return await service.notifications(recipient.id, limit=limit)


async def _find(service: NotificationService, name: str) -> Recipient:
    """By id or, in any case, by name. Raises RecipientNotFound, also for a name that several have."""
    recipients = await service.list_recipients()
    found = [one for one in recipients if one.id == name or one.name.casefold() == name.casefold()]
    if len(found) != 1:
        raise RecipientNotFound(name)
    return found[0]


def _state(recipient: Recipient) -> str:
    if recipient.off_reason is not None:
        return f"off: {recipient.off_reason}"
    return "on" if recipient.enabled else "off"
