"""`emagsync sandbox record`, and what a sync records when a setting asks for it."""

from __future__ import annotations

from pathlib import Path

from emagsync.core.recording import Recording
from emagsync.sandbox.process import SandboxProcess, start_sandbox
from entrypoints.cli.command import Cli


def test_an_account_is_recorded_and_a_sync_of_the_replay_copies_it(
    cli: Cli, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sandbox.control("POST", "/faults", {"kind": "status", "status": 503, "pages": [1], "times": 1})
    result = cli("sandbox", "record", "fbe", "--output", "day")
    assert (result.code, result.err) == (0, "")
    assert "fbe: 1 page, 40 offers; 5 answers recorded in day" in result.out
    assert not any("fbe-secret" in path.read_text() for path in (tmp_path / "day").rglob("*.json*"))
    with start_sandbox(options=["--no-limit", "--replay", str(tmp_path / "day")]) as replay:
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
