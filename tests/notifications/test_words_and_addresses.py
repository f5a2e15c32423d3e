"""The words of the messages, the addresses that may be told, and where a sending process may connect."""

from __future__ import annotations

import re
import string
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from emagsync.notifications.addresses import judged_address
from emagsync.notifications.errors import RecipientRefused
from emagsync.notifications.schemas import RuleKind, Service
from emagsync.notifications.sending.order import Order
from emagsync.notifications.sending.process import SendingProcess
from emagsync.notifications.words import words_of
from emagsync.notifications.writing import _CHANGES
from emagsync.rest.time_zones import TimeZone
from notifications.conftest import Hook


def values_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def forms(text: Any) -> dict[str, str]:
    return {"other": text} if isinstance(text, str) else text


def test_both_languages_say_the_same_and_romanian_counts_properly() -> None:
    english, romanian = words_of("en"), words_of("ro")
    assert english.keys() == romanian.keys()
    assert {str(kind) for kind in RuleKind} | {f"change_{kind}" for kind in _CHANGES} <= english.keys()
    for key in english:
        ours, theirs = forms(romanian[key]), forms(english[key])
        assert values_of(ours["other"]) == values_of(theirs["other"]), key
        if not isinstance(romanian[key], str):
            assert set(ours) == {"one", "few", "other"}, key
            assert set(theirs) == {"one", "other"}, key
            if "{n}" in ours["few"] and key != "more":
                assert re.search(r"\{n\} de\b", ours["other"]), key
                assert not re.search(r"\{n\} de\b", ours["few"]), key


@pytest.mark.parametrize(
    ("text", "service", "shown"),
    [
        ("maria@example.com", Service.EMAIL, "maria@example.com"),
        ("mailto:maria@example.com", Service.EMAIL, "maria@example.com"),
        ("mailtos://shop:s3cret@example.com?to=maria@example.com", Service.EMAIL, "mailtos://example.com/…"),
        ("tgram://123456789:s3cret/1234", Service.TELEGRAM, "tgram://…"),
        ("slack://s3cret/s3cret/s3cret", Service.SLACK, "slack://…"),
        ("https://hooks.slack.com/services/T0/B0/s3cret", Service.SLACK, "https://hooks.slack.com/…"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/s3cret", Service.TEAMS, None),
        ("ntfys://s3cret-topic", Service.NTFY, "ntfys://…"),
        ("ntfys://user:s3cret@ntfy.example.com/topic", Service.NTFY, "ntfys://ntfy.example.com/…"),
        ("discord://s3cret/s3cret", Service.OTHER, "discord://…"),
        ("jsons://user:s3cret@erp.example.com/s3cret", Service.OTHER, "jsons://erp.example.com/…"),
    ],
)
def test_what_is_shown_of_an_address_is_no_secret(text: str, service: Service, shown: str | None) -> None:
    judged = judged_address(text, allow_private=False)
    assert judged.service is service
    assert "s3cret" not in judged.shown
    assert shown is None or judged.shown == shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("maria", "form"),
        ("maria@localhost", "form"),
        ("https://erp.example.com/hook", "form"),
        ("https://hooks.slack.com.evil.example/s", "form"),
        ("file:///etc/passwd", "form"),
        ("file://host/etc/passwd", "service"),
        ("exec://host/bin/sh", "service"),
        ("syslog://localhost", "service"),
        ("dbus://host", "service"),
        ("apprises://host/token", "service"),
        ("jsons://10.1.2.3/x", "host"),
        ("jsons://127.0.0.1/x", "host"),
        ("jsons://[::1]/x", "host"),
        ("jsons://2130706433/x", "host"),
        ("jsons://①②⑦.⓪.⓪.①/x", "host"),
        ("jsons://metadata.google.internal/x", "host"),
        ("mailtos://u:p@example.com?smtp=10.0.0.1", "host"),
        ("ntfys://192.168.1.2/topic", "host"),
        ("json://erp.example.com/x", "clear"),
        ("mailto://u:p@example.com", "clear"),
        ("jsons://host:99999999/x", "form"),
    ],
)
def test_addresses_that_must_not_be_told_are_refused_without_being_repeated(text: str, reason: str) -> None:
    with pytest.raises(RecipientRefused) as refused:
        judged_address(text, allow_private=False)
    assert refused.value.reason == reason
    assert text not in str(refused.value)


@pytest.mark.usefixtures("forked")
async def test_the_process_that_sends_connects_to_no_private_address_whatever_it_is_told(hook: Hook) -> None:
    """The last line: a name may lead elsewhere by the time at which it is called."""
    process = SendingProcess()
    for target in (hook.address, hook.address.replace("127.0.0.1", "localhost")):
        answer = await process.carry_out(Order(target, "title", "text"))
        assert (answer.end, answer.why) == ("failed", "not_public")
    assert hook.told == []


@pytest.mark.usefixtures("forked")
async def test_an_address_that_lacks_a_part_is_told_apart_before_anything_is_sent() -> None:
    process = SendingProcess()
    assert (await process.carry_out(Order("tgram://no-token", only_check=True))).end == "incomplete"
    assert (await process.carry_out(Order("discord://id/token", only_check=True))).end == "delivered"


@pytest.mark.parametrize("name", ["Europa/Bucuresti", "@\x8aós³Z*", "..", "/etc/passwd", "Europe", "x" * 64, "\x00"])
def test_what_is_no_time_zone_is_refused_as_such(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a time zone such as Europe/Bucharest"):
        TypeAdapter(TimeZone).validate_python(name)
