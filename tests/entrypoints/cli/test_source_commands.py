"""`emagsync sources` as a person at the command line uses it."""

from __future__ import annotations

from entrypoints.cli.command import Cli


def test_a_source_is_added_read_applied_changed_and_removed(cli: Cli, emag_id: int) -> None:
    added = cli("sources", "add", "ERP", "--kind", "upload", "--account", "fbe", "--column", "Nr=emag_id",
                "--column", "Bucati=stock")  # fmt: skip
    assert added.out.startswith("Added ERP (")
    file = cli.folder / "stock.csv"
    file.write_text(f"Nr;Bucati\n{emag_id};4\n99999999;1\n{emag_id};multe\n", encoding="utf-8")

    read = cli("sources", "read", "erp", file)
    assert (read.code, read.err) == (0, "")
    assert "previewed: 3: 1 changed, 1 unknown, 1 refused" in read.out
    assert "A3: account 'fbe' has no offer 99999999" in read.out
    assert cli("sources", "read", "ERP", file, "--json").json["reading"]["status"] == "same_file"
    applied = cli("sources", "read", "ERP", file, "--force", "--apply", "--json").json
    assert applied["reading"]["status"] == "applied"
    [edit] = cli("edits", "list", "--json").json["edits"]
    assert (edit["value"], edit["source"], edit["batch_id"]) == ("4", "source", applied["reading"]["batch_id"])

    file.write_text("Nr;Altceva\n1;2\n", encoding="utf-8")
    refused = cli("sources", "read", "ERP", file)
    assert (refused.code, refused.err.strip()) == (
        1,
        "emagsync: The file has no column Bucati: mend the mapping, or the file. Found: Nr, Altceva.",
    )
    listed = cli("sources", "readings", "ERP", "--json").json["readings"]
    assert [one["status"] for one in listed] == ["refused", "applied", "same_file", "previewed"]

    assert "Changed Depozit" in cli("sources", "edit", "ERP", "--new-name", "Depozit", "--mode", "direct").out
    [source] = cli("sources", "list", "--json").json["sources"]
    assert (source["name"], source["mode"], source["failures"]) == ("Depozit", "direct", 1)
    assert "Depozit" in cli("sources", "list").out
    assert cli("sources", "remove", "depozit", "--json").json == {"removed": "depozit"}
    assert cli("sources", "list").out.strip() == "No sources."


def test_what_makes_no_sense_is_one_line(cli: Cli) -> None:
    place = ("--account", "fbe", "--address", "sftp://sftp.example.com/stock.csv")
    for arguments, words in (
        (("--kind", "upload", "--account", "nobody"), "no account"),
        (("--kind", "https", "--account", "fbe", "--address", "https://10.0.0.1/a.csv"), "not a public address"),
        (("--kind", "sftp", *place), "needs a user name"),
        (("--kind", "folder", "--account", "fbe", "--address", "a.csv"), "EMAGSYNC_SOURCES__FOLDER"),
        (("--kind", "upload", "--account", "fbe", "--column", "Cod=sku"), "columns"),
        (("--kind", "upload", "--account", "fbe", "--column", "Cod=part_number"), "no column with values"),
    ):
        result = cli("sources", "add", "ERP", *arguments)
        assert result.code in (1, 2), result
        assert words in result.err
        assert result.err.count("\n") == 1
    assert "There is no source 'ERP'" in cli("sources", "read", "ERP").err
