"""`emagsync users` and `emagsync tokens`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from entrypoints.cli.command import Cli


@pytest.fixture(autouse=True)
def _database(bare: Cli) -> None:
    bare.with_database()


def test_a_user_is_added_with_a_password_that_is_printed_once(bare: Cli) -> None:
    added = bare("users", "add", "Maria", "--role", "operator", "--json").json["user"]
    assert (added["username"], added["role"], added["enabled"]) == ("maria", "operator", True)
    assert len(added["password"]) >= 16
    listed = bare("users", "list", "--json").json["users"]
    assert [user["username"] for user in listed] == ["maria"]
    assert "password" not in listed[0]
    assert "maria   operator   yes       no" in bare("users", "list").out


def test_a_password_comes_from_standard_input_and_is_not_printed(bare: Cli) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emagsync", "users", "add", "maria", "--password-stdin"],
        input="a long password\n",
        env=bare.environment(),
        cwd=bare.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert done.stdout == "maria: added\n"
    assert done.stderr == ""


def test_users_are_changed_by_name(bare: Cli) -> None:
    bare("users", "add", "maria")
    assert bare("users", "role", "MARIA", "admin").out == "maria: is now admin\n"
    assert bare("users", "passwd", "maria", "--json").json["user"]["password"]
    bare("users", "add", "ion", "--role", "admin")
    assert bare("users", "disable", "maria", "--json").json["user"]["enabled"] is False
    assert bare("users", "enable", "maria", "--json").json["user"]["enabled"] is True


def test_a_user_is_logged_out_and_let_in_by_name(bare: Cli) -> None:
    bare("users", "add", "maria")
    assert bare("users", "logout", "Maria").out == "maria: logged out everywhere\n"
    assert bare("users", "unlock", "maria").out == "maria: need not wait any longer\n"
    assert "There is no second factor" in bare("users", "reset-2fa", "maria").err
    assert "There is no user 'nobody'" in bare("users", "unlock", "nobody").err


def test_what_cannot_be_done_to_users_is_one_line(bare: Cli) -> None:
    bare("users", "add", "maria", "--role", "admin")
    for arguments, words in (
        (("add", "maria"), "There is a user 'maria' already"),
        (("add", "two words"), "'two words' cannot be a user name"),
        (("passwd", "nobody"), "There is no user 'nobody'"),
        (("disable", "maria"), "This is the last enabled admin"),
        (("role", "maria", "viewer"), "This is the last enabled admin"),
        (("add", "ion", "--password-stdin"), "standard input has no password"),
    ):
        result = bare("users", *arguments)
        assert result.code in (1, 2)
        assert words in result.err
        assert result.err.count("\n") == 1


@pytest.mark.databases("both", often="sqlite")
def test_tokens_are_made_listed_and_revoked(bare: Cli) -> None:
    made = bare("tokens", "create", "erp", "--role", "operator")
    assert made.out.startswith("emag_t_")
    assert made.out.count("\n") == 1
    assert made.out.strip() not in made.err
    token = bare("tokens", "list", "--json").json["tokens"][0]
    assert (token["name"], token["role"], token["username"]) == ("erp", "operator", None)
    assert bare("tokens", "revoke", token["id"], "--json").json == {"revoked": token["id"]}
    assert bare("tokens", "list", "--json").json["tokens"] == []
    assert "There is no API token" in bare("tokens", "revoke", token["id"]).err


def test_a_token_may_belong_to_a_user_and_never_expire(bare: Cli) -> None:
    bare("users", "add", "maria")
    made = bare("tokens", "create", "mine", "--user", "Maria", "--expires-in-days", "0", "--json").json["token"]
    assert (made["username"], made["expires_at"]) == ("maria", None)
    assert "There is no user 'nobody'" in bare("tokens", "create", "x", "--user", "nobody").err


def test_nothing_that_is_printed_once_is_in_the_database(bare: Cli) -> None:
    password = bare("users", "add", "maria", "--json").json["user"]["password"]
    token = bare("tokens", "create", "erp").out.strip()
    stored = b"".join(path.read_bytes() for path in bare.data_dir.rglob("*") if path.is_file())
    assert b"maria" in stored
    assert token.encode() not in stored
    assert json.dumps(password).strip('"').encode() not in stored
