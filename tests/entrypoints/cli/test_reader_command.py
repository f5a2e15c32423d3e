"""`emagsync db grant-reader`: what people type, and what they are told."""

from __future__ import annotations

import json
import os

import pytest

from emagsync.db.contract.installing import NAMES
from entrypoints.cli.command import Cli
from support.databases import rows

GRANT = ("db", "grant-reader")
NAME = f"erp {os.getpid()}"


@pytest.mark.databases("postgresql", "SQLite has no roles")
def test_a_reader_is_made_with_a_password_that_is_shown_once_and_goes_again(bare: Cli) -> None:
    made = bare(*GRANT, NAME)
    try:
        assert (made.code, made.err) == (0, "")
        assert all(name in made.out for name in NAMES)
        password = made.out.rsplit("password (shown only now): ", 1)[1].strip()
        assert len(password) >= 20
        again = bare(*GRANT, NAME, "--json").json
        assert (again["made"], again["views"], "password" in again) == (False, list(NAMES), False)
        given = bare(*GRANT, NAME, "--password-stdin", stdin="given-by-somebody\n")
        assert (given.code, "password" in given.out) == (0, False)
        renewed = bare(*GRANT, NAME, "--new-password", "--json").json
        assert renewed["password"] not in (password, "given-by-somebody")
        audited = rows(bare.data_dir, "SELECT target, detail FROM audit_log WHERE action = 'database.grant_reader'")
        assert [entry["target"] for entry in audited] == [NAME] * 4
        noted = json.dumps([str(entry) for entry in audited])
        assert not any(secret in noted for secret in (password, renewed["password"], "given-by-somebody"))
    finally:
        gone = bare(*GRANT, NAME, "--revoke")
    assert (gone.code, gone.out) == (0, f"The role {NAME} is gone.\n")
    assert bare(*GRANT, NAME, "--revoke", "--json").json == {"reader": NAME, "was_there": False, "gone": True}


def test_sqlite_has_no_readers_and_says_what_to_do(bare: Cli) -> None:
    refused = bare(*GRANT, "erp")
    assert (refused.code, refused.out) == (2, "")
    [line] = refused.err.splitlines()
    assert f"file:{bare.data_dir}/emagsync.sqlite3?mode=ro" in line
    assert "can read" in line
    assert "PostgreSQL" in line


def test_options_that_contradict_each_other_are_refused(bare: Cli) -> None:
    refused = bare(*GRANT, "erp", "--revoke", "--password-stdin", stdin="given-by-somebody\n")
    assert (refused.code, "give one of them" in refused.err) == (2, True)
