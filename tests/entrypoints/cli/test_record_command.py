"""`emagsync sandbox record`, and what a sync records when a setting asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.core.recording import Recording
from emagsync.sandbox.process import SandboxProcess, start_sandbox
from entrypoints.cli.command import Cli
from support.processes import forking


def test_an_account_is_recorded_and_a_sync_of_the_replay_copies_it(
    cli: Cli, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sandbox.control("POST", "/faults", {"kind": "status", "status": 503, "pages": [1], "times": 1})
    result = cli("sandbox", "record", "fbe", "--output", "day")
    assert (result.code, result.err) == (0, "")
    assert "fbe: 1 page, 40 offers; 5 answers recorded in day" in result.out
    assert not any("fbe-secret" in path.read_text() for path in (tmp_path / "day").rglob("*.json*"))
    with forking(), start_sandbox(options=["--no-limit", "--replay", str(tmp_path / "day")]) as replay:
        result = cli("sync", "fbe", EMAG_FBE_BASE_URL=replay.api_url)
        assert "fbe: completed" in result.out
    again = cli("sandbox", "record", "fbe", "--output", "day")
    assert again.code == 2
    assert "choose another folder" in again.err


def test_a_list_that_cannot_be_read_whole_is_recorded_and_said(cli: Cli, sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/faults", {"kind": "invalid_ip", "account": "main"})
    result = cli("sandbox", "record", "MAIN", "--output", "day")
    assert result.code == 1
    assert "1 answer recorded" in result.out
    assert "allowed addresses" in result.err
    nobody = cli("sandbox", "record", "nobody", "--output", "day2")
    assert nobody.code == 2


def test_a_sync_is_recorded_where_the_setting_says_so(cli: Cli, tmp_path: Path) -> None:
    result = cli("sync", "fbe", "main", "--mode", "full", EMAGSYNC_RECORD_DIR="here")
    assert result.code == 0
    recorded = Recording(tmp_path / "here")
    assert recorded.platforms == {"fbe": "emag-ro", "main": "emag-ro"}
    assert {one.route for one in recorded.exchanges} >= {"product_offer/read", "product_offer/count"}


def test_a_folder_that_cannot_be_recorded_to_stops_the_start(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = cli("sync", "fbe", EMAGSYNC_RECORD_DIR="file")
    assert result.code == 2
    assert "cannot be written" in result.err


def test_recording_explains_itself(bare: Cli) -> None:
    result = bare("sandbox", "record", "--help")
    assert result.code == 0
    assert "--output" in result.out
    assert "personal data" in result.out


def test_a_sync_that_runs_already_is_recorded_until_it_ends(cli: Cli, sandbox: SandboxProcess, tmp_path: Path) -> None:
    sandbox.control("POST", "/settings", {"latency_ms": 100})
    # One page at a time: twelve and more, a second and more.
    with cli.start("sync", "main", "--items-per-page", 10, EMAGSYNC_SYNC__PAGES_IN_FLIGHT="1") as syncing:
        run_id = _run_of(cli, "main")
        result = cli("sandbox", "record", "--attach", run_id, "--output", "day")
        assert syncing.wait() == 0
    assert (result.code, result.err) == (0, "")
    assert f"main: recording run {run_id} in day" in result.out
    recorded = Recording(tmp_path / "day")
    assert {one.account for one in recorded.exchanges} == {"main"}
    assert "product_offer/read" in {one.route for one in recorded.exchanges}
    assert f"{len(recorded.exchanges)} answers recorded in day" in result.out
    late = cli("sandbox", "record", "--attach", run_id, "--output", "late")
    assert (late.code, "has ended" in late.err) == (2, True)


def _run_of(cli: Cli, account: str) -> str:
    for _ in range(100):
        for known in cli("status", "--json").json["accounts"]:
            if known["account"] == account and known["running"]:
                run_id: str = known["running"]["id"]
                return run_id
    raise AssertionError("no sync has begun")


@pytest.mark.parametrize("arguments", [(), ("main", "--attach", "0b1c6a5e")])
def test_either_an_account_is_read_or_a_run_recorded(bare: Cli, arguments: tuple[str, ...]) -> None:
    result = bare("sandbox", "record", *arguments, "--output", "day")
    assert (result.code, "one of them" in result.err) == (2, True)


def test_a_run_that_nobody_knows_cannot_be_recorded(bare: Cli) -> None:
    result = bare("sandbox", "record", "--attach", "0b1c6a5e", "--output", "day")
    assert result.code in (1, 2)
    assert "0b1c6a5e" in result.err
