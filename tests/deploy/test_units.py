"""The systemd units."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.documents import DEPLOY
from emagsync.entrypoints.cli.app import build

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")


def sections_of(unit: Path) -> configparser.ConfigParser:
    # A key may come twice in a unit; none of ours does, and this says so.
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text())
    return parser


def test_there_is_one_for_each_process() -> None:
    commands = {unit.name: sections_of(unit)["Service"]["ExecStart"] for unit in UNITS}
    assert commands == {
        "emagsync.service": "/opt/emagsync/bin/emagsync serve",
        "emagsync-beat.service": "/opt/emagsync/bin/emagsync beat",
        "emagsync-worker.service": "/opt/emagsync/bin/emagsync worker",
    }
    assert {command.split()[1] for command in commands.values()} <= set(build().commands)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_runs_as_nobody_special_and_comes_back(unit: Path) -> None:
    service = sections_of(unit)["Service"]
    assert service["User"] == "emagsync"
    assert service["EnvironmentFile"] == "/etc/emagsync/emagsync.env"
    assert service["StateDirectory"] == "emagsync"
    assert "EMAGSYNC_DATA_DIR=/var/lib/emagsync" in service["Environment"].split()
    assert service["Restart"] == "always"
    # Settings that make no sense: docs/cli.md, exit codes.
    assert service["RestartPreventExitStatus"] == "2"
    assert {service[name] for name in ("NoNewPrivileges", "PrivateTmp", "ProtectHome")} == {"yes"}
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_has_nothing_to_say_against_it(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    # The program is not installed where the unit expects it.
    here.write_text(unit.read_text().replace("/opt/emagsync/bin/emagsync", f"{sys.executable} -m emagsync"))
    if ANALYZE is None:  # a container without systemd; the sections were read above
        return
    verdict = subprocess.run([ANALYZE, "verify", "--man=no", here], capture_output=True, text=True, check=False)
    assert (verdict.returncode, verdict.stderr) == (0, "")
    exposure = [ANALYZE, "security", "--offline=true", "--threshold=25", "--no-pager", here]
    rated = subprocess.run(exposure, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout[-2000:] + rated.stderr
