"""`emagsync serve` as a process: the first start, the next ones, stopping, and what it writes down."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from support.api import PASSWORD
from support.market import open_market
from support.patience import PATIENCE_SECONDS
from support.processes import AsyncProcess
from support.program import Ended, environment, run
from support.workbooks import parts_of, raw_workbook, text_cells, zipped


class Serving:
    """A server process: where it answers, and what it has said so far."""

    def __init__(self, process: AsyncProcess) -> None:
        self._process = process
        self.said = ""
        self.url = ""

    async def until_it_serves(self) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := re.search(r"serving on (http://\S+)\n", self.said)):
                line = await self._process.stderr.readline()
                assert line, self.said
                self.said += line.decode()
        self.url = found[1]

    async def setup_code(self) -> str:
        """The code of the address that a first start prints after its own."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = (await self._process.stderr.readline()).decode()
        self.said += line
        found = re.search(r"open http://127\.0\.0\.1:\d+/setup#(\S+) ", line)
        assert found, self.said
        return found[1]

    @property
    def private_memory(self) -> int:
        """The bytes of memory that only this process has."""
        lines = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))

    async def stop(self, number: int = signal.SIGTERM) -> Ended:
        if self._process.returncode is None:
            self._process.send_signal(number)
        out, err = await asyncio.wait_for(self._process.communicate(), PATIENCE_SECONDS)
        assert self._process.returncode is not None
        return Ended(self._process.returncode, out.decode(), self.said + err.decode())


@asynccontextmanager
async def serving(data_dir: Path, *, fresh: bool = False, **variables: str) -> AsyncIterator[Serving]:
    process = await AsyncProcess.start(
        "serve", "--port", "0", env=environment(data_dir, **variables), cwd=data_dir, fresh=fresh
    )
    server = Serving(process)
    try:
        await server.until_it_serves()
        yield server
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def log_in(url: str, password: str, name: str = "admin") -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client:
        return await client.post("/api/v1/auth/login", json={"username": name, "password": password})


async def test_the_first_start_prints_an_address_at_which_the_admin_is_made(tmp_path: Path) -> None:
    async with serving(tmp_path, fresh=True) as server:
        code = await server.setup_code()
        async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS) as client:
            body = {"code": code, "username": "Maria", "password": PASSWORD}
            assert (await client.post("/api/v1/auth/setup", json=body | {"code": "x"})).status_code == 403
            assert (await client.post("/api/v1/auth/setup", json=body)).json()["role"] == "admin"
            assert (await client.post("/api/v1/auth/setup", json=body)).status_code == 409
        ended = await server.stop()
    assert ended.code == 0
    assert ended.out == ""
    assert ended.err.count(code) == 1
    assert list(tmp_path.rglob("*.env")) == []
    async with serving(tmp_path) as server:
        assert (await log_in(server.url, PASSWORD, "maria")).status_code == 200
        assert "setup#" not in (await server.stop()).err


async def test_a_given_password_is_taken_and_never_printed(tmp_path: Path) -> None:
    variables = {"EMAGSYNC_ADMIN_PASSWORD": PASSWORD, "EMAGSYNC_LOG_LEVEL": "debug", "EMAGSYNC_LOG_FORMAT": "json"}
    async with serving(tmp_path, **variables) as server:
        assert "made the first admin, 'admin'" in server.said
        access = (await log_in(server.url, PASSWORD)).json()["access_token"]
        await log_in(server.url, "a wrong guess")
        async with httpx2.AsyncClient(base_url=server.url) as client:
            made = await client.post(
                "/api/v1/tokens", json={"name": "erp"}, headers={"Authorization": f"Bearer {access}"}
            )
            token = made.json()["token"]
            await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
        ended = await server.stop()
    assert "login_refused" in ended.err
    for secret in (PASSWORD, access, token, "a wrong guess"):
        assert secret not in ended.out + ended.err


async def test_a_weak_password_keeps_it_from_starting_and_names_the_variable(tmp_path: Path) -> None:
    ended = await run("serve", "--port", "0", variables=environment(tmp_path, EMAGSYNC_ADMIN_PASSWORD="short"))
    assert ended.code == 2
    assert ended.err == "emagsync: EMAGSYNC_ADMIN_PASSWORD: A password has 12 to 128 characters.\n"


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = await run("serve", "--port", str(port), variables=environment(tmp_path))
    assert ended.code == 2
    assert ended.err.startswith(f"emagsync: Port {port} of 127.0.0.1 is taken")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EMAGSYNC_HOST", "no such host.invalid"),
        ("EMAGSYNC_PORT", "eighty"),
        ("EMAGSYNC_CORS_ORIGINS", "*"),
        ("EMAGSYNC_TRUSTED_PROXIES", "*"),
        ("EMAGSYNC_SERVER__SESSION_HOURS", "0"),
    ],
)
async def test_an_odd_setting_is_named_in_one_line(tmp_path: Path, variable: str, value: str) -> None:
    ended = await run("serve", variables=environment(tmp_path, **{variable: value}))
    assert ended.code == 2
    assert ended.err.startswith(f"emagsync: {variable}")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    async with serving(tmp_path) as server:
        ended = await server.stop(number)
    assert ended.code == 0
    assert "Traceback" not in ended.err


@pytest.mark.databases("both", often="sqlite")
async def test_two_first_starts_at_once_make_one_admin(tmp_path: Path) -> None:
    given = {"EMAGSYNC_ADMIN_PASSWORD": PASSWORD}
    async with serving(tmp_path, **given) as one, serving(tmp_path, **given) as other:
        said = one.said + other.said
    assert said.count("made the first admin") == 1


def harmful_files() -> dict[str, bytes]:
    """Files that are made to do harm, or that are none, one of a kind; tests/edits/bulk has more of each."""
    head = f"<row>{text_cells('emag_id', 'stock')}</row>"
    good = raw_workbook({"A": f"<sheetData>{head}</sheetData>"})
    entity = b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet><sheetData>&x;</sheetData></worksheet>'
    return {
        "a zip bomb": raw_workbook({"A": "<sheetData>"}, strings=f"<si><t>{'0' * 40_000_000}</t></si>"),
        "entities of another file": zipped({**parts_of(good), "xl/worksheets/sheet1.xml": entity}),
        "a sheet of four thousand million rows": raw_workbook(
            {"A": f'<dimension ref="A1:XFD4000000000"/><sheetData>{head}<row r="4000000000"/></sheetData>'}
        ),
        "a row without end": raw_workbook(
            {"A": f"<sheetData>{head}<row>{'<c><v>1</v></c>' * 200_000}</row></sheetData>"}
        ),
        "half of an archive": good[: len(good) // 2],
        "NUL characters": b"emag_id,stock\n1,\0\n",
        "a program": b"\x7fELF" + bytes(range(256)) * 4000,
        "one quote without end": b'emag_id,stock\n"' + b"a," * 500_000,
    }


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
async def test_one_server_answers_each_harmful_file_with_one_clear_message_and_stays_small(tmp_path: Path) -> None:
    variables = {"EMAGSYNC_ADMIN_PASSWORD": PASSWORD, "EMAGSYNC_SCHEDULE__ENABLED": "false"}
    async with serving(tmp_path, fresh=True, **variables) as server:
        access = (await log_in(server.url, PASSWORD)).json()["access_token"]
        headers = {"Authorization": f"Bearer {access}"}
        async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=PATIENCE_SECONDS) as client:

            async def upload(name: str, content: bytes) -> httpx2.Response:
                form = {"file": (name, content, "application/octet-stream")}
                return await client.post("/api/v1/emag/products/products/bulk-edit", files=form)

            await upload("first.csv", b"emag_id,stock\n1,2\n")
            before = server.private_memory
            for kind, content in harmful_files().items():
                answer = await upload(f"{kind}.xlsx", content)
                problem = answer.json()
                assert (answer.status_code, problem["code"]) == (422, "file_unreadable"), (kind, problem)
                assert re.fullmatch(r"[A-Z][^\n]{10,300}\.", problem["detail"]), (kind, problem["detail"])
            assert server.private_memory - before < 30_000_000
            # And serves on: a good file, and who asks for something else.
            assert (await upload("last.csv", b"emag_id,stock\n1,2\n")).status_code == 200
            assert (await client.get("/health/ready")).status_code == 200
        ended = await server.stop()
    assert ended.code == 0
    assert "Traceback" not in ended.err


@pytest.mark.storm  # tests/sync/run/test_memory.py does it cheaply, without a server
async def test_memory_is_flat_over_two_hundred_syncs(tmp_path: Path) -> None:
    """A cycle of references kept two megabytes of each run, and the collector, set for short commands, never came."""
    async with open_market({"main": 5}) as market:
        variables = {"EMAGSYNC_ADMIN_PASSWORD": PASSWORD, "EMAGSYNC_SCHEDULE__ENABLED": "false"}
        async with serving(tmp_path, fresh=True, url=market.url, **variables) as server:
            access = (await log_in(server.url, PASSWORD)).json()["access_token"]
            headers = {"Authorization": f"Bearer {access}"}
            async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=PATIENCE_SECONDS) as client:

                async def sync(times: int) -> None:
                    for _ in range(times):
                        asked = {"account_type": "main", "mode": "full"}
                        answer = await client.post("/api/v1/emag/products/sync", json=asked)
                        assert answer.json()["status"] == "completed", answer.text

                await sync(20)
                before = server.private_memory
                await sync(200)
                assert server.private_memory - before < 10_000_000
