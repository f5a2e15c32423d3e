"""The commands that show what is there."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import normalize

import openpyxl
import pytest

from emagsync.sandbox.process import SandboxProcess, start_sandbox
from entrypoints.cli.command import Cli
from support.processes import forking


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Cli]:
    """A machine with two accounts, both copied once; tests only look at it."""
    folder = tmp_path_factory.mktemp("copied")
    with forking(), start_sandbox(["main:main-secret:230", "fbe:fbe-secret:40"], ["--no-limit"]) as sandbox:
        cli = Cli(folder, {"EMAGSYNC_DATA_DIR": str(folder / "data"), "EMAGSYNC_LIMIT__ENABLED": "false"})
        for name in ("main", "fbe"):
            cli.variables |= {
                f"EMAG_{name.upper()}_USERNAME": name,
                f"EMAG_{name.upper()}_PASSWORD": f"{name}-secret",
                f"EMAG_{name.upper()}_BASE_URL": sandbox.api_url,
            }
        assert cli("sync", "--mode", "full").code == 0
        yield cli


@pytest.mark.databases("both", often="sqlite")
def test_status_tells_what_is_held_and_when_it_was_last_complete(copied: Cli) -> None:
    text = copied("status").out
    assert "main" in text
    assert "230" in text
    accounts = copied("status", "--json").json["accounts"]
    assert [account["account"] for account in accounts] == ["main", "fbe"]
    main = accounts[0]
    assert (main["configured"], main["problem"], main["running"]) == (True, None, None)
    assert main["totals"]["offers"] == 230
    assert main["last_run"]["status"] == "completed"
    assert main["last_completed_at"] == main["last_run"]["finished_at"]


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["offers", "list"], id="list"),
        pytest.param(["offers", "export"], id="export"),
        pytest.param(["history"], id="history"),
        pytest.param(["calls"], id="calls"),
    ],
)
def test_an_account_that_is_nowhere_is_an_error_and_not_an_empty_answer(copied: Cli, command: list[str]) -> None:
    result = copied(*command, "--account", "mian")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("emagsync: There is no account 'mian'")
    assert len(result.err.splitlines()) == 1


def test_an_account_that_is_not_configured_any_more_is_still_shown(copied: Cli) -> None:
    gone = {"EMAG_FBE_USERNAME": "", "EMAG_FBE_PASSWORD": "", "EMAG_FBE_BASE_URL": ""}
    assert copied("offers", "list", "--account", "FBE", "--json", **gone).json["total"] == 40
    assert len(copied("history", "--account", "FBE", "--json", **gone).json["runs"]) == 1


@pytest.mark.databases("both", often="sqlite")
def test_history_lists_runs_and_shows_one_with_its_pages(copied: Cli) -> None:
    runs = copied("history", "--account", "main", "--json").json["runs"]
    assert [run["account"] for run in runs] == ["main"]
    run_id = runs[0]["id"]
    assert run_id[:8] in copied("history").out
    document = copied("history", "show", run_id, "--json").json
    assert document["run"]["id"] == run_id
    assert {1, 2, 3} <= {page["page"] for page in document["pages"]}
    assert len(document["pages"][0]["ids"]) == document["pages"][0]["items"]
    assert "main: completed" in copied("history", "show", run_id).out
    assert copied("history", "--status", "failed").out.startswith("No runs")


def test_a_runs_certificate_and_the_digest_of_the_copy_agree(copied: Cli) -> None:
    run_id = copied("history", "--account", "main", "--json").json["runs"][0]["id"]
    one = copied("history", "certificate", run_id, "--json").json
    assert (one["verdict"], one["stored"]["processed"]) == ("complete", 230)
    copies = copied("db", "digest", "--json").json
    assert [copy["account"] for copy in copies["accounts"]] == ["fbe", "main"]
    main = copied("db", "digest", "--account", "MAIN", "--json").json
    assert main["accounts"] == copies["accounts"][1:]
    assert main["accounts"] == [{"account": "main", "offers": 230, "digest": one["copied"]["digest"]}]
    text = copied("history", "certificate", run_id).out
    assert "Every page of the list was read: 230 offers on 3 pages." in text
    for line in (text, copied("db", "digest").out):
        assert f"{copies['version']}:{one['copied']['digest']}" in line
    assert copied("history", "certificate", "nope").code == 1


def test_a_run_that_does_not_exist_is_said_so(copied: Cli) -> None:
    result = copied("history", "show", "nope")
    assert result.code == 1
    assert "'nope'" in result.err


# By what the copied offers are in order; those that have None there are last.
SORTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "emag_id": lambda offer: (offer["emag_id"], offer["account"]),
    "name": lambda offer: normalize("NFKD", offer["name"]).encode("ascii", "ignore").lower(),
    "part_number": lambda offer: offer["part_number"],
    "sale_price": lambda offer: (offer["currency"], Decimal(offer["sale_price"])),
    "updated_at": lambda offer: offer["changed_at"],
}


@pytest.mark.often(first=2)  # tests/offers/test_queries.py has every order
@pytest.mark.databases("both", often="sqlite")
@pytest.mark.parametrize("key", SORTED)
def test_offers_are_listed_in_the_order_that_is_asked_for(copied: Cli, key: str) -> None:
    def listed(sort: str) -> tuple[list[Any], list[Any]]:
        found = copied("offers", "list", "--sort", sort, "--limit", 500, "--json").json["offers"]
        values = [SORTED[key](offer) for offer in found]
        return [value for value in values if value is not None], values

    present, values = listed(key)
    assert len(set(present)) > 1
    assert present == sorted(present)
    assert values[: len(present)] == present
    backwards, others = listed(f"-{key}")
    assert backwards == present[::-1]
    assert others[: len(present)] == backwards


@pytest.mark.parametrize(
    ("order", "says"),
    [("price", "did you mean sale_price?"), ("-sku", "did you mean -part_number?"), ("colour", "give one of account,")],
)
def test_an_order_that_is_none_is_refused_with_the_one_that_was_meant(copied: Cli, order: str, says: str) -> None:
    result = copied("offers", "list", "--sort", order)
    assert (result.code, result.out) == (2, "")
    assert says in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(("order", "column"), [("updated_at", "changed"), ("-part_number", "SKU")])
def test_the_table_shows_what_it_is_ordered_by(copied: Cli, order: str, column: str) -> None:
    head = copied("offers", "list", "--sort", order, "--limit", 3, COLUMNS="110").out.splitlines()[0]
    assert column in head


@pytest.mark.databases("both", often="sqlite")
def test_offers_are_listed_searched_and_filtered(copied: Cli) -> None:
    page = copied("offers", "list", "--account", "main", "--limit", 10, "--skip", 5, "--json").json
    assert (page["total"], page["skip"], page["limit"]) == (230, 5, 10)
    assert [offer["emag_id"] for offer in page["offers"]] == list(range(6, 16))
    assert copied("offers", "list", "--search", "sku-000007", "--json").json["total"] == 2
    inactive = copied("offers", "list", "--status", "inactive", "--status", "end_of_life", "--json").json
    assert {offer["status"] for offer in inactive["offers"]} == {0, 2}
    empty = copied("offers", "list", "--not-sellable", "--max-stock", 0, "--json").json
    assert {(offer["sellable"], offer["stock"]) for offer in empty["offers"]} == {(False, 0)}
    assert "1-3 of 270" in copied("offers", "list", "--limit", 3).out
    assert "No offers match" in copied("offers", "list", "--search", "zzzz").out


def test_an_offer_is_shown_with_the_reasons_in_words_and_the_row_as_sent(copied: Cli) -> None:
    unsold = copied("offers", "list", "--account", "main", "--not-sellable", "--max-stock", 0, "--json").json["offers"][
        0
    ]
    text = copied("offers", "show", "main", unsold["emag_id"]).out
    assert "It does not sell:" in text
    assert "out of stock" in text
    document = copied("offers", "show", "main", unsold["emag_id"], "--json").json
    assert document["offer"] == unsold
    assert "it is out of stock" in document["why_not_sellable"]
    assert int(document["payload"]["id"]) == unsold["emag_id"]
    assert document["changes"][0]["field"] == "lifecycle"
    missing = copied("offers", "show", "main", 99999)
    assert missing.code == 1
    assert "99999" in missing.err


def test_an_offer_is_shown_by_its_codes_too(copied: Cli) -> None:
    offers = copied("offers", "list", "--account", "main", "--limit", 200, "--json").json["offers"]
    one = next(offer for offer in offers if offer["eans"] and offer["part_number_key"])
    for option, code in (
        ("--part-number", one["part_number"]),
        ("--part-number-key", one["part_number_key"]),
        ("--ean", one["eans"][0]),
    ):
        assert copied("offers", "show", "MAIN", option, code, "--json").json["offer"] == one
    missing = copied("offers", "show", "main", "--part-number", "NO-SUCH")
    assert (missing.code, "'NO-SUCH'" in missing.err) == (1, True)
    for named in ((), (one["emag_id"], "--ean", one["eans"][0]), ("--ean", "1", "--part-number", "A")):
        twice = copied("offers", "show", "main", *named)
        assert (twice.code, twice.err.startswith("emagsync: Name one offer")) == (2, True), twice.err


def test_an_export_goes_to_standard_output_or_a_file(copied: Cli, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in copied("offers", "export", "--format", "jsonl").out.splitlines()]
    assert len(lines) == 270
    assert {"account", "emag_id", "sale_price", "removed_at", "changed_at"} <= lines[0].keys()
    text = copied("offers", "export", "--account", "fbe").out
    assert text.startswith("\ufeff")
    assert len(list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))) == 40
    book = tmp_path / "offers.xlsx"
    result = copied("offers", "export", "--output", book, "--status", "active", "--sellable")
    assert (result.code, result.out) == (0, "")
    assert f"exported to {book}" in result.err
    sheet = openpyxl.load_workbook(book).active
    assert sheet is not None
    assert 1 < sheet.max_row < 271


def test_an_export_for_people_has_their_language_columns_and_time_zone(copied: Cli) -> None:
    asked = ("offers", "export", "--account", "fbe", "--language", "ro")
    text = copied(*asked, "--columns", "emag_id, sale_price,changed_at", "--time-zone", "Europe/Bucharest").out
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))
    assert rows[0] == ["ID ofertă", "Preț fără TVA", "Ultima modificare (Europe/Bucharest)"]
    assert len(rows) == 41
    assert re.fullmatch(r"\d+,\d{4}", rows[1][1])
    assert re.search(r"\+0[23]:00$", rows[1][2])
    for option, value, answer in (
        ("--columns", "emag_id,stok", "did you mean stock?"),
        ("--columns", "stock,stock", "once"),
        ("--time-zone", "Bucuresti", "Europe/Bucharest"),
    ):
        refused = copied(*asked, option, value)
        assert refused.code == 2
        assert answer in refused.err


def test_a_reader_that_goes_away_is_no_error_worth_telling(copied: Cli) -> None:
    command = f"{sys.executable} -m emagsync offers export --format jsonl | head -1"
    done = subprocess.run(
        ["sh", "-c", command], env=copied.environment(), cwd=copied.folder, capture_output=True, check=False
    )
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


def test_accounts_are_listed_with_their_variables_and_without_secrets(copied: Cli) -> None:
    text = copied("accounts", EMAG_OTHER_USERNAME="seller").out
    assert "EMAG_MAIN_PASSWORD" in text
    assert "EMAG_OTHER_PASSWORD" in text
    assert "main-secret" not in text
    accounts = copied("accounts", "--json", EMAG_OTHER_USERNAME="seller").json["accounts"]
    assert [account["account"] for account in accounts] == ["main", "fbe", "other"]
    assert accounts[0]["variables"] == ["EMAG_MAIN_USERNAME", "EMAG_MAIN_PASSWORD", "EMAG_MAIN_BASE_URL"]
    assert (accounts[2]["password_set"], accounts[2]["base_url"]) == (False, None)


def test_check_says_which_of_credentials_and_settings_it_was_for_each_account(copied: Cli) -> None:
    fine = copied("check", "main", "--json")
    assert fine.code == 0
    assert fine.json["accounts"][0]["total_products"] == 230
    mixed = copied("check", EMAG_FBE_PASSWORD="wrong-secret", EMAG_OTHER_USERNAME="x")
    assert mixed.code == 1
    assert "main: connected" in mixed.out
    assert "emagsync: fbe: credentials:" in mixed.err
    assert "emagsync: other: settings:" in mixed.err
    assert "wrong-secret" not in mixed.err
    assert copied("check", "nope").code == 2


def test_the_schema_is_reported_and_brought_up_to_date(bare: Cli) -> None:
    fresh = bare("db", "status", "--json").json
    assert (fresh["revision"], fresh["current"]) == (None, False)
    assert not (bare.data_dir / "emagsync.sqlite3").exists()
    assert bare("db", "upgrade", "--json").json["upgraded"] is True
    assert bare("db", "upgrade", "--json").json["upgraded"] is False
    assert bare("db", "status", "--json").json["current"] is True
    assert "as this version needs" in bare("db", "status").out


def test_an_empty_copy_says_how_to_fill_it(bare: Cli) -> None:
    assert "EMAG_MAIN_USERNAME" in bare("status").out
    assert "emagsync sync" in bare("offers", "list").out
    assert "emagsync sync" in bare("history").out


def test_the_demo_copies_both_accounts_in_a_folder_of_its_own_and_leaves_nothing_running(bare: Cli) -> None:
    real = {"EMAG_MAIN_USERNAME": "real", "EMAG_MAIN_PASSWORD": "real-secret", "EMAG_SHOP_USERNAME": "s"}
    result = bare("demo", "--main-offers", 230, "--fbe-offers", 40, "--no-serve", **real)
    assert result.code == 0, result.err
    assert "main: completed" in result.out
    assert "fbe: completed" in result.out
    assert "emagsync --env-file .demo/demo.env status" in result.out
    assert not bare.data_dir.exists()
    demo = ("--env-file", ".demo/demo.env")
    status = bare(*demo, "status", "--json", EMAGSYNC_DATA_DIR=str(bare.folder / ".demo")).json
    assert [account["totals"] and account["totals"]["offers"] for account in status["accounts"]] == [231, 40, None]
    # Two days are behind it: Home has something of everything to try.
    home = bare(*demo, "changes", "--json", EMAGSYNC_DATA_DIR=str(bare.folder / ".demo")).json
    told = {one["kind"] for one in home["changes"] if one["offers"]}
    assert {"price_by_emag", "stock_by_emag", "new", "gone", "unsellable", "sellable", "conflict"} <= told
    assert {"buy_button_lost", "undercut", "documentation_rejected"} <= told
    assert (home["failed_runs"]["count"], home["brakes"]["count"]) == (1, 1)
    assert home["waiting"] == {"conflicts": 1, "approvals": 0, "holds": 1}
    assert [copy["verdict"] for copy in home["copies"]] == ["complete", "complete", None]
    address = result.out.partition("answers at ")[2].partition("/api-3")[0]
    probe = subprocess.run(
        [sys.executable, "-c", f"import urllib.request as r; r.urlopen('{address}')"], check=False, capture_output=True
    )
    assert b"refused" in probe.stderr


def test_the_sandbox_command_serves_what_it_is_asked_to(bare: Cli, sandbox: SandboxProcess) -> None:
    port = sandbox.port
    result = bare("sandbox", "--port", port)
    assert result.code == 2
    assert str(port) in result.err


def test_other_peoples_text_cannot_command_the_terminal(bare: Cli, sandbox: SandboxProcess) -> None:
    bare.variables |= {
        "EMAG_MAIN_USERNAME": "main",
        "EMAG_MAIN_PASSWORD": "main-secret",
        "EMAG_MAIN_BASE_URL": sandbox.api_url,
        "EMAGSYNC_LIMIT__ENABLED": "false",
        "EMAGSYNC_RETRY__ATTEMPTS": "1",
    }
    sandbox.control("POST", "/faults", {"kind": "is_error", "account": "main", "message": "\x1b]0;owned\x07 no"})
    checked = bare("check")
    assert checked.code == 1
    assert "owned" in checked.err
    assert "\x1b" not in checked.err


def test_a_run_is_named_by_as_much_of_its_id_as_no_other_has(cli: Cli) -> None:
    assert cli("sync", "main").code == 0
    (run,) = cli("history", "--json").json["runs"]
    assert cli("history").out.splitlines()[2].split()[0] == run["id"][:8]
    for beginning in (run["id"][:4], run["id"]):
        assert cli("history", "show", beginning, "--json").json["run"]["id"] == run["id"]
        assert cli("calls", "--run", beginning).code == 0
    missing = cli("history", "show", "zz", "--json")
    assert missing.code == 1
    assert json.loads(missing.err)["error"]["code"] == "run_not_found"


@pytest.mark.parametrize("columns", [80, 40])
def test_a_list_of_offers_fits_the_columns_that_there_are(copied: Cli, columns: int) -> None:
    lines = copied("offers", "list", "--limit", 5, COLUMNS=str(columns)).out.splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) == 8 if columns == 80 else len(lines) > 20


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["sync", "--items-per-page", "1000", "--json"], 2),
        (["offers", "show", "main", "9", "--json"], 1),
        (["history", "show", "9", "--json"], 1),
    ],
)
def test_with_json_what_is_wrong_is_json_too(cli: Cli, arguments: list[str], code: int) -> None:
    result = cli(*arguments)
    assert result.code == code
    (line,) = result.err.splitlines()
    assert set(json.loads(line)["error"]) == {"code", "message"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("emagsync his", "history"),
        ("emagsync offers ", "export"),
        ("emagsync sync --dr", "--dry-run"),
        ("emagsync history sh", "show"),
    ],
)
def test_commands_and_options_complete(cli: Cli, words: str, expected: str) -> None:
    result = cli(_EMAGSYNC_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1))
    assert expected in result.out.split()
