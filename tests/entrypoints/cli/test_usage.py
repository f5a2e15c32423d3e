"""What a person does wrong gets one line that says what to do, and the right exit code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emagsync import __version__
from entrypoints.cli.command import Cli
from support.databases import execute


def test_the_version_is_printed(bare: Cli) -> None:
    result = bare("--version")
    assert (result.code, result.out) == (0, f"emagsync {__version__}\n")


COMMANDS = ["sync", "status", "history", "history show", "offers list", "offers show", "offers export", "accounts"]
COMMANDS += ["check", "cleanup", "db upgrade", "db status", "demo"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_is_documented(bare: Cli, command: str) -> None:
    result = bare(*command.split(), "--help")
    assert result.code == 0
    documented = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"emagsync {command}" in documented
    for option in set(re.findall(r"--[a-z][a-z-]+", result.out)) - {"--help"}:
        assert f"`{option}" in documented or f"/{option}" in documented, option


def test_the_sandbox_shows_its_own_help(bare: Cli) -> None:
    result = bare("sandbox", "--help")
    assert result.code == 0
    assert "--no-limit" in result.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["nope"], "No such command 'nope'", id="unknown command"),
        pytest.param(["sync", "--nope"], "No such option: --nope", id="unknown option"),
        pytest.param(["sync", "--mode", "quick"], "quick", id="unknown mode"),
        pytest.param(["sync", "--items-per-page", "101"], "--items-per-page", id="too many a page"),
        pytest.param(["sync", "--max-pages", "0"], "--max-pages", id="no pages"),
        pytest.param(["sync", "--mode", "selective"], "selection", id="selective without a selection"),
        pytest.param(["sync", "--id", "5"], "selective", id="a selection without selective"),
        pytest.param(["offers", "show", "main", "x"], "emag_id", id="an id that is none"),
        pytest.param(["offers", "export", "--format", "xlsx"], "--output", id="a workbook to standard output"),
        pytest.param(["--env-file", "missing.env", "status"], "missing.env", id="no such file of settings"),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_2(bare: Cli, arguments: list[str], says: str) -> None:
    result = bare(*arguments, EMAG_MAIN_USERNAME="u", EMAG_MAIN_PASSWORD="p")
    assert result.code == 2
    assert result.err.startswith("emagsync: ")
    assert result.err.count("\n") == 1
    assert says in result.err


@pytest.mark.parametrize("arguments", [[], ["offers"], ["db"]])
def test_a_group_without_its_command_shows_the_help(bare: Cli, arguments: list[str]) -> None:
    result = bare(*arguments)
    assert result.code == 2
    assert "Show this message and exit." in result.out
    assert result.err == ""


@pytest.mark.parametrize("command", ["sync", "accounts", "check"])
def test_without_any_account_the_variables_to_set_are_named(bare: Cli, command: str) -> None:
    result = bare(command)
    assert result.code == 2
    assert "EMAG_MAIN_USERNAME and EMAG_MAIN_PASSWORD" in result.err


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        pytest.param({"EMAGSYNC_LOG_LEVEL": "loud"}, "EMAGSYNC_LOG_LEVEL", id="odd setting"),
        pytest.param({"EMAGSYNC_RETRY__NOPE": "1"}, "EMAGSYNC_RETRY__NOPE", id="unknown setting"),
        pytest.param({"EMAGSYNC_DATA_DIR": "/dev/null/x"}, "EMAGSYNC_DATA_DIR", id="unusable data directory"),
        pytest.param(
            {"EMAGSYNC_DATABASE_URL": "mysql://u:pa55word@h/d"}, "EMAGSYNC_DATABASE_URL", id="another database"
        ),
        pytest.param({"EMAGSYNC_DATABASE_URL": "nonsense"}, "EMAGSYNC_DATABASE_URL", id="no address"),
        pytest.param({"EMAGSYNC_DATABASE_URL": "sqlite:////dev/null/x/db"}, "/dev/null/x/db", id="no such folder"),
        pytest.param({"EMAG_MAIN_PASSWORD": ""}, "EMAG_MAIN_PASSWORD", id="no password"),
        pytest.param({"EMAG_MAIN_PLATFORM": "emag-xx"}, "EMAG_MAIN_PLATFORM", id="no such platform"),
    ],
)
def test_odd_settings_are_one_line_that_names_the_variable_and_exit_2(
    bare: Cli, variables: dict[str, str], says: str
) -> None:
    account = {"EMAG_MAIN_USERNAME": "u", "EMAG_MAIN_PASSWORD": "very-secret"}
    result = bare("sync", **(account | variables))
    assert result.code == 2
    assert result.err.count("\n") == 1, result.err
    assert says in result.err
    assert "very-secret" not in result.err
    assert "pa55word" not in result.err


def test_an_unknown_account_is_named_with_the_ones_there_are(cli: Cli) -> None:
    result = cli("sync", "nope")
    assert result.code == 2
    assert "EMAG_NOPE_USERNAME" in result.err
    assert "main, fbe" in result.err


def test_a_misspelt_setting_is_pointed_out(bare: Cli) -> None:
    result = bare("db", "status", EMAGSYNC_DATABSE_URL="sqlite:////x")
    assert result.code == 0
    assert "did you mean EMAGSYNC_DATABASE_URL?" in result.err


@pytest.mark.databases("both", often="sqlite")
def test_a_database_from_a_newer_version_is_refused(bare: Cli) -> None:
    assert bare("db", "upgrade").code == 0
    execute(bare.data_dir, "UPDATE alembic_version SET version_num = '29990101_01'")
    for command in (["status"], ["sync"], ["db", "upgrade"], ["offers", "list"]):
        result = bare(*command, EMAG_MAIN_USERNAME="u", EMAG_MAIN_PASSWORD="p")
        assert result.code == 2
        assert result.err.count("\n") == 1
        assert "29990101_01" in result.err


def test_a_file_that_is_no_database_is_refused_and_left_alone(bare: Cli) -> None:
    bare.data_dir.mkdir()
    path = bare.data_dir / "emagsync.sqlite3"
    path.write_text("my diary\n" * 1000)
    result = bare("status")
    assert result.code == 2
    assert "not a database" in result.err
    assert path.read_text() == "my diary\n" * 1000


def test_the_data_directory_is_made_for_its_owner_only(bare: Cli) -> None:
    assert bare("db", "upgrade").code == 0
    assert bare.data_dir.stat().st_mode & 0o777 == 0o700


def test_settings_come_from_env_files_and_options_too(bare: Cli) -> None:
    (bare.folder / ".env").write_text("EMAG_MAIN_USERNAME=from-dotenv\nEMAG_MAIN_PASSWORD=p\n")
    (bare.folder / "other.env").write_text("EMAG_MAIN_USERNAME=from-other\nEMAG_MAIN_PASSWORD=p\n")
    assert bare("accounts", "--json").json["accounts"][0]["username"] == "from-dotenv"
    assert bare("--env-file", "other.env", "accounts", "--json").json["accounts"][0]["username"] == "from-other"
    assert bare("--data-dir", "elsewhere", "db", "upgrade").code == 0
    assert (bare.folder / "elsewhere" / "emagsync.sqlite3").exists()


def test_an_unexpected_error_is_one_line_and_the_details_are_kept(bare: Cli) -> None:
    script = (
        "import sys, emagsync.sync.repository as r; from emagsync.entrypoints.cli import main\n"
        "async def broken(*a, **k): raise ZeroDivisionError('odd p4ssw0rd')\n"
        "r.read_active_runs = broken\n"
        "sys.exit(main(['status']))"
    )
    environment = bare.environment({"EMAG_MAIN_USERNAME": "u", "EMAG_MAIN_PASSWORD": "p4ssw0rd"})
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=bare.folder, capture_output=True, text=True, check=False
    )
    log = bare.data_dir / "errors.log"
    assert done.returncode == 1
    assert done.stderr.startswith("emagsync: unexpected error, please report it: ZeroDivisionError")
    assert done.stderr.count("\n") == 1
    assert str(log) in done.stderr
    assert "Traceback" in log.read_text()
    assert "p4ssw0rd" not in done.stderr + log.read_text()


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_settings_that_every_user_can_read_are_pointed_out(bare: Cli, mode: int, warned: bool) -> None:
    env_file = bare.folder / ".env"
    env_file.write_text("EMAG_MAIN_USERNAME=u\nEMAG_MAIN_PASSWORD=p\n")
    env_file.chmod(mode)
    result = bare("accounts")
    assert result.code == 0
    assert ("chmod 600 .env" in result.err) is warned


def test_a_password_in_another_encoding_is_a_problem_of_its_account_in_every_command(bare: Cli) -> None:
    (bare.folder / ".env").write_bytes(
        b"EMAG_MAIN_USERNAME=m\nEMAG_MAIN_PASSWORD=' spaced '\nEMAG_FBE_USERNAME=f\n"
        + "EMAG_FBE_PASSWORD=parolă-lungă\nEMAG_SHOP-RO_USERNAME=u\n".encode("windows-1250")
    )
    (bare.folder / ".env").chmod(0o600)
    listed = bare("accounts", "--json")
    problems = {one["account"]: one["problem"] for one in listed.json["accounts"]}
    assert problems["main"] is None
    assert "EMAG_FBE_PASSWORD holds bytes that are not UTF-8" in problems["fbe"]
    assert "write EMAG_SHOP_RO_USERNAME" in problems["shop_ro"]
    (bare.folder / ".env").write_bytes(
        (bare.folder / ".env").read_bytes() + b"EMAG_X_USERNAME=s\xe3:hidden\nEMAG_X_PASSWORD=p\n"
    )
    shown = {one["account"]: one["username"] for one in bare("accounts", "--json").json["accounts"]}
    assert shown["x"] == "s?"
    for command in (["status"], ["offers", "list"], ["history"], ["db", "check"]):
        assert bare(*command).code == 0, command
    synced = bare("sync", "fbe")
    assert (synced.code, synced.err.count("\n")) == (2, 1)
    assert "EMAG_FBE_PASSWORD" in synced.err
    assert "parol" not in listed.out + listed.err + synced.err


@pytest.mark.databases("sqlite")
def test_what_it_writes_is_for_its_owner_and_a_readable_database_is_told_of(bare: Cli) -> None:
    before = os.umask(0o022)
    try:
        assert bare("db", "upgrade").err == ""
        exported = bare("offers", "export", "--output", "offers.csv")
    finally:
        os.umask(before)
    assert exported.code == 0, exported.err
    files = [path for path in (*bare.data_dir.rglob("*"), bare.folder / "offers.csv") if path.is_file()]
    assert {path.name: path.stat().st_mode & 0o077 for path in files if path.stat().st_mode & 0o077} == {}
    database = bare.data_dir / "emagsync.sqlite3"
    database.chmod(0o644)
    # In a folder that nobody else gets into, it is not within reach.
    bare.data_dir.chmod(0o700)
    assert bare("db", "status").err == ""
    bare.data_dir.chmod(0o755)
    assert f"chmod 600 {database}*" in bare("db", "status").err


@pytest.mark.parametrize(("mode", "is_told"), [(0o644, True), (0o604, True), (0o640, False), (0o600, False)])
def test_an_env_file_that_every_user_can_read_is_told_of(bare: Cli, mode: int, is_told: bool) -> None:
    (bare.folder / ".env").write_text("EMAG_MAIN_USERNAME=m\nEMAG_MAIN_PASSWORD=p\n")
    (bare.folder / ".env").chmod(mode)
    listed = bare("accounts")
    assert listed.code == 0
    assert ("chmod 600 .env" in listed.err) is is_told
