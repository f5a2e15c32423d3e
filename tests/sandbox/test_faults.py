"""Everything that can go wrong on purpose."""

import asyncio
import time

import aiohttp
import orjson
import pytest

from emagsync.sandbox.faults import Fault, Faults, RequestInfo, fault_from
from emagsync.sandbox.settings import SandboxError
from support.local import until

READ = "product_offer/read"


async def page(emag, number=1, size=100):
    return await emag.call(READ, {"currentPage": number, "itemsPerPage": size})


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 404])
async def test_an_http_status_comes_with_html(sandbox, status):
    emag = await sandbox(faults=(Fault(kind="status", status=status),))
    answer = await page(emag)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith(b"<html>")


@pytest.mark.parametrize("retry_after", [None, 7, "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_a_429_comes_with_or_without_retry_after(sandbox, retry_after):
    emag = await sandbox(faults=(Fault(kind="rate_limited", retry_after=retry_after),))
    answer = await page(emag)
    assert answer.status == 429
    assert answer.json == {"message": "API rate limit exceeded"}
    assert answer.headers.get("Retry-After") == (None if retry_after is None else str(retry_after))


async def test_a_timeout_never_answers(sandbox):
    emag = await sandbox(faults=(Fault(kind="timeout"),))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await page(emag)


async def test_a_timeout_of_a_length_ends_in_a_cut_connection(sandbox):
    emag = await sandbox(faults=(Fault(kind="timeout", delay_ms=10),))
    with pytest.raises(aiohttp.ClientConnectionError):
        await page(emag)


async def test_a_hanging_request_does_not_hold_up_the_end_of_the_server(sandbox):
    emag = await sandbox(faults=(Fault(kind="timeout"),))
    hanging = asyncio.ensure_future(page(emag))
    while not emag.main.report.requests:
        await asyncio.sleep(0.005)
    # Half of what a server waits for its requests unless told not to.
    async with asyncio.timeout(30):
        await emag.server.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await hanging


async def test_a_reset_comes_before_any_answer(sandbox):
    emag = await sandbox(faults=(Fault(kind="reset"),))
    with pytest.raises(aiohttp.ClientConnectionError):
        await page(emag)


@pytest.mark.parametrize("kind", ["reset_body", "truncated"])
async def test_a_body_breaks_off_in_the_middle(sandbox, kind):
    emag = await sandbox(faults=(Fault(kind=kind),))
    async with emag.session.post(
        f"{emag.server.api_url}/{READ}", headers={"Authorization": aiohttp.encode_basic_auth("main", "main-secret")}
    ) as answer:
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await answer.read()
    assert emag.main.report.page_reads == {}


async def test_a_drip_arrives_complete_but_slowly(sandbox):
    emag = await sandbox(3, faults=(Fault(kind="drip", delay_ms=1, drip_bytes=500),))
    assert (await page(emag)).results == emag.listed()
    assert emag.main.report.page_reads["1/100"] == 1


async def test_html_with_status_200(sandbox):
    emag = await sandbox(faults=(Fault(kind="html"),))
    answer = await page(emag)
    assert (answer.status, answer.body[:6]) == (200, b"<html>")


async def test_an_empty_body(sandbox):
    emag = await sandbox(faults=(Fault(kind="empty"),))
    answer = await page(emag)
    assert (answer.status, answer.body) == (200, b"")


async def test_broken_json_is_as_long_as_it_says(sandbox):
    emag = await sandbox(faults=(Fault(kind="invalid_json"),))
    answer = await page(emag)
    assert len(answer.body) > 1000
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(answer.body)


async def test_broken_utf8(sandbox):
    emag = await sandbox(faults=(Fault(kind="invalid_utf8"),))
    with pytest.raises(UnicodeDecodeError):
        (await page(emag)).body.decode()


async def test_an_answer_without_is_error(sandbox):
    emag = await sandbox(faults=(Fault(kind="missing_is_error"),))
    answer = (await page(emag)).json
    assert "isError" not in answer
    assert len(answer["results"]) == 100


@pytest.mark.parametrize("message", ["Internal error", {"message": "deep", "field": "x"}])
async def test_is_error_with_a_message(sandbox, message):
    emag = await sandbox(faults=(Fault(kind="is_error", message=message),))
    answer = await page(emag)
    assert answer.status == 200
    assert answer.json["isError"] is True
    assert answer.json["messages"] == [message]


@pytest.mark.parametrize(
    ("kind", "text"), [("not_allowed", "You are not allowed"), ("invalid_ip", "Invalid vendor ip [127.0.0.1]")]
)
@pytest.mark.parametrize("status", [200, 401, 403])
async def test_refusals_of_the_caller(sandbox, kind, text, status):
    emag = await sandbox(faults=(Fault(kind=kind, status=status),))
    answer = await page(emag)
    assert answer.status == status
    assert text in answer.refusal


@pytest.mark.parametrize(
    ("kind", "results"), [("null_results", None), ("wrong_results_type", "no results"), ("empty_page", [])]
)
async def test_results_of_the_wrong_kind(sandbox, kind, results):
    emag = await sandbox(faults=(Fault(kind=kind),))
    assert (await page(emag)).results == results


async def test_a_wrong_page(sandbox):
    emag = await sandbox(faults=(Fault(kind="wrong_page", pages=[2]),))
    assert (await page(emag, 2)).results == (await page(emag, 1)).results


async def test_a_body_of_ones_own(sandbox):
    emag = await sandbox(faults=(Fault(kind="status", status=503, body="maintenance"),))
    assert (await page(emag)).body == b"maintenance"


async def test_a_slow_answer_is_complete(sandbox):
    emag = await sandbox(faults=(Fault(kind="slow", delay_ms=1),))
    assert len((await page(emag)).results) == 100
    assert emag.main.report.page_reads == {"1/100": 1}


async def test_a_fault_on_pages_leaves_other_pages_and_routes_alone(sandbox):
    emag = await sandbox(faults=(Fault(kind="status", pages=[2]),))
    assert [(await page(emag, number)).status for number in (1, 2, 3)] == [200, 500, 200]
    assert (await emag.call("vat/read")).status == 200
    assert (await emag.call("product_offer/count")).status == 200


async def test_a_fault_on_one_account_leaves_the_other_alone(sandbox):
    emag = await sandbox(faults=(Fault(kind="status", account="main"),))
    assert (await emag.call("vat/read")).status == 500
    assert (await emag.call("vat/read", name="fbe", password="fbe-secret")).status == 200


async def test_a_fault_on_large_pages_lets_smaller_ones_pass(sandbox):
    emag = await sandbox(faults=(Fault(kind="reset", min_items_per_page=51),))
    with pytest.raises(aiohttp.ClientConnectionError):
        await page(emag)
    assert len((await page(emag, 1, 50)).results) == 50


async def test_a_fault_on_rows_follows_them_to_smaller_pages(sandbox):
    emag = await sandbox(faults=(Fault(kind="status", rows=(101, 130)),))
    assert [(await page(emag, number)).status for number in (1, 2, 3)] == [200, 500, 200]
    assert [(await page(emag, number, 50)).status for number in (2, 3, 4)] == [200, 500, 200]
    assert [(await page(emag, number, 10)).status for number in (10, 11, 13, 14)] == [200, 500, 500, 200]


async def test_a_fault_on_pages_leaves_lookups_of_single_offers_alone(sandbox):
    emag = await sandbox(faults=(Fault(kind="status", pages=[1]),))
    assert len(await emag.read(id=1)) == 1
    assert (await page(emag)).status == 500


async def test_a_fault_can_hit_lookups_alone(sandbox):
    emag = await sandbox(faults=(Fault(kind="status", lookup=True),))
    assert (await emag.call(READ, {"id": 1})).status == 500
    assert (await page(emag)).status == 200


async def test_a_save_can_take_effect_although_its_answer_is_lost(sandbox):
    lost = Fault(kind="reset", route="offer/save", after_handling=True, times=1)
    emag = await sandbox(faults=(lost,))
    with pytest.raises(aiohttp.ClientConnectionError):
        await emag.call("offer/save", [{"id": 5, "status": 2}])
    assert emag.main.row(5)["status"] == 2


async def test_a_save_that_fails_before_it_is_carried_out_changes_nothing(sandbox):
    emag = await sandbox(faults=(Fault(kind="status", route="offer/save"),))
    before = emag.main.version
    assert (await emag.call("offer/save", [{"id": 5, "status": 2}])).status == 500
    assert emag.main.version == before


async def test_the_report_counts_faults_and_whole_pages_apart(sandbox):
    emag = await sandbox(faults=(Fault(kind="status", pages=[1], times=2),))
    for _ in range(3):
        await page(emag)
    report = (await emag.control("GET", "/report"))["accounts"]["main"]
    assert report["faults"] == {"status": 2}
    assert report["page_requests"] == {"1/100": 3}
    assert report["page_reads"] == {"1/100": 1}


def outcomes(fault, times, now=None):
    seconds = iter([0.0, *(now or [0.0] * times)])
    faults = Faults(3, lambda: next(seconds))
    faults.add(fault)
    return [faults.choose(RequestInfo("main", READ, 1, 100)) is not None for _ in range(times)]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(kind="html"), [True] * 4),
        (Fault(kind="html", times=2), [True, True, False, False]),
        (Fault(kind="html", after=1), [False, True, True, True]),
        (Fault(kind="html", after=2, times=1), [False, False, True, False]),
        (Fault(kind="html", probability=0.0), [False] * 4),
        (Fault(kind="html", route="vat/read"), [False] * 4),
        (Fault(kind="html", times=0), [False] * 4),
    ],
)
def test_how_often_a_fault_plays(fault, expected):
    assert outcomes(fault, 4) == expected


def test_a_fault_can_last_for_a_stretch_of_time():
    assert outcomes(Fault(kind="html", from_s=1, until_s=3), 4, [0.5, 1.0, 2.9, 3.0]) == [False, True, True, False]


def test_chances_are_the_same_for_the_same_seed():
    drawn = outcomes(Fault(kind="html", probability=0.5), 200)
    assert 70 < sum(drawn) < 130
    assert drawn == outcomes(Fault(kind="html", probability=0.5), 200)


def test_the_first_rule_that_is_not_used_up_plays():
    faults = Faults()
    faults.add(Fault(kind="html", times=1), Fault(kind="empty"))
    chosen = [faults.choose(RequestInfo("main", READ, 1, 100)) for _ in range(3)]
    assert [fault.kind for fault in chosen if fault] == ["html", "empty", "empty"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "explode"},
        {"kind": "html", "colour": "red"},
        {"kind": "html", "probability": 2},
        {"kind": "status", "status": 9},
        {"kind": "html", "rows": [5, 2]},
        {"kind": "html", "pages": 2},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(values):
    with pytest.raises(SandboxError, match="fault"):
        fault_from(values)


async def test_an_answer_can_take_time_for_each_of_its_rows(sandbox):
    emag = await sandbox(250, faults=(Fault(kind="slow", route=READ, row_ms=2),))
    began = time.monotonic()
    assert len(await emag.read(itemsPerPage=10)) == 10
    middle = time.monotonic()
    assert len(await emag.read(itemsPerPage=100)) == 100
    assert middle - began >= 0.02
    assert time.monotonic() - middle >= 0.2


async def test_a_caller_that_does_not_wait_for_a_slow_answer_did_not_read_the_page(sandbox):
    emag = await sandbox(faults=(Fault(kind="slow", route=READ, row_ms=50),))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await page(emag)
    await until(lambda: sum(emag.main.report.statuses.values()) == 1)
    assert dict(emag.main.report.statuses) == {0: 1}
    assert not emag.main.report.page_reads


@pytest.mark.parametrize(("kind", "status"), [("slow", 200), ("status", 500), ("html", 200)])
async def test_a_held_answer_comes_when_the_faults_are_cleared(sandbox, kind, status):
    emag = await sandbox(faults=(Fault(kind=kind, held=True),))
    asked = asyncio.ensure_future(page(emag))
    await until(lambda: emag.main.report.requests == 1)
    # Another rule, added meanwhile, lets nothing go.
    emag.market.faults.add(Fault(kind="slow", route="order/read"))
    answered, _ = await asyncio.wait([asked], timeout=0.2)
    assert not answered
    emag.market.faults.clear()
    assert (await asked).status == status


async def test_a_firewall_answers_html_with_status_403(sandbox):
    emag = await sandbox(faults=(Fault(kind="firewall", times=1),))
    answer = await page(emag)
    assert (answer.status, answer.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert b"isError" not in answer.body
    assert (await page(emag)).status == 200
