"""Connections are bounded: clients that never finish their requests keep nobody out, and fill no log."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.responses import Response

from emagsync.core.exhaustion import raise_file_limit
from emagsync.entrypoints.api import connections
from support.api import Api, client, open_api
from support.local import until
from support.patience import PATIENCE_SECONDS
from support.program import environment

HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
EVENTS = "/api/v1/events"


class Raw:
    """A client that says what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> bytes:
        """All that the server says until it closes the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""
            finally:
                self._writer.close()

    async def close(self) -> None:
        self._writer.close()


async def connect(api: Api, address: str = "127.0.0.1", **options: int) -> Raw:
    host, port = api.url.removeprefix("http://").split(":")
    return Raw(*await asyncio.open_connection(host, int(port), local_addr=(address, 0), **options))


@asynccontextmanager
async def slow_clients(api: Api, *addresses: str, number: int, sent: bytes = HEAD) -> AsyncIterator[list[Raw]]:
    """So many unfinished requests, from the addresses by turns."""
    raise_file_limit()
    opened = [await connect(api, addresses[place % len(addresses)]) for place in range(number)]
    for one in opened:
        one.send(sent)
    try:
        yield opened
    finally:
        for one in opened:
            await one.close()


async def time_of_a_call(api: Api) -> float:
    """How long somebody with a new connection waits for an answer, in seconds."""
    began = time.monotonic()
    async with client(api.url) as fresh:
        assert (await fresh.get("/health/live")).status_code == 200
    return time.monotonic() - began


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    ("addresses", "sent"),
    [
        pytest.param(["127.0.0.1"], HEAD, id="of one address"),
        pytest.param([f"127.0.0.{last}" for last in range(2, 22)], HEAD, id="of many addresses"),
        pytest.param(["127.0.0.1"], b"", id="that say nothing"),
        pytest.param(["127.0.0.1"], HEAD + b"Content-Length: 9\r\n\r\n{", id="in the middle of a body"),
    ],
)
async def test_beside_a_thousand_slow_clients_a_working_one_is_served_at_once(
    api: Api, addresses: list[str], sent: bytes
) -> None:
    async with slow_clients(api, *addresses, number=1000, sent=sent):
        await time_of_a_call(api)  # this process has sent all that by then
        assert max([await time_of_a_call(api) for _ in range(3)]) < 1
        assert len(api.server.server_state.connections) <= 1000


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times in which a test can wait."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(connections, "TAKE_SECONDS", 0.3)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /health", id="a part of the first line"),
        pytest.param(HEAD, id="a part of the head"),
        pytest.param(HEAD + b"Content-Length: 9\r\n\r\n", id="no body"),
        pytest.param(HEAD + b'Content-Length: 9\r\n\r\n{"a"', id="a part of the body"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", id="a part of a chunk"),
    ],
)
async def test_a_request_that_does_not_come_is_given_up(api: Api, sent: bytes) -> None:
    raw = await connect(api)
    raw.send(sent)
    answer = await raw.answer()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"request_timeout" in answer
    await until(lambda: not api.server.server_state.connections)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("start", [HEAD + b"X-Slow: ", HEAD + b"Content-Length: 1000\r\n\r\n"], ids=["head", "body"])
async def test_a_request_that_comes_letter_by_letter_is_given_up(api: Api, start: bytes) -> None:
    raw = await connect(api)
    raw.send(start)
    answer = asyncio.ensure_future(raw.answer())
    while not answer.done():
        raw.send(b"a")
        await asyncio.wait([answer], timeout=0.02)
    # Where a letter came after the end, it is what the system answers with: a reset.
    assert (await answer)[:13] in (b"HTTP/1.1 408 ", b"")
    await until(lambda: not api.server.server_state.connections)


@pytest.mark.usefixtures("quick")
async def test_a_body_that_keeps_coming_is_waited_for(api: Api) -> None:
    raw = await connect(api)
    raw.send(HEAD + b"Connection: close\r\nContent-Length: 20002\r\n\r\n[")
    for _ in range(40):  # longer than any time that is allowed
        raw.send(b" " * 500)
        await asyncio.sleep(0.02)
    raw.send(b"]")
    assert (await raw.answer()).startswith(b"HTTP/1.1 422 ")


@pytest.mark.usefixtures("quick")
async def test_an_answer_that_nobody_takes_is_given_up(api: Api) -> None:
    async def large() -> Response:
        return Response(b"x" * 1_000_000)

    api.app.add_api_route("/api/large", large)
    raw = await connect(api, limit=1)
    raw.send(b"GET /api/large HTTP/1.1\r\nHost: localhost\r\n\r\n" * 30)
    await until(lambda: len(api.server.server_state.connections) == 1)
    await until(lambda: not api.server.server_state.connections)
    await raw.close()


async def test_only_connections_that_wait_make_room_for_others(tmp_path: Path) -> None:
    """Whoever is being served stays: a new connection is refused where nobody waits."""
    limits = {"max_connections": 10, "max_connections_per_address": 10}
    async with open_api(tmp_path, server=limits) as api, AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(api.viewer.stream("GET", EVENTS)) for _ in range(10)]
        assert {stream.status_code for stream in streams} == {200}
        raw = await connect(api)
        refused = await raw.answer()
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"too_many_connections" in refused
        await streams[0].aclose()
        await until(lambda: len(api.server.server_state.connections) < 10)
        assert await time_of_a_call(api) < 1


async def test_an_address_has_its_own_bound_unless_it_is_a_proxys(tmp_path: Path) -> None:
    limits = {"max_connections": 100, "max_connections_per_address": 5}
    for proxies, left in (((), 5), (("127.0.0.0/8",), 30)):
        async with (
            open_api(tmp_path / str(left), server=limits, trusted_proxies=proxies) as api,
            slow_clients(api, "127.0.0.9", number=30),
        ):
            await until(lambda: len(api.server.server_state.connections) == left)  # noqa: B023


async def test_streams_are_bounded_in_all_and_by_address(tmp_path: Path) -> None:
    async with (
        open_api(tmp_path, server={"max_streams": 3, "max_streams_per_address": 2}) as api,
        AsyncExitStack() as stack,
    ):
        first, second, third = [await stack.enter_async_context(api.viewer.stream("GET", EVENTS)) for _ in range(3)]
        assert (first.status_code, second.status_code, third.status_code) == (200, 200, 429)
        assert "too_many_streams" in (await third.aread()).decode()
        assert "retry-after" in third.headers
        await first.aclose()

        async def is_free() -> bool:
            async with api.viewer.stream("GET", EVENTS) as again:
                return again.status_code == 200

        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await is_free():
                await asyncio.sleep(0.01)


@pytest.mark.usefixtures("logs_as_json")
async def test_a_flood_of_connections_is_a_few_lines_of_log(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    async with slow_clients(api, "127.0.0.1", number=1100, sent=b"no HTTP\r\n\r\n"):
        await time_of_a_call(api)
    warnings = [line for line in capsys.readouterr().err.splitlines() if '"level":"info"' not in line]
    assert 1 <= len(warnings) < 10, warnings


def serve_with(files: int, folder: Path) -> subprocess.Popen[str]:
    """`emagsync serve` with a hard limit of open files."""
    command = f'ulimit -n {files}; exec "$0" -m emagsync serve --port 0'
    return subprocess.Popen(
        ["bash", "-c", command, sys.executable], env=environment(folder), stderr=subprocess.PIPE, text=True
    )


def test_too_few_file_descriptors_are_said_as_such(tmp_path: Path) -> None:
    with serve_with(64, tmp_path) as process:
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "Too few file descriptors" in said
    assert "LimitNOFILE" in said
    assert "Traceback" not in said


@pytest.mark.thorough
def test_with_few_file_descriptors_a_flood_keeps_nobody_out(tmp_path: Path) -> None:
    """asyncio tries again at once, thousands of times, where it cannot accept a connection, and logs each time."""
    with serve_with(256, tmp_path) as process:
        assert process.stderr is not None
        said = []
        while "serving on " not in (line := process.stderr.readline()):
            assert line, said
            said.append(line)
        url = line.split()[-1]
        host, port = url.removeprefix("http://").split(":")
        raise_file_limit()
        flood = []
        try:
            for _ in range(600):
                one = socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)
                one.send(HEAD)
                flood.append(one)
            assert httpx2.get(f"{url}/health/live", timeout=PATIENCE_SECONDS).status_code == 200
        finally:
            for one in flood:
                one.close()
            process.terminate()
        rest = process.stderr.read()
    assert len(rest.splitlines()) < 50
    assert "Traceback" not in rest
