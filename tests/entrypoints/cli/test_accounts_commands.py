"""`emagsync accounts add`, `edit` and `remove`, and the commands that use what was added."""

from __future__ import annotations

import json

import pytest

from emagsync.sandbox.process import SandboxProcess
from entrypoints.cli.command import Cli, Result

pytestmark = pytest.mark.databases("both", often="sqlite")

SECRET = "main-secret"


@pytest.fixture
def empty(bare: Cli, sandbox: SandboxProcess) -> Cli:
    """No account, and eMAG's limit off."""
    bare.variables |= {"EMAGSYNC_LIMIT__ENABLED": "false", "EMAGSYNC_RETRY__ATTEMPTS": "1"}
    return bare


def add(cli: Cli, sandbox: SandboxProcess, *options: str, password: str = SECRET) -> Result:
    return cli.run(
        *("accounts", "add", "MAIN", "--username", "main", "--base-url", sandbox.api_url, "--password-stdin"),
        *options,
        stdin=f"{password}\n",
    )


def test_an_account_is_added_copied_changed_and_removed_without_a_settings_file(
    empty: Cli, sandbox: SandboxProcess
) -> None:
    added = add(empty, sandbox, "--platform", "emag-ro", password="wrong")
    assert (added.code, added.out) == (0, "main: added\n")
    (listed,) = empty("accounts", "--json").json["accounts"]
    assert (listed["source"], listed["enabled"], listed["password_set"]) == ("database", True, True)
    refused = empty("check")
    assert (refused.code, "credentials" in refused.err) == (1, True)
    changed = empty.run("accounts", "edit", "main", "--password-stdin", stdin=f"{SECRET}\n")
    assert (changed.code, changed.out) == (0, "main: changed\n")
    assert empty("sync", "--mode", "full", "--json").json["accounts"][0]["outcome"] == "completed"
    assert empty("accounts", "edit", "main", "--off").code == 0
    assert "switched off" in empty("sync", "main").err
    assert empty("accounts", "remove", "main").code == 0
    assert len(json.loads(empty("offers", "list", "--json").out)["offers"]) > 0
    assert empty("accounts").code == 2


def test_removing_with_the_offers_leaves_nothing_of_them(empty: Cli, sandbox: SandboxProcess) -> None:
    add(empty, sandbox)
    assert empty("sync", "--mode", "full").code == 0
    # What is logged on the way is no part of the answer.
    removed = empty("accounts", "remove", "main", "--delete-offers", "--json", EMAGSYNC_LOG_LEVEL="info")
    assert (removed.code, removed.json) == (0, {"account": "main", "done": "removed"})
    assert "account_erased" in removed.err
    assert json.loads(empty("offers", "list", "--json").out)["offers"] == []


@pytest.mark.databases("sqlite")
def test_the_check_of_the_database_says_whose_password_the_key_does_not_open(
    empty: Cli, sandbox: SandboxProcess
) -> None:
    add(empty, sandbox)
    assert "ok      key: opens the passwords of all accounts" in empty("db", "check").out
    other = empty("db", "check", EMAGSYNC_SECRET_KEY="another-key-of-this-server-0123456789")
    assert (other.code, "note    key: does not open the password of main" in other.out) == (0, True)
    assert SECRET not in other.out


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        pytest.param(("add", "all", "--username", "u"), "p\n", "'all' means several accounts", id="a reserved name"),
        pytest.param(("add", "two words", "--username", "u"), "p\n", "NAME: ", id="an odd name"),
        pytest.param(("add", "x", "--username", "u:p"), "p\n", "holds a colon", id="a colon"),
        pytest.param(("add", "x", "--username", "u"), "\n", "no password in its first line", id="no password"),
        pytest.param(
            ("add", "x", "--username", "u", "--base-url", "http://shop.ro/api-3"), "p\n", "https://", id="clear text"
        ),
        pytest.param(("edit", "nobody", "--username", "u"), "p\n", "There is no account 'nobody'", id="unknown"),
    ],
)
@pytest.mark.databases("sqlite")
def test_an_odd_account_is_one_line_and_exit_2(bare: Cli, arguments: tuple[str, ...], stdin: str, says: str) -> None:
    result = bare.run("accounts", *arguments, "--password-stdin", stdin=stdin)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert says in result.err


@pytest.mark.databases("sqlite")
def test_without_an_account_it_is_said_where_was_looked(bare: Cli) -> None:
    said = bare("sync").err
    assert f"{bare.folder / '.env'} (there is no such file)" in said
    assert str(bare.data_dir / "emagsync.sqlite3") in said
    (bare.folder / ".env").write_text("EMAGSYNC_LOG_LEVEL=info\n")
    assert "there is no such file" not in bare("sync").err
