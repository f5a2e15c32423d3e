"""From what happens on eMAG to a mail, through a running server; and that no secret gets out on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.db.metadata import metadata
from notifications.conftest import PASSWORD, Hook, Mailbox
from notifications.test_sending import NOTIFICATIONS, PRIVATE, add, send_test, set_mail_server, told
from support.databases import rows
from support.local import until
from support.runs import open_desk

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")


async def test_a_failed_run_and_rejected_offers_arrive_by_mail_once_also_after_a_restart(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    rules = [{"kind": "run"}, {"kind": "not_sellable"}]
    async with open_desk(tmp_path, {"main": 30}, **PRIVATE) as desk:
        await set_mail_server(desk, **mailbox.settings())
        await desk.sync()
        sold = len(await desk.api.rows("SELECT 1 FROM offers WHERE sellable AND emag_id <= 25"))
        assert 1 < sold < 20
        await add(desk, "maria@example.com", language="ro", rules=rules)
        desk.market.change("change", ids=list(range(1, 26)), set={"status": 0})
        await desk.sync()
        await until(lambda: len(mailbox.mails) == 1)
        assert mailbox.mails[0]["Subject"] == f"emagsync: {sold} oferte nu mai sunt la vânzare"
        desk.market.fault(kind="not_allowed")
        await desk.post(account_type="main", mode="full")
        await until(lambda: len(mailbox.mails) == 2)
        assert mailbox.mails[1]["Subject"] == "emagsync: O sincronizare nu s-a încheiat cum trebuie"
    async with open_desk(tmp_path, {"main": 30}, **PRIVATE) as desk:
        recipient = (await desk.api.admin.get(f"{NOTIFICATIONS}/recipients")).json()["recipients"][0]
        await desk.sync(dry_run=True)
        assert [one["status"] for one in await told(desk, recipient)] == ["delivered", "delivered"]
    assert len(mailbox.mails) == 2


@pytest.mark.usefixtures("forked")
async def test_no_secret_of_an_address_or_of_the_mail_server_is_stored_answered_or_logged(
    tmp_path: Path, mailbox: Mailbox, hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    async with open_desk(tmp_path, {"main": 1}, **PRIVATE) as desk:
        await set_mail_server(desk, **mailbox.settings())
        maria, erp = await add(desk, "maria@example.com"), await add(desk, hook.address)
        hook.answers = [500]
        assert [(await send_test(desk, one))["status"] for one in (maria, erp)] == ["delivered", "pending"]
        await desk.api.admin.patch(f"{NOTIFICATIONS}/recipients/{erp['id']}", json={"address": hook.address})
        own = f"{NOTIFICATIONS}/recipients/{erp['id']}"
        places = (own, f"{own}/deliveries", f"{NOTIFICATIONS}/recipients", f"{NOTIFICATIONS}/mail-server")
        answers = [(await desk.api.admin.get(place)).text for place in (*places, "/api/v1/audit")]
        refused = {"name": "x", "address": "unknown://t0ken/t0ken"}
        answers.append((await desk.api.admin.post(f"{NOTIFICATIONS}/recipients", json=refused)).text)
        assert (await desk.api.operator.get(f"{NOTIFICATIONS}/recipients")).status_code == 403
    stored = str([rows(tmp_path, f"SELECT * FROM {table}") for table in metadata.tables])
    logged = "".join(capfd.readouterr())
    assert "recipient.add" in stored
    for place in (stored, logged, *answers):
        assert PASSWORD not in place
        assert "t0ken" not in place


async def test_a_password_does_not_go_to_another_server(tmp_path: Path, mailbox: Mailbox) -> None:
    async with open_desk(tmp_path, {"main": 1}, **PRIVATE) as desk:
        await set_mail_server(desk, **mailbox.settings())
        same = await desk.api.admin.put(f"{NOTIFICATIONS}/mail-server", json=mailbox.settings(password=None, port=2525))
        assert same.json()["mail_server"]["has_password"]
        other = mailbox.settings(password=None, host="smtp.example.com", security="tls")
        changed = await desk.api.admin.put(f"{NOTIFICATIONS}/mail-server", json=other)
        assert not changed.json()["mail_server"]["has_password"]
