"""`emagsync sync --dry-run`: what would change, and nothing changed."""

from __future__ import annotations

from decimal import Decimal

from emagsync.sandbox.process import SandboxProcess
from entrypoints.cli.command import Cli


def test_a_dry_run_tells_what_would_change_and_changes_nothing(cli: Cli, sandbox: SandboxProcess) -> None:
    first = cli("sync", "fbe", "--mode", "full", "--dry-run", "--json")
    assert first.code == 0
    (account,) = first.json["accounts"]
    assert [difference["kind"] for difference in account["differences"]] == ["created"] * 40
    assert cli("offers", "list", "--account", "fbe", "--json").json["total"] == 0

    cli("sync", "fbe", "--mode", "full")
    dearer = min(sandbox.offers("fbe"))
    price = f"{Decimal(sandbox.offers('fbe')[dearer]['sale_price']) + 1:.4f}"
    change = {"account": "fbe", "ids": [dearer], "set": {"sale_price": price}}
    sandbox.control("POST", "/offers/change", change)
    second = cli("sync", "fbe", "--mode", "full", "--dry-run")
    assert "dry run: nothing was changed. It would have:" in second.out
    assert f"updated {dearer}: sale_price" in second.out
    assert f"-> {price}" in second.out
    third = cli("sync", "fbe", "--mode", "full")
    assert "1 updated" in third.out
    assert "nothing would change" in cli("sync", "fbe", "--mode", "full", "--dry-run").out
