"""One message to one service, from the page's button to the receiver, and what becomes of one that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emagsync.sandbox.tls import make_self_signed, server_context
from notifications.conftest import USER, Hook, Mailbox, open_mailbox
from support.clocks import ForwardClock
from support.runs import Desk, open_desk

# aiosmtpd's about its own set-up: mail stays on this machine.
pytestmark = [pytest.mark.filterwarnings("ignore:Requiring AUTH"), pytest.mark.usefixtures("forked")]

NOTIFICATIONS = "/api/v1/notifications"
PRIVATE = {"webhooks": {"allow_private": True}}


async def set_mail_server(desk: Desk, **settings: Any) -> None:
    answer = await desk.api.admin.put(f"{NOTIFICATIONS}/mail-server", json=settings)
    assert answer.status_code == 200, answer.text


async def add(desk: Desk, address: str, **asked: Any) -> dict[str, Any]:
    answer = await desk.api.admin.post(
        f"{NOTIFICATIONS}/recipients", json={"name": "Maria", "address": address, **asked}
    )
    assert answer.status_code == 201, answer.text
    recipient: dict[str, Any] = answer.json()
    return recipient


async def send_test(desk: Desk, recipient: dict[str, Any]) -> dict[str, Any]:
    answer = await desk.api.admin.post(f"{NOTIFICATIONS}/recipients/{recipient['id']}/test")
    assert answer.status_code == 200, answer.text
    message: dict[str, Any] = answer.json()
    return message


async def test_a_mail_arrives_in_the_readers_language_and_the_password_nowhere(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    async with open_desk(tmp_path, {"main": 1}, **PRIVATE) as desk:
        await set_mail_server(desk, **mailbox.settings())
        maria = await add(desk, "maria@example.com", language="ro", page_url="https://emagsync.example.com/")
        message = await send_test(desk, maria)
        assert (message["status"], message["error"], message["attempts"]) == ("delivered", None, 1)
        [mail] = mailbox.mails
        assert (mail["To"], mail["From"]) == ("maria@example.com", "emagsync <shop@example.com>")
        assert mail["Subject"] == "emagsync: Mesaj de test"
        assert "Aici vor sosi notificările" in mail.get_content()
        assert "https://emagsync.example.com/" in mail.get_content()
        shown = (await desk.api.admin.get(f"{NOTIFICATIONS}/mail-server")).json()["mail_server"]
        assert (shown["username"], shown["has_password"]) == (USER, True)
        assert "password" not in shown


async def test_what_a_mail_server_answers_to_a_mail_decides_whether_it_is_sent_again(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    # The clock stands, so nothing is sent again by itself meanwhile.
    async with open_desk(tmp_path, {"main": 1}, clock=ForwardClock(), **PRIVATE) as desk:
        await set_mail_server(desk, **mailbox.settings())
        maria = await add(desk, "maria@example.com")
        for refusal, became, answer, error in (
            ("451 try later", "pending", 451, "refused"),
            ("550 no", "pending", 550, "refused"),
            ("", "unknown", None, "no_answer"),  # it has the mail, and did not say so: not sent again
        ):
            mailbox.refusals = [refusal]
            message = await send_test(desk, maria)
            assert (message["status"], message["answer"], message["error"]) == (became, answer, error)
        assert len(mailbox.mails) == 1


async def test_mail_is_sent_over_tls_to_a_server_whose_certificate_is_trusted_and_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make_self_signed(certificate, key)
    context = server_context(certificate, key)
    with open_mailbox(tls_context=context, require_starttls=True, auth_require_tls=True) as mailbox:
        async with open_desk(tmp_path / "data", {"main": 1}, clock=ForwardClock(), **PRIVATE) as desk:
            await set_mail_server(desk, **mailbox.settings(security="starttls"))
            maria = await add(desk, "maria@example.com")
            refused = await send_test(desk, maria)
            assert (refused["status"], refused["error"]) == ("pending", "tls")
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            assert (await send_test(desk, maria))["status"] == "delivered"
            assert len(mailbox.mails) == 1


async def told(desk: Desk, recipient: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await desk.api.admin.get(f"{NOTIFICATIONS}/recipients/{recipient['id']}/deliveries")
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


async def test_a_wrong_password_of_the_mail_server_is_said_and_tried_again_later(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    async with open_desk(tmp_path, {"main": 1}, **PRIVATE) as desk:
        await set_mail_server(desk, **mailbox.settings(password="wrong"))
        message = await send_test(desk, await add(desk, "maria@example.com"))
        assert (message["status"], message["answer"], message["error"]) == ("pending", 535, "login_refused")
        assert mailbox.mails == []


async def test_what_a_service_answers_decides_whether_a_message_is_sent_again(tmp_path: Path, hook: Hook) -> None:
    cases: list[tuple[int, str, str | None]] = [
        (200, "delivered", None),
        (500, "pending", "refused"),  # sent again later
        (302, "pending", "refused"),  # not followed
        (403, "pending", "login_refused"),
        (410, "given_up", "gone"),  # and switched off
        (0, "unknown", "no_answer"),  # taken and not answered: not sent again
    ]
    # The clock stands, so nothing is sent again by itself meanwhile.
    async with open_desk(tmp_path, {"main": 1}, clock=ForwardClock(), **PRIVATE) as desk:
        for number, (status, became, error) in enumerate(cases, start=1):
            hook.answers = [status]
            recipient = await add(desk, hook.address)
            message = await send_test(desk, recipient)
            assert (message["status"], message["error"], message["answer"]) == (became, error, status or None)
            assert len(hook.told) == number
            after = (await desk.api.admin.get(f"{NOTIFICATIONS}/recipients/{recipient['id']}")).json()
            assert (after["enabled"], after["off_reason"]) == ((False, "gone") if status == 410 else (True, None))


async def test_a_message_of_which_nobody_knows_whether_it_arrived_is_sent_anew_when_a_person_says_so(
    tmp_path: Path, hook: Hook
) -> None:
    hook.answers = [0]
    async with open_desk(tmp_path, {"main": 1}, **PRIVATE) as desk:
        message = await send_test(desk, await add(desk, hook.address))
        path = f"{NOTIFICATIONS}/deliveries/{message['id']}/again"
        assert (await desk.api.admin.post(path)).json()["status"] == "delivered"
        assert len(hook.told) == 2
        again = await desk.api.admin.post(path)
        assert (again.status_code, again.json()["code"]) == (404, "message_not_found")
