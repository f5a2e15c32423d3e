"""`emagsync notifications`: who is told of what, and whether messages arrive."""

from __future__ import annotations

import asyncio

from emagsync.core.settings import Settings
from emagsync.entrypoints.services.foundation import open_foundation
from emagsync.entrypoints.services.notifications import build_notification_service
from emagsync.notifications.schemas import MailServerRequest, RecipientRequest
from entrypoints.cli.command import Cli
from support.databases import address_in
from support.ports import free_port


async def prepare(bare: Cli) -> None:
    """A recipient of mail by a server on this machine that nobody started."""
    settings = Settings(
        data_dir=bare.data_dir,
        database_url=address_in(bare.data_dir),  # type: ignore[arg-type]
        webhooks={"allow_private": True},  # type: ignore[arg-type]
    )
    async with open_foundation(settings) as base:
        service, _ = build_notification_service(base)
        await service.set_mail_server(
            MailServerRequest(host="127.0.0.1", port=free_port(), security="none", sender="shop@example.com")
        )
        rules = [{"kind": "stock", "threshold": 3, "account_type": "fbe"}, {"kind": "summary", "timing": "daily"}]
        asked = {"name": "Maria", "address": "maria@example.com", "rules": rules}
        await service.add(RecipientRequest.model_validate(asked))


def test_recipients_are_listed_and_a_test_says_what_became_of_it(bare: Cli) -> None:
    bare.data_dir.mkdir(parents=True, exist_ok=True)
    asyncio.run(prepare(bare))
    listed = bare("notifications", "list").out
    assert "maria@example.com" in listed
    assert "stock 3 of fbe, summary daily" in listed
    private = {"EMAGSYNC_WEBHOOKS__ALLOW_PRIVATE": "true"}
    failed = bare("notifications", "test", "maria", **private)
    assert failed.code == 1
    assert "was not delivered (unreachable)" in failed.err
    [message] = bare("notifications", "messages", "Maria", "--json").json["deliveries"]
    assert (message["event"], message["status"], message["error"]) == ("test", "pending", "unreachable")
    other = bare("db", "check", EMAGSYNC_SECRET_KEY="another key of thirty-two letters")
    assert "does not open what notifications need of Maria" in other.out + other.err
    assert "There is no recipient 'ion'" in bare("notifications", "test", "ion").err
