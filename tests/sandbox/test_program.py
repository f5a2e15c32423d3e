"""The sandbox as a program of its own."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from emagsync.sandbox.catalogue import generated
from emagsync.sandbox.cli import account_from, main
from emagsync.sandbox.marketplace import Account, Marketplace
from emagsync.sandbox.process import start_sandbox
from emagsync.sandbox.server import SandboxServer
from emagsync.sandbox.settings import SandboxError
from support.patience import PATIENCE_SECONDS


def test_a_child_process_serves_accounts_from_a_size_and_from_files(tmp_path):
    (tmp_path / "a.csv").write_text("part_number,name,ean,price_ron\nA1,Unu,,3\n", encoding="utf-8")
    (tmp_path / "b.json").write_text('[{"id": 4, "x": 1}]', encoding="utf-8")
    accounts = ["one:s:12", f"two:s:{tmp_path / 'a.csv'}", f"three:s:{tmp_path / 'b.json'}"]
    with start_sandbox(accounts, ["--no-limit", "--fault", '{"kind": "html", "account": "one"}']) as sandbox:
        assert len(sandbox.offers("one")) == 12
        assert sandbox.offers("two")[1]["part_number"] == "A1"
        assert sandbox.offers("three") == {4: {"id": 4, "x": 1}}
        state = sandbox.control("GET", "/state")
        assert state["faults"][0]["kind"] == "html"
        assert state["settings"]["limit"] is False
        assert sandbox.report()["requests"] == 0
        with pytest.raises(SandboxError, match="nobody"):
            sandbox.control("POST", "/offers/remove", {"account": "nobody"})


def test_without_accounts_there_are_main_and_fbe():
    market = Marketplace()
    assert {name: len(account.catalogue) for name, account in market.accounts.items()} == {"main": 2545, "fbe": 1200}


@pytest.mark.usefixtures("forked")
def test_it_ends_with_its_parent():
    with start_sandbox(["a:b:1"]) as sandbox:
        os.kill(sandbox.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(sandbox.pid, 0)


PARENT = """
import sys
from emagsync.sandbox.process import start_sandbox
print(start_sandbox(["a:b:1"]).port, flush=True)
sys.stdin.read()
"""


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def test_it_ends_even_when_its_parent_is_killed():
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        assert listens(port)
        parent.kill()
    while listens(port):
        pass


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_one_line_writes_its_port_and_ends_on_a_signal(tmp_path, number):
    port_file = tmp_path / "port"
    command = [
        sys.executable,
        "-m",
        "emagsync.sandbox",
        "--port",
        "0",
        "--account",
        "a:b:3",
        "--port-file",
        str(port_file),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        port = int(port_file.read_text())
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_control/state", timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(PATIENCE_SECONDS) == 0
    assert f"http://127.0.0.1:{port}/api-3 for a (3 offers)" in line
    assert rest == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--account", "main"], "--account main"),
        (["--account", "main:hush:pears"], "--account main"),
        (["--account", "main:hush:gone.csv"], "gone.csv"),
        (["--account", "a:b", "--account", "a:b"], "Two accounts"),
        (["--fault", "{"], "--fault"),
        (["--fault", "[]"], "--fault"),
        (["--settings", '{"x": 1}'], "settings"),
        (["--allow-ip", "here"], "allow_ip"),
        (["--latency-ms", "-1"], "latency_ms"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
        (["--port-file", "/nowhere/port"], "port-file"),
        (["--port", "99999"], "port"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line_without_passwords(capfd, arguments, message):
    assert main([*(["--port", "0"] if "--port" not in arguments else []), *arguments]) == 2
    said = capfd.readouterr().err
    assert message in said
    assert "hush" not in said
    assert len(said.strip().splitlines()) == 1


def test_an_account_without_a_size_has_a_thousand_offers():
    assert len(account_from("a:b").catalogue) == 1000


def test_two_accounts_need_two_names():
    with pytest.raises(SandboxError, match="Two accounts"):
        Marketplace([Account("a", "b", generated(1)), Account("a", "c", generated(1))])


def test_an_unknown_platform_is_refused():
    with pytest.raises(SandboxError, match="emag-ro"):
        Marketplace(platform="emag-xx")


async def test_a_port_in_use_is_said(tmp_path):
    async with SandboxServer(Marketplace()) as server:
        with pytest.raises(SandboxError, match=str(server.port)):
            await SandboxServer(Marketplace(), port=server.port).start()


def test_a_quarter_of_a_million_offers_are_served_without_being_held_in_memory():
    psutil = pytest.importorskip("psutil")
    with start_sandbox(["big:secret:250000", "small:secret:10"], ["--no-limit"]) as sandbox:
        sandbox.control("POST", "/offers/change", {"account": "big", "ids": [1, 250_000], "set": {"status": 0}})
        assert sandbox.control("GET", "/state")["accounts"]["big"]["offers"] == 250_000
        assert psutil.Process(sandbox.pid).memory_info().rss < 120_000_000
