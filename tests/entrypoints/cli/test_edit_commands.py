"""`emagsync offers set`, `edits` and `conflicts` as a person at the command line uses them."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from emagsync.sandbox.process import SandboxProcess
from entrypoints.cli.command import Cli

# What they do in the database is the service's, whose own tests run on both.


def on_emag(sandbox: SandboxProcess, emag_id: int, values: object) -> None:
    sandbox.control("POST", "/offers/change", {"account": "fbe", "ids": [emag_id], "set": values})


def test_values_are_set_listed_and_withdrawn(cli: Cli, emag_id: int) -> None:
    done = cli("offers", "set", "fbe", emag_id, "--sale-price", "105.5", "--stock", 3)
    assert done.out == f"fbe {emag_id}: sale_price 100.0000 -> 105.5000, stock (1) 10 -> 3\n"
    part_number = cli("offers", "show", "fbe", emag_id, "--json").json["offer"]["part_number"]
    again = cli("offers", "set", "fbe", "--part-number", part_number, "--stock", 3)
    assert again.out.startswith(f"fbe {emag_id}: ")
    assert "has these values already" in again.out
    edits = cli("edits", "list", "--json").json["edits"]
    assert [(edit["field"], edit["value"], edit["source"]) for edit in edits] == [
        ("stock", "3", "cli"),
        ("sale_price", "105.5000", "cli"),
    ]
    assert "105.5000" in cli("edits", "list", "--account", "fbe").out
    for command, name in (("edits", "edits"), ("outbox", "lines"), ("conflicts", "conflicts")):
        found = cli(command, "list", "--part-number", part_number, "--json").json[name]
        assert {one["emag_id"] for one in found} <= {emag_id}
        assert bool(found) is (command == "edits")
        for option in ("--part-number", "--part-number-key", "--ean"):
            assert cli(command, "list", option, "no such", "--json").json[name] == []
    assert cli("edits", "withdraw", edits[0]["id"], "--json").json == {"withdrawn": [edits[0]["id"]]}
    assert "is withdrawn already" in cli("edits", "withdraw", edits[0]["id"]).err
    (withdrawn,) = cli("edits", "list", "--state", "withdrawn", "--json").json["edits"]
    assert withdrawn["id"] == edits[0]["id"]


def test_what_cannot_be_set_is_one_line_and_exit_code_says_so(cli: Cli, emag_id: int) -> None:
    for arguments, words in (
        ((99999999,), "Nothing to change"),
        ((99999999, "--stock", "3"), "no offer 99999999"),
        ((emag_id, "--sale-price", "5"), "below min_sale_price"),
        ((emag_id, "--sale-price", "40"), "confirm"),
    ):
        result = cli("offers", "set", "fbe", *arguments)
        assert result.code in (1, 2), result
        assert words in result.err
        assert result.err.count("\n") == 1


def test_a_file_is_shown_first_and_kept_when_told_to(cli: Cli, emag_id: int) -> None:
    file = cli.folder / "prices.csv"
    file.write_text(f"emag_id;sale_price\n{emag_id};40\n", encoding="utf-8")
    shown = cli("edits", "load", file, "--account", "fbe")
    assert shown.code == 0
    assert "needs_confirmation" in shown.out
    refused = cli("edits", "load", file, "--account", "fbe", "--apply")
    assert refused.code == 1
    assert "Nothing was kept" in refused.out
    kept = cli("edits", "load", file, "--account", "fbe", "--apply", "--confirm", "--json")
    assert (kept.code, kept.json["kept"]) == (0, 1)
    assert "cannot be read" in cli("edits", "load", cli.folder / "none.csv").err


@pytest.mark.thorough
def test_what_is_hidden_or_under_no_heading_in_a_file_is_told_and_not_kept(cli: Cli, emag_id: int) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["emag_id", "stock"])
    sheet.append([emag_id, 4])
    sheet.row_dimensions[2].hidden = True
    hidden, stray = cli.folder / "hidden.xlsx", cli.folder / "stray.csv"
    book.save(hidden)
    refused = cli("edits", "load", hidden, "--account", "fbe", "--apply", "--confirm")
    assert refused.code == 1
    assert "Hidden in the file: 1 rows. --include-hidden accepts them." in refused.out
    assert cli("edits", "load", hidden, "--account", "fbe", "--apply", "--include-hidden", "--json").json["kept"] == 1
    stray.write_text(f"emag_id,stock\n{emag_id},797,99\n", encoding="utf-8")
    assert "C2: '99' stands in C2, under no heading" in " ".join(cli("edits", "load", stray).out.split())
    stray.write_bytes(b"PK\x03\x04")
    broken = cli("edits", "load", stray)
    assert (broken.code, broken.err.count("\n")) == (1, 1)
    assert "cannot be read as XLSX" in broken.err


def test_conflicts_are_listed_and_resolved(cli: Cli, sandbox: SandboxProcess, emag_id: int) -> None:
    cli.variables["EMAGSYNC_EDITS__CONFLICT_STRATEGY"] = "manual"
    cli("offers", "set", "fbe", emag_id, "--sale-price", "105.5", "--handling-time", 7)
    on_emag(sandbox, emag_id, {"sale_price": "110.0000", "handling_time": [{"warehouse_id": 1, "value": 9}]})
    cli("sync", "fbe", "--mode", "full")
    conflicts = cli("conflicts", "list", "--json").json["conflicts"]
    assert sorted((one["field"], one["local"], one["emag"]) for one in conflicts) == [
        ("handling_time", "7", "9"),
        ("sale_price", "105.5000", "110.0000"),
    ]
    assert "110.0000" in cli("conflicts", "list").out
    price = next(one["id"] for one in conflicts if one["field"] == "sale_price")
    assert cli("conflicts", "resolve", price).code == 2
    assert cli("conflicts", "resolve", price, "--value", "107").out == "1 resolved.\n"
    assert cli("conflicts", "resolve", "--account", "fbe", "--take", "emag", "--json").json == {"resolved": 1}
    assert cli("conflicts", "list", "--json").json["conflicts"] == []
    assert len(cli("conflicts", "list", "--resolved", "--json").json["conflicts"]) == 2
    assert [edit["value"] for edit in cli("edits", "list", "--json").json["edits"]] == ["107.0000"]


def test_a_setting_about_edits_that_makes_no_sense_stops_the_start(cli: Cli) -> None:
    odd = {"EMAGSYNC_EDITS__CONFLICT_STRATEGY": "mine", "EMAGSYNC_EDITS__OWNERS": "colour=local"}
    result = cli("edits", "list", **odd)
    assert result.code == 2
    assert all(name in result.err for name in odd)
