"""`emagsync webhooks`: which programs are told, what they were told, and telling them again."""

from __future__ import annotations

import asyncio

from emagsync.core.settings import Settings
from emagsync.entrypoints.services.foundation import open_foundation
from emagsync.entrypoints.services.webhooks import open_webhooks
from emagsync.offers.selection import OfferFilter
from emagsync.webhooks.schemas import WebhookRequest
from entrypoints.cli.command import Cli
from support.databases import address_in, execute
from support.ports import free_port


async def prepare(bare: Cli) -> str:
    """A webhook to a program that does not run, and a message to it that was given up; the message's id."""
    settings = Settings(
        data_dir=bare.data_dir,
        database_url=address_in(bare.data_dir),  # type: ignore[arg-type]
        webhooks={"allow_private": True},  # type: ignore[arg-type]
    )
    async with open_foundation(settings) as base, open_webhooks(base, lambda _: OfferFilter()) as (service, _):
        asked = WebhookRequest(name="ERP", url=f"http://127.0.0.1:{free_port()}/hook")
        webhook = await service.add(asked)
        return (await service.test(webhook.id)).id


def test_messages_are_listed_and_sent_again(bare: Cli) -> None:
    bare.data_dir.mkdir(parents=True, exist_ok=True)
    message = asyncio.run(prepare(bare))
    assert "ERP" in bare("webhooks", "list").out
    [listed] = bare("webhooks", "deliveries", "erp", "--json").json["deliveries"]
    assert (listed["id"], listed["event"], listed["status"]) == (message, "test", "pending")
    assert bare("webhooks", "deliveries", "ERP", "--status", "delivered", "--json").json == {"deliveries": []}
    assert message in bare("webhooks", "deliveries", "ERP", COLUMNS="200").out
    busy = bare("webhooks", "redeliver", message)
    assert busy.code == 1
    assert "is under way" in busy.err
    execute(bare.data_dir, "UPDATE webhook_deliveries SET status = 'given_up'")
    failed = bare("webhooks", "redeliver", message, EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE="true")
    assert failed.code == 1
    assert "was not delivered" in failed.err
    assert "There is no webhook 'crm'" in bare("webhooks", "deliveries", "crm").err
    assert "There is no message 'x'" in bare("webhooks", "redeliver", "x").err
