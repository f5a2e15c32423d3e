"""Serving a recording: the answers that were recorded, in turn, and the sandbox's own where there are none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from emagsync.core.recording import Exchange, RecordingWriter
from emagsync.sandbox.cli import main
from emagsync.sandbox.marketplace import Marketplace
from emagsync.sandbox.replay import Replay
from emagsync.sandbox.server import SandboxServer
from emagsync.sandbox.settings import SandboxError, Settings
from sandbox.conftest import Caller

PAGE = {"currentPage": 1, "itemsPerPage": 100}


def answer(*rows: dict[str, Any]) -> bytes:
    return orjson.dumps({"isError": False, "messages": [], "errors": [], "results": rows})


class Tape:
    """A recording that a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer = RecordingWriter(folder, made_by="a test")
        self._at = 0

    def add(self, body: bytes = b"", *, route: str = "product_offer/read", request: Any = None, **values: Any) -> None:
        self._at += 1
        fields = {"status": 200, "headers": {"Content-Type": "application/json"}, "account": "main", **values}
        exchange = Exchange(
            platform="emag-ro",
            at=f"2026-11-28T10:00:{self._at:02}Z",
            method="POST",
            route=route,
            request=request,
            **fields,
        )
        self._writer.add(exchange, body, "json")


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "day")


@pytest.fixture
async def replayed(tape: Tape) -> AsyncIterator[Callable[..., Any]]:
    """Serves the tape as it is by then."""
    async with AsyncExitStack() as stack:

        async def serve(speed: float = 1000.0, **settings: Any) -> Caller:
            replay = Replay(tape.folder, speed=speed)
            market = Marketplace(settings=Settings(limit=False).updated(settings), replay=replay)
            server = await stack.enter_async_context(SandboxServer(market))
            return Caller(server, await stack.enter_async_context(aiohttp.ClientSession()))

        yield serve


async def test_a_request_gets_its_recorded_answers_in_turn_and_the_last_one_from_then_on(
    tape: Tape, replayed: Callable[..., Any]
) -> None:
    tape.add(b"<html>", request=PAGE, status=502, headers={"Content-Type": "text/html"})
    tape.add(answer({"id": 1}), request=PAGE)
    tape.add(answer({"id": 2}), request=PAGE | {"currentPage": 2})
    emag = await replayed()
    replies = [await emag.call("product_offer/read", PAGE) for _ in range(3)]
    assert [(reply.status, reply.body) for reply in replies] == [
        (502, b"<html>"),
        (200, answer({"id": 1})),
        (200, answer({"id": 1})),
    ]
    assert replies[0].headers["Content-Type"] == "text/html"
    assert (await emag.control("GET", "/state"))["replay"] == {"recorded": 3, "played": 2, "again": 1}
    await emag.control("POST", "/replay/rewind")
    assert (await emag.call("product_offer/read", PAGE)).status == 502


async def test_a_request_is_known_by_its_values_however_it_is_spelled(tape: Tape, replayed: Callable[..., Any]) -> None:
    tape.add(answer({"id": 1}), request={"itemsPerPage": 100, "general_stock": 1.5})
    tape.add(b'{"isError":false,"results":["vat"]}', route="vat/read", request={})
    emag = await replayed()
    assert (await emag.call("product_offer/read", b'{"general_stock":1.50, "itemsPerPage":100}')).results == [{"id": 1}]
    assert (await emag.call("vat/read")).results == ["vat"]
    assert (await emag.call("vat/read", b"")).results == ["vat"]


async def test_what_was_not_recorded_is_answered_from_the_rows_that_were(
    tape: Tape, replayed: Callable[..., Any]
) -> None:
    tape.add(answer({"id": 1, "status": 1, "x": "old"}, {"id": "2", "status": 0}), request=PAGE)
    tape.add(answer({"id": 1, "status": 1, "sale_price": 1.50}), request={"id": 1})
    tape.add(b'{"isError": true, "results": [{"id": 9}]}', request={"id": 9})
    tape.add(b'{"isError": false, "results": [{"id": 7', request={"id": 7}, headers={})
    emag = await replayed()
    assert await emag.read(status=1) == [{"id": 1, "status": 1, "sale_price": 1.5}]
    assert [row["id"] for row in await emag.read(itemsPerPage=50)] == [1, "2"]
    assert await emag.count() == {"noOfItems": "2", "noOfPages": "1", "itemsPerPage": "100"}
    assert await emag.read(currentPage=2) == []


async def test_a_page_of_another_size_has_the_rows_of_its_places_or_fails_as_they_failed(
    tape: Tape, replayed: Callable[..., Any]
) -> None:
    dead = {"status": 502, "headers": {"Content-Type": "text/html"}}
    tape.add(b"<html>", request={"currentPage": 1, "itemsPerPage": 4}, **dead)
    tape.add(answer({"id": 9}, {"id": 8}), request={"currentPage": 1, "itemsPerPage": 2})
    tape.add(b"<html>", request={"currentPage": 2, "itemsPerPage": 2}, **dead)
    tape.add(answer({"id": 5}, {"id": 4}, {"id": 3}), request={"currentPage": 2, "itemsPerPage": 4})
    emag = await replayed()
    assert [row["id"] for row in await emag.read(currentPage=2, itemsPerPage=1)] == [8]
    assert (await emag.call("product_offer/read", {"currentPage": 3, "itemsPerPage": 1})).status == 502
    assert (await emag.call("product_offer/read", {"currentPage": 1, "itemsPerPage": 100})).status == 502
    assert [row["id"] for row in await emag.read(currentPage=6, itemsPerPage=1)] == [4]
    assert [row["id"] for row in await emag.read(currentPage=2, itemsPerPage=5)] == [4, 3]
    assert await emag.read(currentPage=8, itemsPerPage=1) == []


async def test_connections_break_as_they_broke(tape: Tape, replayed: Callable[..., Any]) -> None:
    for place, failure in enumerate(("broken", "truncated", "not_connected", "too_large")):
        tape.add(route="vat/read", request={"n": place}, status=None, failure=failure)
    emag = await replayed()
    for place in range(4):
        with pytest.raises(aiohttp.ClientError) as caught:
            await emag.call("vat/read", {"n": place})
        assert isinstance(caught.value, aiohttp.ClientPayloadError) is (place == 1)
    assert emag.main.report.statuses == {0: 4}


async def test_an_answer_that_never_came_does_not_come_again(tape: Tape, replayed: Callable[..., Any]) -> None:
    tape.add(route="vat/read", request={}, status=None, failure="timeout", seconds=60.0)
    emag = await replayed()
    with pytest.raises(TimeoutError):
        async with emag.session.post(
            f"{emag.server.api_url}/vat/read",
            headers={"Authorization": aiohttp.encode_basic_auth("main", "main-secret")},
            timeout=aiohttp.ClientTimeout(total=0.3),
        ):
            pass


async def test_an_answer_takes_as_long_as_it_took_divided_by_the_speed(
    tape: Tape, replayed: Callable[..., Any]
) -> None:
    tape.add(answer(), route="vat/read", request={}, seconds=10.0)
    emag = await replayed(speed=100.0)
    began = emag.market.monotonic()
    await emag.call("vat/read")
    assert 0.1 <= emag.market.monotonic() - began < 9


async def test_callers_faults_and_limits_are_the_sandboxs_as_ever(tape: Tape, replayed: Callable[..., Any]) -> None:
    tape.add(answer({"id": 1}), request=PAGE)
    tape.add(answer({"id": 5}), request=PAGE, account="fbe")
    emag = await replayed(limit=True)
    assert "not allowed" in (await emag.call("product_offer/read", PAGE, password="x")).refusal
    reply = await emag.call("product_offer/read", PAGE, name="fbe", password="fbe-secret")
    assert reply.results == [{"id": 5}]
    await emag.control("POST", "/faults", {"kind": "html", "account": "main", "times": 1})
    assert (await emag.call("product_offer/read", PAGE)).body.startswith(b"<html>")
    assert (await emag.call("product_offer/read", PAGE)).results == [{"id": 1}]


def test_what_makes_no_sense_is_said_in_one_line(tape: Tape, tmp_path: Path, capfd: Any) -> None:
    for arguments in (
        ["--replay", str(tmp_path / "nowhere")],
        ["--replay", str(tape.folder), "--account", "a:b"],
        ["--replay", str(tape.folder), "--replay-speed", "0"],
    ):
        assert main(["--port", "0", *arguments]) == 2
        assert len(capfd.readouterr().err.strip().splitlines()) == 1


def test_a_body_that_is_gone_is_said(tape: Tape) -> None:
    tape.add(answer({"id": 1}), request=PAGE)
    replay = Replay(tape.folder)
    for path in (tape.folder / "bodies").iterdir():
        path.unlink()
    with pytest.raises(SandboxError, match="bodies"):
        replay.answer("main", "POST", "product_offer/read", [], PAGE)
