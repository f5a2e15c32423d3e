"""`emagsync bulk`: one change to all that a filter finds, as a person at the command line uses it."""

from __future__ import annotations

import re

import pytest

from emagsync.sandbox.process import SandboxProcess
from entrypoints.cli.command import PLAIN, Cli, Kept, Result

OF_FBE = ("--where", "account=fbe")


@pytest.fixture
def offers(cli: Cli, sandbox: SandboxProcess, kept: Kept) -> list[int]:
    """The offers of `fbe`, all with the same round values; one has a maximum that is near."""
    ids = sorted(sandbox.offers("fbe"))
    on_emag(sandbox, ids, PLAIN | {"status": 1})
    on_emag(sandbox, ids[:1], {"max_sale_price": "101.0000"})
    kept.after(cli, "sync", "fbe", "--mode", "full")
    return ids


def on_emag(sandbox: SandboxProcess, ids: list[int], values: object) -> None:
    sandbox.control("POST", "/offers/change", {"account": "fbe", "ids": ids, "set": values})


def waiting(cli: Cli) -> dict[int, str]:
    """The edits that wait, by offer."""
    return {edit["emag_id"]: edit["value"] for edit in cli("edits", "list", "--limit", 10_000, "--json").json["edits"]}


def raised(cli: Cli, *options: str) -> Result:
    return cli("bulk", "change", *OF_FBE, "--adjust", "sale_price=+2.5%", *options)


def test_a_preview_keeps_nothing_and_is_applied_later(cli: Cli, offers: list[int]) -> None:
    done = cli("bulk", "change", *OF_FBE, "--set", "handling_time=3", "--rows", 1)
    assert done.code == 0, done.err
    assert re.search(rf"Bulk change 1: {len(offers)} offers found; {len(offers)} ok\.", done.out)
    assert "handling_time (1) 2 -> 3" in done.out
    assert "`emagsync bulk apply 1` keeps it" in done.out
    assert waiting(cli) == {}
    applied = cli("bulk", "apply", 1, "--json")
    assert (applied.code, applied.json["change"]["state"], applied.json["change"]["kept"]) == (
        0,
        "applied",
        len(offers),
    )
    assert waiting(cli) == dict.fromkeys(offers, "3")
    listed = cli("bulk", "list", "--json").json["changes"]
    assert [(one["id"], one["state"], one["asked"]["filter"]) for one in listed] == [(1, "applied", {"account": "fbe"})]
    assert "applied" in cli("bulk", "list").out


def test_what_cannot_be_keeps_all_of_it_back_unless_it_is_skipped(cli: Cli, offers: list[int]) -> None:
    """One offer would be above its maximum."""
    refused = raised(cli, "--apply", "--rows", "0")
    assert (refused.code, waiting(cli)) == (1, {})
    assert "1 offers cannot be changed so" in refused.err
    assert "`emagsync bulk apply 1` keeps it" in refused.out
    shown = cli("bulk", "show", 1, "--effect", "error")
    assert f"{offers[0]}" in shown.out
    assert "is above max_sale_price" in shown.out
    skipping = cli("bulk", "apply", 1, "--skip-invalid")
    assert skipping.code == 3
    assert f"{len(offers) - 1} kept" in skipping.out
    assert waiting(cli) == dict.fromkeys(offers[1:], "102.5000")


def test_a_batch_is_undone(cli: Cli, offers: list[int]) -> None:
    kept = raised(cli, "--apply", "--skip-invalid", "--json").json["change"]
    assert kept["kept"] == len(offers) - 1
    seen = cli("bulk", "undo", "--batch", kept["batch_id"], "--json")
    assert (seen.code, seen.json["change"]["state"], len(waiting(cli))) == (0, "ready", kept["kept"])
    assert cli("bulk", "stop", seen.json["change"]["id"], "--json").json["change"]["state"] == "discarded"
    undone = cli("bulk", "undo", "--batch", kept["batch_id"], "--apply")
    assert (undone.code, waiting(cli)) == (0, {}), undone.err


def test_what_changed_since_the_preview_is_left_and_told(cli: Cli, offers: list[int]) -> None:
    assert cli("bulk", "change", *OF_FBE, "--set", "handling_time=3", "--rows", 0).code == 0
    assert cli("offers", "set", "fbe", offers[1], "--stock", 4, "--confirm").code == 0
    done = cli("bulk", "apply", 1)
    assert done.code == 3
    assert f"{len(offers) - 1} kept, 1 left because they changed since." in done.out


def test_the_filters_are_those_of_the_list(cli: Cli, offers: list[int]) -> None:
    """What may have several values is given several times, and what has one once."""
    for where, found in (
        (["--where", f"emag_id={offers[2]}", "--where", f"emag_id={offers[3]}"], 2),
        (["--where", "status=active", "--where", "status=inactive"], len(offers)),
        (["--where", "stock_max=9"], 0),
        (["--where", "changed_since=2020-01-01T00:00:00+02:00"], len(offers)),
    ):
        seen = cli("bulk", "change", *OF_FBE, *where, "--set", "handling_time=3", "--json", "--rows", 1)
        assert (seen.code, seen.json["change"]["found"]) == (0, found), (where, seen.err)
        assert len(seen.json["rows"]) == min(found, 1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--set", "stock=1"], "Say which offers: --where NAME=VALUE, or --all"),
        ([*OF_FBE, "--all", "--set", "stock=1"], "Say which offers"),
        ([*OF_FBE], "nothing to change"),
        (["--where", "brnd=Bosch", "--set", "stock=1"], "--where brnd: there is no such field; did you mean `brand`?"),
        (["--where", "brand", "--set", "stock=1"], "write NAME=VALUE, such as --where brand=Bosch"),
        (["--where", "stock_max=many", "--set", "stock=1"], "--where stock_max: a whole number is needed"),
        (
            ["--where", "stock_max=1", "--where", "stock_max=2", "--set", "stock=1"],
            "--where stock_max: it takes one value",
        ),
        (["--where", "status=activ", "--set", "stock=1"], "did you mean 'active'?"),
        ([*OF_FBE, "--set", "stok=1"], "--set stok: there is no such field; did you mean `stock`?"),
        ([*OF_FBE, "--set", "stock=+1"], "--set stock: a + reads as a difference"),
        ([*OF_FBE, "--set", "stock=1", "--set", "stock=2"], "--set: a value is given twice"),
        ([*OF_FBE, "--adjust", "sale_price=cheap%"], "--adjust sale_price.percent"),
        ([*OF_FBE, "--adjust", "stock=-1"], "--adjust stock: there is no such field"),
        (
            [*OF_FBE, "--set", "sale_price=1", "--adjust", "sale_price=-1%"],
            "sale_price can be set or adjusted, not both",
        ),
    ],
)
def test_what_makes_no_sense_is_told_in_words_of_the_options(cli: Cli, options: list[str], says: str) -> None:
    done = cli("bulk", "change", *options)
    assert done.code == 2
    assert says in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.err).split())


def test_what_is_not_there_or_over_is_told(cli: Cli, offers: list[int]) -> None:
    assert "There is no bulk change 9" in cli("bulk", "show", 9).err
    unknown = cli("bulk", "change", "--where", "account=fbee", "--set", "stock=1")
    assert unknown.code == 2
    assert "fbe" in unknown.err
    assert cli("bulk", "change", *OF_FBE, "--set", "handling_time=3", "--apply", "--rows", 0).code == 0
    assert cli("bulk", "apply", 1).code == 1
    assert cli("bulk", "undo").code == 2
    assert cli("bulk", "undo", "--push", "nobody").code == 1
    assert "Nothing was changed there" in cli("bulk", "undo", "--batch", "nobody").err
