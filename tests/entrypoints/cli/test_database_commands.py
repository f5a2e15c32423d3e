"""`emagsync db check` and `db copy`: what people type when they move to PostgreSQL and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from entrypoints.cli.command import Cli, Kept
from support.databases import POSTGRESQL, address_in, execute, rows, running_on

FULL = ("sync", "main", "--mode", "full")


@pytest.fixture
def target(tmp_path: Path) -> str:
    """An empty PostgreSQL database, without tables."""
    with running_on(POSTGRESQL):
        return address_in(tmp_path / "target", migrated=False)


@pytest.mark.thorough
def test_a_copy_moves_to_postgresql_is_used_there_and_moves_back(
    cli: Cli, kept: Kept, target: str, tmp_path: Path
) -> None:
    kept.after(cli, *FULL)
    before = rows(cli.data_dir, "SELECT account, emag_id, sale_price, fingerprint FROM offers ORDER BY id")
    there = cli("db", "copy", "--to", target)
    assert there.code == 0, there.err
    assert "every one was read back" in there.out
    assert "offers: 230 of 230 rows" in there.err
    again = cli(*FULL, "--json", EMAGSYNC_DATABASE_URL=target)
    assert again.json["accounts"][0]["run"]["unchanged"] == 230
    assert cli("db", "check", EMAGSYNC_DATABASE_URL=target).code == 0
    back = f"sqlite:///{tmp_path / 'back.sqlite3'}"
    assert cli("db", "copy", "--from", target, "--to", back, "--json").json["tables"]
    (tmp_path / "back").mkdir()
    (tmp_path / "back.sqlite3").rename(tmp_path / "back" / "emagsync.sqlite3")
    assert rows(tmp_path / "back", "SELECT account, emag_id, sale_price, fingerprint FROM offers ORDER BY id") == before


def test_a_copy_to_a_database_with_rows_or_from_none_is_refused(cli: Cli, kept: Kept, target: str) -> None:
    nowhere = cli("db", "copy", "--from", "sqlite:////dev/null/x", "--to", target)
    assert (nowhere.code, "no database at /dev/null/x" in nowhere.err) == (2, True)
    kept.after(cli, *FULL)
    assert cli("db", "copy", "--to", target).code == 0
    second = cli("db", "copy", "--to", target)
    assert (second.code, "--replace" in second.err) == (2, True)
    assert cli("db", "copy", "--to", target, "--replace").code == 0


def test_a_run_that_is_going_on_holds_up_a_copy_unless_told_otherwise(cli: Cli, kept: Kept, target: str) -> None:
    kept.after(cli, *FULL)
    execute(cli.data_dir, "UPDATE sync_runs SET status = 'running', finished_at = NULL")
    refused = cli("db", "copy", "--to", target)
    assert (refused.code, "--while-running" in refused.err) == (2, True)
    assert cli("db", "copy", "--to", target, "--while-running").code == 0


def test_a_password_in_an_address_is_not_shown(cli: Cli) -> None:
    assert cli("db", "upgrade").code == 0
    refused = cli("db", "copy", "--to", "postgresql://somebody:geheim42@127.0.0.1:1/nothing")
    assert refused.code == 2
    assert "EMAGSYNC_DATABASE_URL" in refused.err
    assert "geheim42" not in refused.err + refused.out


def test_a_check_tells_what_it_looked_at_and_fails_without_tables(bare: Cli, target: str) -> None:
    assert bare("db", "upgrade").code == 0
    document = bare("db", "check", "--json").json
    assert (document["works"], {finding["name"] for finding in document["findings"]}) == (
        True,
        {"schema", "file", "references", "numbers", "key"},
    )
    empty = bare("db", "check", EMAGSYNC_DATABASE_URL=target)
    assert (empty.code, "emagsync db upgrade" in empty.out) == (1, True)
    assert bare("db", "upgrade", EMAGSYNC_DATABASE_URL=target).code == 0
    assert "search: by an index of trigrams" in bare("db", "check", EMAGSYNC_DATABASE_URL=target).out


def test_kept_numbers_that_are_wrong_are_told_and_counted_anew(cli: Cli, kept: Kept) -> None:
    kept.after(cli, *FULL)
    execute(cli.data_dir, "UPDATE offer_counts SET number = number + 1 WHERE account = 'main' AND what = 'offers'")
    told = cli("db", "check")
    assert (told.code, "of main are not those of a recount: `emagsync db upgrade`" in told.out) == (0, True)
    assert cli("db", "upgrade", "--json").json["upgraded"] is True
    assert "numbers: are those of a recount" in cli("db", "check").out
    assert cli("db", "upgrade", "--json").json["upgraded"] is False


def test_commands_on_a_damaged_file_say_that_the_backup_is_needed(cli: Cli, kept: Kept) -> None:
    kept.after(cli, *FULL)
    file = cli.data_dir / "emagsync.sqlite3"
    with file.open("r+b") as opened:
        opened.write(b"\x07" * 4000)
    for command in (("offers", "list"), ("status",), ("history",), FULL, ("db", "check"), ("db", "upgrade")):
        told = cli(*command)
        assert told.code != 0
        assert "restore the backup" in told.err, command
