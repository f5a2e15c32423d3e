"""Issue 2: what is wrong with the settings or the machine is one clear line and exit code 2, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from emagsync.db.migrations import HEAD
from support.databases import execute
from support.market import open_market
from support.program import Ended, environment, run

NOWHERE = "http://127.0.0.1:9/api-3"


def assert_one_clear_line(ended: Ended, *names: str) -> None:
    assert ended.code == 2, ended
    lines = ended.err.splitlines()
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("emagsync: ")
    for name in names:
        assert name in lines[0]
    assert ended.out == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EMAGSYNC_RETRY__ATTEMPTS", "0"),
        ("EMAGSYNC_HTTP__READ_TIMEOUT", "soon"),
        ("EMAGSYNC_SYNC__ITEMS_PER_PAGE", "101"),
        ("EMAGSYNC_LOG_FORMAT", "xml"),
        ("EMAGSYNC_DATABASE_URL", "oracle://somewhere"),
        ("EMAGSYNC_DATABASE_URL", "sqlite://"),
        ("EMAG_MAIN_BASE_URL", "ftp://somewhere"),
        ("EMAG_MAIN_BASE_URL", "http://marketplace-api.emag.ro/api-3"),
        ("EMAG_MAIN_PLATFORM", "emag-fr"),
    ],
)
async def test_a_bad_setting_is_named(tmp_path: Path, variable: str, value: str) -> None:
    variables = environment(tmp_path, NOWHERE, **{variable: value})
    assert_one_clear_line(await run("sync", variables=variables), variable)


async def test_no_account_at_all_says_which_variables_to_set(tmp_path: Path) -> None:
    ended = await run("sync", variables=environment(tmp_path))
    assert_one_clear_line(ended, "EMAG_MAIN_USERNAME", "EMAG_MAIN_PASSWORD")


async def test_missing_credentials_are_named(tmp_path: Path) -> None:
    variables = environment(tmp_path, NOWHERE)
    del variables["EMAG_MAIN_PASSWORD"]
    assert_one_clear_line(await run("sync", "main", variables=variables), "EMAG_MAIN_PASSWORD")


async def test_an_unknown_account_is_named_with_those_that_exist(tmp_path: Path) -> None:
    ended = await run("sync", "nosuch", variables=environment(tmp_path, NOWHERE))
    assert_one_clear_line(ended, "'nosuch'", "EMAG_NOSUCH_USERNAME", "main")


@pytest.mark.parametrize("data_dir", ["/dev/null/x", "/proc/emagsync"])
async def test_an_unusable_data_directory_is_named(tmp_path: Path, data_dir: str) -> None:
    variables = environment(data_dir, NOWHERE, HOME=str(tmp_path))
    assert_one_clear_line(await run("sync", "main", variables=variables), data_dir, "EMAGSYNC_DATA_DIR")


async def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    variables = environment(path, NOWHERE, HOME=str(tmp_path))
    assert_one_clear_line(await run("sync", "main", variables=variables), str(path), "EMAGSYNC_DATA_DIR")


COMMANDS = [("sync", "main"), ("status",), ("history",), ("offers", "list"), ("db", "upgrade")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
async def test_a_file_that_is_no_database_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "emagsync.sqlite3").write_bytes(b"this is no database, and it is long enough to be looked at" * 100)
    ended = await run(*command, variables=environment(tmp_path, NOWHERE))
    assert_one_clear_line(ended, "emagsync.sqlite3", "not a database")
    assert (tmp_path / "emagsync.sqlite3").read_bytes().startswith(b"this is no database")


@pytest.mark.often(first=2)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
async def test_a_database_from_a_newer_version_is_refused_and_left_alone(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    async with open_market({"main": 3}) as market:
        variables = environment(tmp_path, market.url)
        assert (await run("sync", "main", variables=variables)).code == 0
        execute(tmp_path, "UPDATE alembic_version SET version_num = '29991231_01'")
        market.forget()
        assert_one_clear_line(await run(*command, variables=variables), "29991231_01", HEAD)
        assert market.requests() == 0


async def test_an_account_with_bad_settings_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with open_market({"main": 3}) as market:
        variables = environment(tmp_path, market.url, EMAG_FBE_USERNAME="only-a-name")
        ended = await run("sync", "all", variables=variables)
        assert ended.code == 1
        assert "EMAG_FBE_PASSWORD" in ended.err
        assert "main: completed" in ended.out
        assert "Traceback" not in ended.err


async def test_no_password_is_ever_printed(tmp_path: Path) -> None:
    secret = "s3cret-ș-%40/word"
    async with open_market({"main": 3}) as market:
        variables = environment(tmp_path, market.url, EMAG_MAIN_PASSWORD=secret, EMAGSYNC_LOG_LEVEL="debug")
        for command in (("sync", "main"), ("accounts",), ("check",), ("history", "--json")):
            ended = await run(*command, variables=variables)
            assert secret not in ended.out + ended.err
            assert "Traceback" not in ended.err
        assert market.requests() > 0
