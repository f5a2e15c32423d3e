"""`emagsync sync` as a real process against a real marketplace: exit codes, what is shown, stopping and going on."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading

import pytest

from emagsync.sandbox.process import SandboxProcess
from entrypoints.cli.command import Cli
from support.patience import PATIENCE_SECONDS


def read_until(process: subprocess.Popen[str], words: str) -> None:
    """Follow the command's standard error until it says `words`."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    pytest.fail(f"it ended without saying {words!r}")


def never_answers(sandbox: SandboxProcess, account: str, page: int) -> None:
    sandbox.control(
        "POST",
        "/faults",
        {"kind": "timeout", "account": account, "route": "product_offer/read", "pages": [page], "delay_ms": 600_000},
    )


@pytest.mark.databases("both", often="sqlite")
def test_all_accounts_are_copied_and_summed_up(cli: Cli) -> None:
    result = cli("sync", "--mode", "full")
    assert result.code == 0
    assert "main: completed" in result.out
    assert "230 offers (230 created, 0 updated, 0 unchanged, 0 removed, 0 failed)" in result.out
    assert "fbe: completed" in result.out
    assert result.err.splitlines()[:2] == ["main: started", "fbe: started"]
    again = cli("sync", "all", "--mode", "full")
    assert again.code == 0
    assert "(0 created, 0 updated, 230 unchanged" in again.out


def test_the_summary_as_json_has_each_run(cli: Cli) -> None:
    result = cli("sync", "fbe", "--mode", "full", "--json")
    assert (result.code, result.err) == (0, "")
    (account,) = result.json["accounts"]
    assert (account["account"], account["outcome"], account["error"]) == ("fbe", "completed", None)
    assert account["run"]["sync_id"] == result.json["sync_id"]
    assert (account["run"]["created"], account["run"]["status"]) == (40, "completed")
    assert account["run"]["finished_at"].endswith("Z")


def test_a_limited_run_is_partial_and_exits_3(cli: Cli) -> None:
    result = cli("sync", "main", "--max-pages", 1, "--items-per-page", 50)
    assert result.code == 3
    assert "partial" in result.out
    assert "50 offers" in result.out


def test_a_selective_run_reads_what_is_named(cli: Cli) -> None:
    result = cli("sync", "main", "--mode", "selective", "--id", 3, "--id", 5, "--json")
    assert result.code in (0, 3)
    assert cli("offers", "list", "--json").json["total"] == 2


def test_a_page_that_cannot_be_read_fails_its_account_alone_and_says_what_to_do(
    cli: Cli, sandbox: SandboxProcess
) -> None:
    sandbox.control("POST", "/faults", {"kind": "html", "account": "main", "rows": [101, 200]})
    result = cli("sync", "--mode", "full")
    assert result.code == 1
    assert "main: failed" in result.out
    assert "page" in result.out
    assert "emagsync sync main --mode full" in result.out
    assert "fbe: completed" in result.out


def test_refused_credentials_say_what_to_fix_and_never_the_password(cli: Cli) -> None:
    result = cli("sync", EMAG_MAIN_PASSWORD="wrong-secret")
    assert result.code == 1
    assert "main: failed" in result.out
    assert "fbe: completed" in result.out
    assert "wrong-secret" not in result.out + result.err


def test_a_misconfigured_account_does_not_keep_the_others_from_running(cli: Cli) -> None:
    result = cli("sync", EMAG_MAIN_PASSWORD="")
    assert result.code == 1
    assert "emagsync: main: Account 'main' has no credentials: set EMAG_MAIN_PASSWORD" in result.err
    assert "fbe: completed" in result.out
    document = cli("sync", "--json", EMAG_MAIN_PASSWORD="").json
    assert [(account["outcome"], account["exit_code"]) for account in document["accounts"]] == [
        ("misconfigured", 2),
        ("completed", 0),
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_first_signal_stops_cleanly_and_the_next_sync_goes_on(
    cli: Cli, sandbox: SandboxProcess, number: signal.Signals
) -> None:
    sandbox.control("POST", "/settings", {"latency_ms": 300})
    process = cli.start("sync", "main", "--mode", "full", "--items-per-page", 5, EMAGSYNC_SYNC__PAGES_IN_FLIGHT="2")
    read_until(process, "main: reading")
    process.send_signal(number)
    read_until(process, "stopping after the pages in flight")
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, err
    assert "main: interrupted" in out
    (stopped,) = cli("history", "--json").json["runs"]
    assert stopped["status"] == "interrupted"
    assert 0 < stopped["processed"] < 230
    sandbox.control("POST", "/settings", {"latency_ms": 0})
    resumed = cli("sync", "main", "--mode", "full", "--items-per-page", 5, "--json").json["accounts"][0]
    assert resumed["outcome"] == "completed"
    assert resumed["run"]["id"] == stopped["id"]
    assert resumed["run"]["processed"] == 230


def test_the_second_signal_stops_at_once_even_while_emag_does_not_answer(cli: Cli, sandbox: SandboxProcess) -> None:
    never_answers(sandbox, "main", 2)
    process = cli.start("sync", "main", "--mode", "full")
    read_until(process, "main: reading")
    process.send_signal(signal.SIGINT)
    read_until(process, "stopping after the pages in flight")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    sandbox.control("DELETE", "/faults")
    assert cli("sync", "main", "--mode", "full").code == 0


@pytest.mark.databases("both", often="sqlite")
def test_a_second_sync_of_the_same_account_exits_4_and_names_the_run(cli: Cli, sandbox: SandboxProcess) -> None:
    never_answers(sandbox, "main", 2)
    process = cli.start("sync", "main", "--mode", "full")
    try:
        read_until(process, "main: reading")
        second = cli("sync", "--mode", "full")
        (running,) = cli("history", "--status", "running", "--json").json["runs"]
        assert second.code == 4
        assert f"run {running['id']}" in second.err
        assert "fbe: completed" in second.out
        status = {account["account"]: account for account in cli("status", "--json").json["accounts"]}
        assert status["main"]["running"]["id"] == running["id"]
        assert status["fbe"]["running"] is None
        assert "running full" in cli("status").out
    finally:
        process.kill()
        process.communicate()


def test_a_run_of_a_killed_process_is_taken_over_at_once(cli: Cli, sandbox: SandboxProcess) -> None:
    never_answers(sandbox, "main", 2)
    process = cli.start("sync", "main", "--mode", "full")
    read_until(process, "main: reading")
    process.kill()
    process.communicate()
    sandbox.control("DELETE", "/faults")
    result = cli("sync", "main", "--mode", "full")
    assert result.code == 0, result.err


def test_there_is_nothing_to_clean_up_when_every_run_lives(cli: Cli) -> None:
    assert cli("cleanup").out == "0 runs ended.\n"
    assert cli("cleanup", "--json").json["cleaned_count"] == 0


def test_a_timeout_fails_the_run_and_keeps_what_was_read(cli: Cli, sandbox: SandboxProcess) -> None:
    never_answers(sandbox, "main", 3)
    result = cli("sync", "main", "--mode", "full", "--timeout", 2)
    assert result.code == 1
    assert "main: failed" in result.out
    assert cli("offers", "list", "--json").json["total"] == 200


def test_live_progress_is_drawn_on_a_terminal(cli: Cli, sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/settings", {"latency_ms": 100})
    ours, theirs = pty.openpty()
    drawn: list[bytes] = []

    def follow() -> None:
        while True:
            try:
                drawn.append(os.read(ours, 65536))
            except OSError:
                return

    reader = threading.Thread(target=follow)
    reader.start()
    environment = cli.environment({"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"})
    done = subprocess.run(
        [sys.executable, "-m", "emagsync", "sync", "--mode", "full"],
        cwd=cli.folder,
        env=environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    os.close(theirs)
    reader.join()
    os.close(ours)
    screen = b"".join(drawn).decode()
    assert done.returncode == 0
    assert "completed" in screen
    assert "230/230" in screen
    assert "\x1b[" in screen
    assert b"main: completed" in done.stdout
    assert b"\x1b" not in done.stdout
