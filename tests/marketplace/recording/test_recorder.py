"""Recordings of a real sandbox: what is in the folder, and what never is."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from emagsync.core.recording import Recording, RecordingError
from emagsync.marketplace import HttpOptions, OfferFilters
from emagsync.marketplace.errors import EmagError
from emagsync.marketplace.recording.recorder import Recorder
from emagsync.marketplace.recording.scrub import Credentials
from emagsync.marketplace.recording.survey import Survey, read_account
from marketplace.conftest import PASSWORD, Shop

WHOLE = '{"account":"a","platform":"emag-ro","at":"1","method":"POST","route":"vat/read"}\n'
USER = Credentials("main", PASSWORD)

# Planted in offers, orders and faults; none of it may be anywhere in the folder.
PLANTED = (
    PASSWORD,
    base64.b64encode(f"main:{PASSWORD}".encode()).decode(),
    *("Ancuța Țîrlea", "ancuta.tirlea@posta.example", "0722 987 654", "+40722987654", "RO49AAAA1B31007593840000"),
    *("Aleea Zambilelor", "86.120.33.7", "RO12345674", "s3cr3t-token", "hunter2", "2a02:2f0e::7f3", "1800101221144"),
)


def plant(shop: Shop) -> None:
    """Put personal data and secrets into every place that eMAG has for text."""
    note = (
        "Întrebări: Ancuța? ancuta.tirlea@posta.example, 0722 987 654, IBAN RO49AAAA1B31007593840000, CUI RO12345674, "
        "CNP 1800101221144, server 86.120.33.7 sau 2a02:2f0e::7f3"
    )
    row = shop.account.catalogue.build(3) | {
        "description": f"<p>{note}</p>",
        "manufacturer": [{"name": "Ancuța Țîrlea PFA", "address": "Aleea Zambilelor 4", "email": "x@posta.example"}],
        "url": "https://ion:hunter2@shop.example/p/3?key=s3cr3t-token",
        "images": [{"url": "https://cdn.example/3.jpg?sig=s3cr3t-token", "display_type": 1}],
    }
    shop.account.catalogue.put(3, row)
    customer = {"name": "Ancuța Țîrlea", "phone_1": "+40722987654", "billing_street": "Aleea Zambilelor 4"}
    attachments = [{"name": "Factura Ancuța Țîrlea", "url": "https://facturi.example/s3cr3t-token.pdf"}]
    shop.market.put_order(
        shop.account, {"id": 9, "customer": customer, "observation": note, "attachments": attachments, "status": 1}
    )


def contents(folder: Path) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


async def recorded(shop: Shop, folder: Path, **options: Any) -> Survey:
    with Recorder(folder, [USER]) as recorder:
        client = await shop.client(on_exchange=recorder.observe, **options)
        survey = await read_account(client)
        for call in (client.read_orders, client.read_vat):
            try:
                await call()
            except EmagError:
                continue
    return survey


async def test_no_secret_and_nobodys_data_is_in_the_folder(shop: Shop, tmp_path: Path) -> None:
    plant(shop)
    shop.fault(kind="invalid_ip", route="vat/read", after=1)
    shop.fault(kind="invalid_json", route="order/read", times=1)
    shop.fault(kind="status", status=502, route="product_offer/count", body=f"upstream Basic {PASSWORD}")
    survey = await recorded(shop, tmp_path / "day")
    assert len(survey.ids) == 250
    found = contents(tmp_path / "day")
    assert len(found) > 6
    for text in (*found.values(), *map(str, found)):
        for secret in PLANTED:
            assert secret not in text
            assert json.dumps(secret)[1:-1] not in text
    # The folder is the seller's alone until it is given away.
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "day").rglob("*")} == {0}


async def test_every_offer_keeps_what_is_nobodys_data(shop: Shop, tmp_path: Path) -> None:
    await recorded(shop, tmp_path / "day")
    recording = Recording(tmp_path / "day")
    rows = [
        row
        for number, exchange in enumerate(recording.exchanges)
        if exchange.route == "product_offer/read"
        for row in json.loads(recording.body(number))["results"]
    ]
    business = ("id", "name", "sale_price", "stock", "ean", "part_number", "validation_status", "start_date", "brand")
    assert [{key: row.get(key) for key in business} for row in rows] == [
        {key: row.get(key) for key in business} for row in shop.account.rows()
    ]


async def test_failures_are_recorded_as_what_they_were(shop: Shop, tmp_path: Path) -> None:
    shop.fault(kind="status", status=503, route="vat/read", times=1)
    shop.fault(kind="reset", pages=[1], times=1)
    shop.fault(kind="truncated", pages=[1], times=1)
    shop.fault(kind="slow", pages=[2], delay_ms=80, times=1)
    shop.fault(kind="rate_limited", pages=[3], retry_after=0, times=1)
    survey = await recorded(shop, tmp_path / "day")
    assert survey.is_whole
    exchanges = Recording(tmp_path / "day").exchanges
    assert [exchange.status for exchange in exchanges if exchange.route == "vat/read"][:2] == [503, 200]
    asked = [one for one in exchanges if "currentPage" in (one.request or {})]
    pages = [(one.request["currentPage"], one.status, one.failure) for one in asked]
    assert pages[:6] == [
        (1, None, "broken"),
        (1, None, "truncated"),
        (1, 200, None),
        (2, 200, None),
        (3, 429, None),
        (3, 200, None),
    ]
    assert next(one for one in asked if one.request["currentPage"] == 2).seconds >= 0.08
    assert {name.lower() for one in exchanges for name in one.headers} <= {"content-type", "retry-after"}


async def test_a_timeout_and_a_server_that_is_not_there_are_recorded(shop: Shop, tmp_path: Path) -> None:
    shop.fault(kind="timeout", route="vat/read")
    with Recorder(tmp_path / "day", [USER]) as recorder:
        client = await shop.client(on_exchange=recorder.observe, http=HttpOptions(read_timeout=0.2))
        with pytest.raises(EmagError):
            await client.read_vat(attempts=1)
        nobody = await shop.client(on_exchange=recorder.observe, base_url="http://127.0.0.1:9/api-3")
        with pytest.raises(EmagError):
            await nobody.read_vat(attempts=1)
    assert [one.failure for one in Recording(tmp_path / "day").exchanges] == ["timeout", "not_connected"]


async def test_a_dead_page_is_recorded_and_passed_over(shop: Shop, tmp_path: Path) -> None:
    shop.fault(kind="html", rows=[101, 200])
    survey = await recorded(shop, tmp_path / "day")
    assert (survey.pages, len(survey.ids), survey.is_whole) == (3, 150, False)


@pytest.mark.thorough
async def test_a_marketplace_that_repeats_itself_is_not_recorded_for_ever(shop: Shop, tmp_path: Path) -> None:
    shop.fault(kind="wrong_page", route="product_offer/read")
    survey = await recorded(shop, tmp_path / "day")
    assert survey.repeats
    assert survey.pages < 6


async def test_refused_credentials_end_the_reading_and_are_recorded(shop: Shop, tmp_path: Path) -> None:
    survey = await recorded(shop, tmp_path / "day", password="another-one-ț")
    assert survey.ended_by is not None
    assert survey.ended_by.code == "credentials_refused"
    assert Recording(tmp_path / "day").exchanges[0].status == 403


async def test_a_recorder_that_cannot_write_stops_and_lets_the_calls_go_on(shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "day"
    problems: list[RecordingError] = []
    with Recorder(folder, [USER], on_problem=problems.append) as recorder:
        client = await shop.client(on_exchange=recorder.observe)
        await client.read_vat()
        (folder / "bodies").rename(folder / "gone")
        assert len((await client.read_offers(filters=OfferFilters(id=3))).raw_rows) == 1
        assert recorder.problem is not None
        await client.read_vat()
        assert recorder.exchanges == 1
    assert problems == [recorder.problem]


def test_a_folder_that_cannot_be_written_to_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="file"):
        Recorder(tmp_path / "file", [USER])


@pytest.mark.parametrize(
    ("header", "line", "said"),
    [
        ("", "", "not JSON"),
        ('{"format": 2}', "", "format 2"),
        ('{"format": 1}', '{"route": 1}\n', "line 1"),
        ('{"format": 1}', WHOLE.replace("}", ',"body":"../x"}'), "body"),
        ('{"format": 1}', WHOLE.replace("}", ',"failure":"z"}'), "failure"),
    ],
)
def test_a_folder_that_is_no_recording_is_refused(tmp_path: Path, header: str, line: str, said: str) -> None:
    (tmp_path / "recording.json").write_text(header)
    (tmp_path / "exchanges-1.jsonl").write_text(line)
    with pytest.raises(RecordingError, match=said):
        Recording(tmp_path)


def test_a_line_that_the_death_of_its_process_cut_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "recording.json").write_text('{"format": 1}')
    (tmp_path / "exchanges-1.jsonl").write_text(WHOLE + WHOLE[:40])
    assert [one.route for one in Recording(tmp_path).exchanges] == ["vat/read"]
