"""Settings: what the environment and `.env` say, and one line about what makes no sense."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from emagsync.core.errors import SettingsError
from emagsync.core.settings import is_text, load_settings, misspelt, read_variables, setting_names

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.upper().startswith(("EMAG_", "EMAGSYNC_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_without_any_setting_the_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.data_dir == tmp_path / ".local/share/emagsync"
    assert settings.effective_database_url == f"sqlite:///{settings.data_dir}/emagsync.sqlite3"
    assert settings.limit.enabled
    assert settings.sync.timeout_seconds == 600


def test_the_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("EMAGSYNC_LOG_LEVEL=debug\nEMAGSYNC_RETRY__ATTEMPTS=2\nEMAG_MAIN_USERNAME=a\n")
    monkeypatch.setenv("EMAGSYNC_LOG_LEVEL", "error")
    monkeypatch.setenv("EMAG_MAIN_USERNAME", "b")
    assert load_settings().log_level == "error"
    assert load_settings().retry.attempts == 2
    assert read_variables()["EMAG_MAIN_USERNAME"] == "b"


def test_the_data_directory_given_by_hand_wins_over_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMAGSYNC_DATA_DIR", "/elsewhere")
    assert load_settings(data_dir=tmp_path / "here").data_dir == tmp_path / "here"


def test_a_home_folder_is_understood_and_relative_paths_become_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EMAGSYNC_DATA_DIR", "~/data")
    assert load_settings().data_dir == tmp_path / "data"
    monkeypatch.setenv("EMAGSYNC_DATA_DIR", "data")
    assert load_settings().data_dir == tmp_path / "data"


def test_a_variable_set_to_nothing_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAGSYNC_DATABASE_URL", "")
    assert load_settings().database_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("EMAGSYNC_LOG_LEVEL", "loud", id="no such level"),
        pytest.param("EMAGSYNC_RETRY__ATTEMPTS", "0", id="too small"),
        pytest.param("EMAGSYNC_RETRY__ATTEMPTS", "many", id="not a number"),
        pytest.param("EMAGSYNC_SYNC__ITEMS_PER_PAGE", "101", id="too large"),
        pytest.param("EMAGSYNC_HTTP__READ_TIMEOUT", "-1", id="negative"),
        pytest.param("EMAGSYNC_LIMIT__ENABLED", "perhaps", id="neither yes nor no"),
        pytest.param("EMAGSYNC_DATA_DIR", "~nobody-of-this-name/x", id="no such home"),
        pytest.param("EMAGSYNC_DATA_DIR", "/tmp/what?", id="unusable in an address"),
    ],
)
def test_an_odd_value_is_refused_in_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


def test_several_odd_values_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAGSYNC_LOG_LEVEL", "loud")
    monkeypatch.setenv("EMAGSYNC_LOG_FORMAT", "xml")
    with pytest.raises(SettingsError, match=r"EMAGSYNC_LOG_FORMAT.*EMAGSYNC_LOG_LEVEL"):
        load_settings()


def test_a_group_that_is_not_an_object_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAGSYNC_RETRY", "5")
    with pytest.raises(SettingsError):
        load_settings()


def test_an_unknown_name_in_a_group_is_refused_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAGSYNC_RETRY__ATEMPTS", "5")
    with pytest.raises(SettingsError, match=r"EMAGSYNC_RETRY__ATEMPTS .*did you mean EMAGSYNC_RETRY__ATTEMPTS"):
        load_settings()


def test_a_misspelt_name_is_noticed_and_others_programs_names_are_not() -> None:
    assert misspelt(["EMAGSYNC_DATABSE_URL", "EMAGSYNC_DATA_DIR", "EMAGSYNC_TEST_POSTGRES", "PATH"]) == {
        "EMAGSYNC_DATABSE_URL": "EMAGSYNC_DATABASE_URL"
    }


def test_no_secret_is_in_the_settings_repr_nor_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAGSYNC_DATABASE_URL", "postgresql://user:hunter22@host/db")
    assert "hunter22" not in repr(load_settings())
    monkeypatch.setenv("EMAGSYNC_LOG_LEVEL", "hunter33")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter" not in str(caught.value)


def test_a_dollar_sign_in_a_password_stays_one() -> None:
    Path(".env").write_text("EMAG_MAIN_PASSWORD=a${HOME}b$c\n")
    assert read_variables(environ={})["EMAG_MAIN_PASSWORD"] == "a${HOME}b$c"


def test_bytes_that_are_not_utf_8_cost_only_the_variable_that_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_bytes(
        "EMAG_MAIN_PASSWORD=parolă\nEMAGSYNC_PORT=9000\n".encode("windows-1250") + "EMAG_FBE_PASSWORD=parolă\n".encode()
    )
    variables = read_variables(environ={})
    assert {name: is_text(value) for name, value in variables.items()} == {
        "EMAG_MAIN_PASSWORD": False,
        "EMAGSYNC_PORT": True,
        "EMAG_FBE_PASSWORD": True,
    }
    assert load_settings().port == 9000
    for source in ("the file", "the environment"):
        if source == "the file":
            Path(".env").write_bytes("EMAGSYNC_ADMIN_PASSWORD=parolă\n".encode("windows-1250"))
        else:
            Path(".env").unlink()
            monkeypatch.setenv("EMAGSYNC_ADMIN_PASSWORD", os.fsdecode("parolă".encode("windows-1250")))
        with pytest.raises(SettingsError, match=r"^EMAGSYNC_ADMIN_PASSWORD holds bytes that are not UTF-8"):
            load_settings()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_an_env_file_in_another_encoding_of_whole_letters_is_refused_by_name(encoding: str) -> None:
    Path(".env").write_bytes("EMAG_MAIN_USERNAME=u\n".encode(encoding))
    for reading in (read_variables, load_settings):
        with pytest.raises(SettingsError, match=r"\.env cannot be read: it is no text in UTF-8"):
            reading()


def test_an_env_file_may_begin_with_the_mark_of_windows_editors() -> None:
    Path(".env").write_bytes("EMAGSYNC_PORT=9000\n".encode("utf-8-sig"))
    assert load_settings().port == 9000


def test_the_environment_wins_over_the_file_in_any_case_unless_it_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("emagsync_port=9000\nEMAGSYNC_SYNC__TIMEOUT_SECONDS=7\nEMAGSYNC_SYNC__PAGES_IN_FLIGHT=3\n")
    monkeypatch.setenv("EMAGSYNC_PORT", "9001")
    monkeypatch.setenv("EMAGSYNC_SYNC__TIMEOUT_SECONDS", "")
    monkeypatch.setenv("EMAGSYNC_SYNC__PAGES_IN_FLIGHT", "4")
    settings = load_settings()
    assert (settings.port, settings.sync.timeout_seconds, settings.sync.pages_in_flight) == (9001, 7, 4)


@pytest.mark.parametrize("name", setting_names())
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "address",
    ["redis://host", "redis://:a%40b@host:6380/3", "rediss://user:word@10.0.0.1/0", "unix:///run/redis.sock?db=2"],
)
def test_addresses_of_redis_are_taken(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("EMAGSYNC_REDIS_URL", address)
    taken = load_settings().redis_url
    assert taken is not None
    assert taken.get_secret_value() == address


@pytest.mark.parametrize(
    "address",
    [
        "host:6379",
        "http://:hunter2@host",
        "redis://:hunter2@",
        "redis://host:hunter2",
        "redis://host/hunter2",
        "unix://",
    ],
)
def test_what_is_no_address_of_redis_stops_the_start_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("EMAGSYNC_REDIS_URL", address)
    with pytest.raises(SettingsError, match=r"^EMAGSYNC_REDIS_URL: an address such as redis://") as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        pytest.param("PROXY", "socks5://user:s3cret@h:1080", "socks5:// is not supported", id="another kind of proxy"),
        pytest.param("PROXY", "http://user:s3cret@", "must be the address of a proxy", id="a proxy without a host"),
        pytest.param("CA_BUNDLE", "missing.pem", "missing.pem cannot be used: No such file", id="no file"),
        pytest.param("CA_BUNDLE", "odd.pem", "odd.pem cannot be used: it holds no certificates", id="not certificates"),
    ],
)
def test_an_odd_way_to_emag_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    Path("odd.pem").write_text("no certificate\n")
    monkeypatch.setenv(f"EMAGSYNC_HTTP__{name}", value)
    with pytest.raises(SettingsError, match=f"^EMAGSYNC_HTTP__{name}: ") as raised:
        load_settings()
    assert says in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_way_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAGSYNC_HTTP__PROXY", "")
    monkeypatch.setenv("EMAGSYNC_HTTP__CA_BUNDLE", " ")
    assert (load_settings().http.proxy, load_settings().http.ca_bundle) == (None, None)


def test_retries_can_be_three_attempts_with_waits_from_four_to_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ATTEMPTS": "3", "MIN_SECONDS": "4", "MAX_SECONDS": "10"}.items():
        monkeypatch.setenv(f"EMAGSYNC_RETRY__{name}", value)
    retry = load_settings().retry
    assert (retry.attempts, retry.min_seconds, retry.max_seconds) == (3, 4.0, 10.0)


def test_a_longest_wait_below_the_shortest_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAGSYNC_RETRY__MIN_SECONDS", "40")
    with pytest.raises(SettingsError, match=r"EMAGSYNC_RETRY__MAX_SECONDS: .*MIN_SECONDS, which is 40"):
        load_settings()


def test_libraries_that_log_the_values_of_statements_cannot_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAGSYNC_LOG_LIBRARIES", "celery, uvicorn.error")
    assert load_settings().log_libraries == ("celery", "uvicorn.error")
    for name in ("aiosqlite", "sqlalchemy.engine", "asyncpg"):
        monkeypatch.setenv("EMAGSYNC_LOG_LIBRARIES", f"celery,{name}")
        with pytest.raises(SettingsError, match=f"EMAGSYNC_LOG_LIBRARIES: {name} would log the values"):
            load_settings()
