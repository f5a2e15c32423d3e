"""`emagsync doctor`: what is set, where it comes from, and what does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from entrypoints.cli.command import Cli

PASSWORD = "Parola-De-Test-1"


def looked(cli: Cli, *before: str, **variables: str) -> tuple[int, dict[str, Any], Any]:
    result = cli(*before, "doctor", "--json", **variables)
    told = result.json
    return result.code, {one["name"]: one for one in told["findings"]}, told


def test_what_is_set_is_listed_with_its_source_and_without_secrets(cli: Cli) -> None:
    code, findings, told = looked(cli, EMAG_MAIN_PASSWORD=PASSWORD, EMAGSYNC_LOG_LEVEL="debug")
    settings = {one["name"]: one for one in told["settings"]}
    assert settings["EMAGSYNC_LOG_LEVEL"]["source"] == "the environment"
    assert settings["EMAG_MAIN_PASSWORD"]["value"] == "(hidden)"
    assert PASSWORD not in json.dumps(told)
    assert code == 0
    assert told["works"] is True
    assert {"versions", "disk", "database", "account main", "proxy", "redis", "clock"} <= set(findings)


def test_the_clock_is_compared_with_the_marketplaces(cli: Cli) -> None:
    _, findings, _ = looked(cli)
    assert findings["clock"]["ok"] is True


def test_a_redis_that_is_away_keeps_it_from_working(cli: Cli) -> None:
    code, findings, told = looked(cli, EMAGSYNC_REDIS_URL="redis://127.0.0.1:1/0")
    assert (code, told["works"], findings["redis"]["ok"]) == (1, False, False)


def test_a_damaged_database_keeps_it_from_working(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "emagsync.sqlite3").write_bytes(b"no database at all " * 500)
    code, findings, _ = looked(cli, "--data-dir", str(folder))
    assert code == 1
    assert findings["database"]["ok"] is False


@pytest.mark.parametrize("name", ["EMAG_MAIN_PASSWORD", "EMAGSYNC_SECRET_KEY"])
def test_no_secret_is_in_the_text(cli: Cli, name: str) -> None:
    secret = "q7Zx_Secret-Value-That-Is-Long-Enough-0001"
    result = cli("doctor", **{name: secret})
    assert secret not in result.out + result.err
    assert f"{name} = (hidden)" in result.out


def test_the_data_directory_of_the_option_is_listed_as_such(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    _, _, told = looked(cli, "--data-dir", str(folder))
    (found,) = [one for one in told["settings"] if one["name"] == "EMAGSYNC_DATA_DIR"]
    assert (found["value"], found["source"]) == (str(folder), "--data-dir")


def test_the_clock_is_asked_through_the_proxy_that_requests_take(cli: Cli) -> None:
    _, findings, _ = looked(cli, EMAGSYNC_HTTP__PROXY="http://127.0.0.1:1")
    assert findings["clock"]["ok"] is False


def test_an_account_of_the_database_has_its_clock_compared_too(cli: Cli) -> None:
    url = cli.variables["EMAG_MAIN_BASE_URL"]
    for name in [name for name in cli.variables if name.startswith("EMAG_")]:
        del cli.variables[name]
    added = ("accounts", "add", "main", "--platform", "emag-ro", "--base-url", url, "--username", "main")
    assert cli.run(*added, "--password-stdin", stdin="main-secret").code == 0
    _, findings, _ = looked(cli)
    assert (findings["clock"]["ok"], findings["clock"]["detail"]) == (True, "as the marketplace's")
