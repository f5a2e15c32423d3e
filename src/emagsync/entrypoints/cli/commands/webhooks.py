"""`emagsync webhooks`: which programs are told, what they were told, and telling them again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated

import typer

from emagsync.audit.service import audit_command
from emagsync.entrypoints.cli.errors import complain
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.options import Json
from emagsync.entrypoints.cli.output.json_output import print_json
from emagsync.entrypoints.cli.output.tables import print_table
from emagsync.entrypoints.cli.output.text import count, moment, printable
from emagsync.entrypoints.cli.session import Session, session_of
from emagsync.entrypoints.services.foundation import Foundation
from emagsync.entrypoints.services.webhooks import open_webhooks
from emagsync.offers.product_parameters import selection_filter
from emagsync.webhooks.errors import WebhookNotFound
from emagsync.webhooks.schemas import Delivery, DeliveryStatus, Webhook
from emagsync.webhooks.service import WebhookService

Name = Annotated[str, typer.Argument(help="The webhook's name or id.", metavar="WEBHOOK", show_default=False)]


def list_webhooks(context: typer.Context, as_json: Json = False) -> None:
    """List which programs are told of what."""
    found = asyncio.run(_list(session_of(context)))
    if as_json:
        print_json({"webhooks": found})
        return
    rows = [(printable(one.name), one.id, printable(one.url), _state(one), ", ".join(one.events)) for one in found]
    print_table(("name", "id", "address", "state", "told of"), rows)


def deliveries(
    context: typer.Context,
    name: Name,
    status: Annotated[
        list[DeliveryStatus] | None, typer.Option(help="Only these; repeat it for more than one.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 20,
    as_json: Json = False,
) -> None:
    """List the messages to a webhook, newest first."""
    found = asyncio.run(_deliveries(session_of(context), name, status or [], limit))
    if as_json:
        print_json({"deliveries": found})
        return
    rows = [
        (moment(one.created_at), one.id, one.event, one.status.value, count(one.attempts), _result(one))
        for one in found
    ]
    print_table(("made", "id", "event", "state", "attempts", "result"), rows, numeric=("attempts",))


def redeliver(
    context: typer.Context,
    delivery_id: Annotated[
        str, typer.Argument(help="The message's id, as `deliveries` shows it.", metavar="ID", show_default=False)
    ],
    as_json: Json = False,
) -> None:
    """Send a message again now, with the same id. Whatever became of it before; exit code 1 when it does not arrive."""
    message = asyncio.run(_redeliver(session_of(context), delivery_id))
    if as_json:
        print_json(message)
    elif message.status is DeliveryStatus.DELIVERED:
        typer.echo(f"The message was delivered: {_result(message)}.")
    else:
        complain(f"The message was not delivered: {_result(message)}. The server tries again.")
    if message.status is not DeliveryStatus.DELIVERED:
        raise typer.Exit(ExitCode.FAILED)


@asynccontextmanager
async def _opened(session: Session) -> AsyncIterator[tuple[WebhookService, Foundation]]:
    filter_of = partial(selection_filter, place="changes.selection")
    async with session.foundation() as base, open_webhooks(base, filter_of) as (service, _):
        yield service, base


async def _list(session: Session) -> list[Webhook]:
    async with _opened(session) as (service, _):
        return await service.list_webhooks()


async def _deliveries(session: Session, name: str, statuses: list[DeliveryStatus], limit: int) -> list[Delivery]:
    async with _opened(session) as (service, _):
        webhook = await _find(service, name)
        return await service.deliveries(webhook.id, limit=limit, statuses=statuses)


async def _redeliver(session: Session, delivery_id: str) -> Delivery:
    async with _opened(session) as (service, base):
        message = await service.redeliver(delivery_id)
        detail = {"delivery": delivery_id, "status": message.status}
        await audit_command(base.database, base.clock, "webhook.redeliver", message.webhook_id, detail)
        return message


async def _find(service: WebhookService, name: str) -> Webhook:
    """By id or, in any case, by name. Raises WebhookNotFound, also for a name that several have."""
    known = await service.list_webhooks()
    found = [one for one in known if one.id == name or one.name.casefold() == name.casefold()]
    if len(found) != 1:
        raise WebhookNotFound(name)
    return found[0]


def _state(webhook: Webhook) -> str:
    if webhook.off_reason is not None:
        return f"off: {webhook.off_reason}"
    return "on" if webhook.enabled else "off"


def _result(delivery: Delivery) -> str:
    if delivery.error is not None:
        return delivery.error
    return "" if delivery.answer is None else f"it answered {delivery.answer}"
