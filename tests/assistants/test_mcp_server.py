"""The MCP server, driven by the protocol's own client over both transports."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
import pytest_asyncio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from emagsync.assistants.working_lists import WORKING_LISTS, filters_of
from emagsync.core.clock import SystemClock
from emagsync.core.concurrency import InBackground
from emagsync.offers.product_parameters import ProductListQuery
from offers.offer_rows import offer, store
from support.api import of_one_server
from support.databases import variables_in
from support.editing import PRODUCTS, Editing, open_editing
from support.left_out import left_out
from support.market import PASSWORD
from support.patience import PATIENCE_SECONDS

READING = {
    "find_offers",
    "explain_offer",
    "offer_history",
    "what_changed",
    "working_lists",
    "list_runs",
    "run_certificate",
    "freshness",
}
OUTBOX = "/api/v1/emag/outbox"
CHANGING = {"preview_edit", "make_edit", "start_sync"}


@pytest.fixture
async def editing(tmp_path: Path, unasked: InBackground) -> AsyncIterator[Editing]:
    async with open_editing(tmp_path, unasked=unasked) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unchanged(tmp_path_factory: pytest.TempPathFactory, backend: str) -> AsyncIterator[Editing]:
    """One server for the tests that change nothing, which are `of_one_server`."""
    async with open_editing(tmp_path_factory.mktemp(f"assistants-{backend}"), unasked=left_out) as running:
        yield running


@asynccontextmanager
async def assistant(
    caller: httpx2.AsyncClient, url: str, mode: Literal["auto", "legacy"] = "auto"
) -> AsyncIterator[Client]:
    async with Client(streamable_http_client(f"{url}/mcp", http_client=caller), mode=mode) as client:
        yield client


async def call(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return dict(result.structured_content)


async def refusal(client: Client, tool: str, /, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return "".join(getattr(part, "text", "") for part in result.content)


async def tools_of(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@of_one_server
async def test_a_viewer_has_the_tools_that_read_and_no_other_can_be_called(
    unchanged: Editing, mode: Literal["auto", "legacy"]
) -> None:
    async with assistant(unchanged.api.viewer, unchanged.api.url, mode) as client:
        assert await tools_of(client) == READING
        for tool in CHANGING:
            assert "Unknown tool" in await refusal(client, tool)
    async with assistant(unchanged.api.operator, unchanged.api.url, mode) as client:
        assert await tools_of(client) == READING | CHANGING
    assert await unchanged.every_edit() == []


@pytest.mark.databases("both", often="sqlite")
@of_one_server
async def test_the_tools_that_read_tell_what_the_api_tells(unchanged: Editing) -> None:
    async with assistant(unchanged.api.viewer, unchanged.api.url) as client:
        first = await call(client, "find_offers", account="main", sort="emag_id", limit=5)
        rest = await call(client, "find_offers", account="main", sort="emag_id", limit=25, skip=first["next_skip"])
        listed = (await unchanged.api.viewer.get(PRODUCTS, params={"sort": "emag_id"})).json()["data"]["products"]
        assert [one["id"] for one in first["offers"] + rest["offers"]] == [one["id"] for one in listed]
        assert rest["next_skip"] is None
        product = await unchanged.product(1)
        told = await call(client, "explain_offer", offer_id=product["id"], language="ro")
        assert (told["emag_id"], told["sale_price"]) == (1, product["sale_price"])
        assert told["page"] == f"{unchanged.api.url}/offers?offer={product['id']}"
        assert "payload" not in told
        assert (await call(client, "offer_history", offer_id=product["id"]))["changes"]
        assert (await call(client, "what_changed", account="main"))["copies"][0]["account"] == "main"
        lists = (await call(client, "working_lists"))["lists"]
        assert {one["working_list"] for one in lists} == set(WORKING_LISTS)
        [run] = (await call(client, "list_runs"))["runs"]
        certificate = await call(client, "run_certificate", run_id=run["sync_id"])
        assert (certificate["run_id"], certificate["verdict"]) == (run["run_id"], "complete")
        [fresh] = (await call(client, "freshness"))["accounts"]
        assert fresh["account"] == "main"


@pytest.mark.databases("both", often="sqlite")
async def test_one_offer_is_named_by_any_of_its_codes(editing: Editing) -> None:
    twin = offer(1, part_number="TWIN", part_number_key="DTWINBM", eans=["594"])
    await store(editing.api.state.database, [twin], account="fbe")
    await store(editing.api.state.database, [offer(901, part_number="TWIN", part_number_key="D901BM", eans=["595"])])
    names: list[dict[str, Any]] = [
        {"account": "FBE", "emag_id": 1},
        {"part_number": "TWIN", "account": "fbe"},
        {"part_number_key": "DTWINBM"},
        {"ean": "594"},
    ]
    async with assistant(editing.api.viewer, editing.api.url) as client:
        for named in names:
            told = await call(client, "explain_offer", **named)
            assert (told["account"], told["emag_id"], told["part_number"]) == ("fbe", 1, "TWIN")
            history = await call(client, "offer_history", **named)
            assert history == await call(client, "offer_history", offer_id=told["id"])
        for tool in ("explain_offer", "offer_history"):
            said = await refusal(client, tool, part_number="TWIN")
            assert "2 offers have the part_number 'TWIN' (fbe 1, main 901)" in said


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("explain_offer", {"offer_id": 999_999}, "999999"),
    ("run_certificate", {"run_id": "none"}, "none"),
    ("find_offers", {"search": "a\0b"}, "NUL"),
    ("find_offers", {"price_min": "cheap"}, "price_min"),
    ("find_offers", {"limit": 5000}, "limit: Input should be"),
    (
        "find_offers",
        {"stock_maximum": 0},
        "no argument of this name; did you mean stock_max?",
    ),
    ("find_offers", {"zzz": 0}, "zzz: there is no argument of this name"),
    ("explain_offer", {"offerid": 1}, "offerid: there is no argument of this name; did you mean offer_id?"),
    (
        "find_offers",
        {"account": "mian"},
        "account 'mian': there is no account of this name; there are: main",
    ),
    ("what_changed", {"account": "mian"}, "did you mean 'main'?"),
    ("working_lists", {"account": "mian"}, "did you mean 'main'?"),
    ("list_runs", {"account": "mian"}, "did you mean 'main'?"),
    ("freshness", {"account": "mian"}, "did you mean 'main'?"),
    ("offer_history", {"account": "mian", "emag_id": 1}, "did you mean 'main'?"),
    ("explain_offer", {"account": "main", "emag_id": 999}, "999"),
    ("explain_offer", {}, "Name the offer by one of offer_id, emag_id (with account), part_number"),
    ("explain_offer", {"emag_id": 1}, "emag_id (with account)"),
    ("offer_history", {"emag_id": 1, "account": "both"}, "emag_id (with account)"),
    ("offer_history", {"offer_id": 1, "ean": "59"}, "by one of"),
    ("offer_history", {"ean": "no such"}, "No offer has the ean 'no such'"),
    ("find_offers", {"account": "main; DROP"}, "account"),
    ("list_runs", {"cursor": "odd"}, "cursor"),
    ("freshness", {"account": "nobody"}, "nobody"),
]


@of_one_server
async def test_a_refusal_is_a_tool_error_in_plain_words(unchanged: Editing, subtests: pytest.Subtests) -> None:
    async with assistant(unchanged.api.viewer, unchanged.api.url) as client:
        for tool, arguments, said in REFUSED:
            words = await refusal(client, tool, **arguments)
            with subtests.test(tool, **arguments):
                assert said in words
                assert not {"Traceback", "pydantic", "Arguments"} & set(words.replace(".", " ").split())
                assert "\n" not in words


@of_one_server
async def test_a_crash_is_told_without_what_is_inside(unchanged: Editing, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("a-secret-thing")

    monkeypatch.setattr(unchanged.api.services.home, "read", crash)
    async with assistant(unchanged.api.viewer, unchanged.api.url) as client:
        assert await refusal(client, "what_changed") == "Error executing tool what_changed"


@of_one_server
async def test_no_tool_tells_credentials(unchanged: Editing) -> None:
    arguments: dict[str, dict[str, Any]] = {name: {} for name in READING}
    arguments["explain_offer"] = arguments["offer_history"] = {"offer_id": (await unchanged.product(1))["id"]}
    async with assistant(unchanged.api.operator, unchanged.api.url) as client:
        arguments["run_certificate"] = {"run_id": "a-sync", "detail": "full"}
        for tool, given in arguments.items():
            text = json.dumps(await call(client, tool, **given))
            assert len(text) < 20_000, tool
            assert PASSWORD not in text, tool


@of_one_server
async def test_times_are_written_as_the_api_writes_them(unchanged: Editing) -> None:
    offer_id = (await unchanged.product(1))["id"]
    arguments: dict[str, dict[str, Any]] = {"explain_offer": {"offer_id": offer_id}, "freshness": {}, "list_runs": {}}
    arguments |= {"offer_history": {"offer_id": offer_id}, "what_changed": {}, "find_offers": {"limit": 1}}
    arguments["run_certificate"] = {"run_id": "a-sync", "detail": "full"}
    async with assistant(unchanged.api.viewer, unchanged.api.url) as client:
        for tool, given in arguments.items():
            text = json.dumps(await call(client, tool, **given))
            assert "+00:00" not in text, tool
            assert re.search(r'T\d\d:\d\d:\d\d(\.\d+)?Z"', text), tool


def test_the_documentation_has_every_tool_with_its_role() -> None:
    text = (Path(__file__).parents[2] / "docs/assistants.md").read_text()
    listed = dict(re.findall(r"^\| `(\w+)` \|.*\| (\w+) \|$", text, re.MULTILINE))
    assert listed == dict.fromkeys(READING, "viewer") | dict.fromkeys(CHANGING, "operator")


@pytest.mark.databases("both", often="sqlite")
async def test_an_edit_is_previewed_and_then_waits_for_a_person_also_where_push_is_on(tmp_path: Path) -> None:
    push = {"push": "on", "look_seconds": 0.05, "brake_percent": 100}
    async with open_editing(tmp_path, edits=push) as editing:
        edits = [{"account": "main", "emag_id": 1, "sale_price": "101.00"}]
        async with assistant(editing.api.operator, editing.api.url) as client:
            preview = await call(client, "preview_edit", edits=edits)
            assert preview["rows"][0]["changes"][0]["new"] == "101.0000"
            assert await editing.every_edit() == []
            other = [edits[0] | {"sale_price": "102.00"}]
            assert "preview" in await refusal(client, "make_edit", edits=other, token=preview["token"])
            assert await editing.every_edit() == []
            made = await call(client, "make_edit", edits=edits, token=preview["token"])
            assert (made["kept"], made["page"]) == (1, f"{editing.api.url}/edits/outbox")
        await editing.edit(2, sale_price="101.00")
        await until_lines(editing, {1: "waiting", 2: "applied"})
        approved = await editing.api.operator.post(f"{OUTBOX}/approve", json={"account": "main"})
        assert approved.json() == {"lines": 1}
        await until_lines(editing, {1: "applied", 2: "applied"})
        [logged] = await editing.api.rows("SELECT username, token_id FROM audit_log WHERE action = 'offer.bulk_edit'")
        assert (logged["username"], logged["token_id"] is None) == ("token:a operator", False)


async def until_lines(editing: Editing, expected: dict[int, str]) -> None:
    """Wait until the outbox has these lines, by eMAG's id in these states."""
    found: dict[int, str] = {}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while found != expected:
            lines = (await editing.api.viewer.get(OUTBOX)).json()["lines"]
            found = {line["emag_id"]: line["state"] for line in lines}
            await asyncio.sleep(0.02)


@pytest.mark.databases("both", often="sqlite")
async def test_what_an_assistant_edited_and_people_approved_still_meets_the_brake(tmp_path: Path) -> None:
    push = {"push": "on", "look_seconds": 0.05, "brake_percent": 20}
    async with open_editing(tmp_path, edits=push) as editing:
        edits = [{"account": "main", "emag_id": emag_id, "sale_price": "101.00"} for emag_id in range(1, 6)]
        async with assistant(editing.api.operator, editing.api.url) as client:
            token = (await call(client, "preview_edit", edits=edits))["token"]
            assert (await call(client, "make_edit", edits=edits, token=token))["kept"] == 5
        await until_lines(editing, dict.fromkeys(range(1, 6), "waiting"))
        await editing.api.operator.post(f"{OUTBOX}/approve", json={"account": "main"})
        holds: list[dict[str, Any]] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds:
                holds = (await editing.api.viewer.get("/api/v1/emag/holds")).json()["holds"]
                await asyncio.sleep(0.02)
        assert (holds[0]["reason"], holds[0]["counts"]) == ("repriced", {"repriced": 5})
        assert {float(offer["sale_price"]) for offer in list(editing.market.truth().values())[:5]} == {100.0}


@of_one_server
async def test_what_emag_would_refuse_is_told_row_by_row(unchanged: Editing) -> None:
    edits = [{"account": "main", "emag_id": 1, "sale_price": "5000"}]
    async with assistant(unchanged.api.operator, unchanged.api.url) as client:
        preview = await call(client, "preview_edit", edits=edits)
        assert preview["rows"][0]["errors"]
        assert "row 1: sale_price" in await refusal(client, "make_edit", edits=edits, token=preview["token"])


async def test_a_sync_is_started_and_its_run_can_be_followed(editing: Editing) -> None:
    async with assistant(editing.api.operator, editing.api.url) as client:
        started = await call(client, "start_sync", account="main", mode="full")
        [run] = started["runs"]
        await editing.api.services.runs.ended([run["run_id"]], stopping=editing.api.state.stopping)
        [newest] = (await call(client, "list_runs", limit=1))["runs"]
        assert (newest["run_id"], newest["status"]) == (run["run_id"], "completed")


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Host": "evil.example"}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 200),
    ],
)
@of_one_server
async def test_the_checks_of_the_api_hold(unchanged: Editing, headers: dict[str, str], code: int) -> None:
    accepts = {"Accept": "application/json, text/event-stream"}
    answer = await unchanged.api.operator.post("/mcp", json=INITIALIZE, headers=accepts | headers)
    assert answer.status_code == code, answer.text


async def test_a_page_of_an_origin_that_the_settings_name_may_call(tmp_path: Path) -> None:
    origin = "https://inspector.example"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "mcp-protocol-version"}
    async with open_editing(tmp_path, cors_origins=(origin,)) as editing:
        allowed = await editing.api.stranger.options("/mcp", headers={"Origin": origin} | asked)
        assert allowed.headers["access-control-allow-origin"] == origin, allowed.text
        accepts = {"Accept": "application/json, text/event-stream", "Origin": origin}
        answer = await editing.api.operator.post("/mcp", json=INITIALIZE, headers=accepts)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("chunked", [False, True])
@of_one_server
async def test_a_body_has_the_limit_of_the_api(unchanged: Editing, chunked: bool) -> None:
    most = unchanged.api.state.settings.server.max_body_bytes

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(most // 65_536 + 2):
            yield b" " * 65_536

    content: Any = parts() if chunked else b" " * (most + 1)
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    answer = await unchanged.api.operator.post("/mcp", content=content, headers=headers)
    assert answer.status_code == 413


@of_one_server
async def test_no_stream_is_kept_open(unchanged: Editing) -> None:
    answer = await unchanged.api.viewer.get("/mcp", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.often(first=1)
@pytest.mark.parametrize("options", [[], ["--read-only"]])
async def test_the_same_tools_over_standard_input(editing: Editing, tmp_path: Path, options: list[str]) -> None:
    data_dir = editing.api.state.settings.data_dir
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "EMAGSYNC_DATA_DIR": str(data_dir)}
    environment |= {"EMAG_MAIN_USERNAME": "seller", "EMAG_MAIN_PASSWORD": "a-secret-word"} | variables_in(data_dir)
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "emagsync", "mcp", *options, "--page", "https://shop.example/emag/"],
        env=environment,
        cwd=str(tmp_path),
    )
    async with Client(stdio_client(server)) as client:
        assert await tools_of(client) == (READING if options else READING | CHANGING)
        found = await call(client, "find_offers", limit=1)
        assert found["total"] == 12
        assert found["offers"][0]["page"].startswith("https://shop.example/emag/offers?offer=")
        if not options:
            edits = [{"account": "main", "emag_id": 2, "stock": 11}]
            token = (await call(client, "preview_edit", edits=edits))["token"]
            assert (await call(client, "make_edit", edits=edits, token=token))["kept"] == 1
    rows = await editing.api.rows("SELECT needs_approval FROM local_edits")
    assert [bool(row["needs_approval"]) for row in rows] == ([] if options else [True])


async def test_links_lead_below_the_path_of_a_proxy_and_keep_the_filters(tmp_path: Path) -> None:
    async with (
        open_editing(tmp_path, root_path="/emag") as editing,
        assistant(editing.api.viewer, editing.api.url) as client,
    ):
        found = await call(client, "find_offers", account="main", search="a b", sellable=False, status=["active"])
        query = "account=main&q=a+b&status=active&sellable=no"
        assert found["page"] == f"{editing.api.url}/emag/offers?{query}"


def test_the_working_lists_are_those_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "web/src/features/offers/workingLists.ts").read_text()
    [names] = re.findall(r"WORKING_LISTS = \[(.*?)\]", page, re.DOTALL)
    assert re.findall(r"'(\w+)'", names) == list(WORKING_LISTS)


def test_the_working_lists_are_filters_that_the_list_takes() -> None:
    now = SystemClock().now()
    for name in WORKING_LISTS:
        assert filters_of(name, now)
        ProductListQuery.model_validate(filters_of(name, now))
