"""Commands whose standard streams are closed, or lack letters: they do their work and tell how it ended."""

from __future__ import annotations

import codecs
import json
import subprocess
import sys

import pytest

from emagsync.core.streams import prepare_standard_streams
from entrypoints.cli.command import Cli
from support.patience import PATIENCE_SECONDS

STREAMS = [
    pytest.param("2>&-", {}, id="no standard error"),
    pytest.param(">&-", {}, id="no standard output"),
    pytest.param("<&- >&- 2>&-", {}, id="none at all"),
    pytest.param("2>/dev/full", {}, id="full standard error"),
    pytest.param("", {"PYTHONIOENCODING": "cp1250"}, id="cp1250"),
    pytest.param("", {"PYTHONIOENCODING": "ascii"}, id="ascii"),
    pytest.param("", {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, id="locale C"),
]


def run(cli: Cli, streams: str, arguments: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """A new interpreter, started by a shell with `streams`."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-m", "emagsync", *arguments],
        env=cli.environment(variables),
        cwd=cli.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.often(first=1)
@pytest.mark.parametrize(("streams", "variables"), STREAMS)
def test_a_sync_completes_and_its_offers_are_listed(cli: Cli, streams: str, variables: dict[str, str]) -> None:
    synced = run(cli, streams, ["sync", "fbe"], variables | {"EMAGSYNC_LOG_LEVEL": "info"})
    assert synced.returncode == 0, synced.stderr
    listed = run(cli, streams, ["offers", "list", "--limit", "20"], variables)
    assert listed.returncode == 0, listed.stderr
    assert b"Traceback" not in synced.stderr + listed.stderr
    if ">&-" not in streams.split():
        assert b"fbe: completed in" in synced.stdout
        assert b"1-20 of " in listed.stdout


@pytest.mark.often(first=1)
@pytest.mark.parametrize(("streams", "variables"), STREAMS[:3])
@pytest.mark.parametrize("arguments", [["sync", "nope"], ["--nope"]], ids=" ".join)
def test_a_wrong_command_ends_with_its_own_code(
    bare: Cli, streams: str, variables: dict[str, str], arguments: list[str]
) -> None:
    assert run(bare, streams, arguments, variables).returncode == 2


@pytest.mark.parametrize(
    ("encoding", "text", "written"),
    [
        ("ascii", "Cămașă ─ → … €", b"Camasa - -> ... ?"),
        ("cp1250", "Cămașă ─", "Cămasă -".encode("cp1250")),
        ("utf-8", "Cămașă \udcff", "Cămașă ?".encode()),
    ],
)
def test_letters_that_an_encoding_lacks_become_the_nearest(encoding: str, text: str, written: bytes) -> None:
    prepare_standard_streams()
    assert codecs.encode(text, encoding, "emagsync.nearest") == written


@pytest.mark.parametrize("arguments", [["sync", "fbe"], ["sync", "fbe", "--json"]], ids=" ".join)
def test_a_sync_has_completed_also_where_nobody_reads_it_any_more(cli: Cli, arguments: list[str]) -> None:
    with cli.start(*arguments, text=False) as process:
        process.stdout.close()
        process.stderr.close()
    assert process.returncode == 0


@pytest.mark.parametrize("arguments", [["sync", "fbe"], ["sync", "fbe", "--json"], ["status"]], ids=" ".join)
def test_a_full_standard_output_is_not_taken_for_the_disk_of_the_data(cli: Cli, arguments: list[str]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" > /dev/full', "sh", sys.executable, "-m", "emagsync", *arguments],
        env=cli.environment(cli.variables),
        cwd=cli.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert "The output could not be written: No space left on device." in done.stderr
    assert "EMAGSYNC_DATA_DIR" not in done.stderr
    if arguments[0] == "sync":
        assert cli("history", "--json").json["runs"][0]["status"] == "completed"


# Every command, with --help and as it is where it ends by itself, one after the other in one interpreter.
_EVERY_COMMAND = """
import json, sys
from pathlib import Path
from emagsync.entrypoints.cli import main
from emagsync.entrypoints.cli.app import build

def lines(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from lines(command, (*path, name))
        else:
            yield [*path, name, "--help"]
            if not command.stays:
                yield [*path, name]

def code_of(line):
    try:
        return main(line)
    except SystemExit as ended:  # the sandbox's own --help
        return ended.code or 0

codes = {" ".join(line): code_of(line) for line in [["--version"], *lines(build())]}
Path(sys.argv[1]).write_text(json.dumps(codes))
"""


def every_code(bare: Cli, name: str, streams: str = "", variables: dict[str, str] | None = None) -> dict[str, int]:
    """The exit code of every command on a machine without accounts."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-c", _EVERY_COMMAND, f"{name}.json"],
        env=bare.environment(variables or {}),
        cwd=bare.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    codes: dict[str, int] = json.loads((bare.folder / f"{name}.json").read_text())
    return codes


@pytest.mark.thorough
@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    ("streams", "variables"),
    [
        pytest.param("<&- >&- 2>&-", {}, id="none at all"),
        pytest.param("", {"PYTHONIOENCODING": "ascii"}, id="ascii"),
    ],
)
def test_no_command_ends_otherwise_because_of_its_streams(bare: Cli, streams: str, variables: dict[str, str]) -> None:
    ordinary = every_code(bare, "ordinary")
    assert set(ordinary.values()) <= {0, 1, 2}
    assert {
        ordinary[name] for name in ("--version", "status", "history", "offers list", "users list", "db status")
    } == {0}
    assert every_code(bare, "odd", streams, variables) == ordinary
