"""Issue 2: a second run over an unchanged catalogue rewrites no payload and no change log row. Nor any content."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from emagsync.offers.tables import offers
from support.comparing import compare_with_marketplace, snapshot
from support.local import Local, open_local
from support.market import Market, open_market

pytestmark = pytest.mark.databases("both", often="sqlite")

TABLES = ("offer_payloads", "offer_changes")
SEEN = ("last_seen_at", "last_seen_run", "removed_at")


async def watch_writes(local: Local) -> None:
    """Let the database itself note every row that is written from now on."""
    await local.execute("CREATE TABLE writes (what TEXT)")
    if not local.database.is_sqlite:
        await local.execute(
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN INSERT INTO writes VALUES (TG_ARGV[0]); RETURN NULL; END'"
        )
    for table in TABLES:
        for action in ("INSERT", "UPDATE", "DELETE"):
            await note(local, action, table, f"{table} {action}")
    content = ", ".join(column.key for column in offers.c if column.key not in SEEN)
    await note(local, f"UPDATE OF {content}", "offers", "content")
    for action in ("INSERT", "DELETE"):
        await note(local, action, "offers", f"offers {action}")


async def note(local: Local, when: str, table: str, what: str) -> None:
    sqlite = f"BEGIN INSERT INTO writes VALUES ('{what}'); END"
    body = sqlite if local.database.is_sqlite else f"FOR EACH ROW EXECUTE FUNCTION note('{what}')"
    await local.execute(f"CREATE TRIGGER {what.replace(' ', '_')} AFTER {when} ON {table} {body}")


async def writes(local: Local) -> Counter[str]:
    return Counter(row["what"] for row in await local.rows("SELECT what FROM writes"))


async def test_a_second_run_over_an_unchanged_catalogue_rewrites_nothing(tmp_path: Path) -> None:
    async with open_market({"main": 130}) as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        before = snapshot(local.database)
        await watch_writes(local)
        run = await local.completed()
        assert await writes(local) == {}
        assert (run.unchanged, run.created, run.updated, run.removed) == (130, 0, 0, 0)
        assert snapshot(local.database) == before
        seen = await local.rows("SELECT DISTINCT last_seen_run FROM offers")
        assert seen == [{"last_seen_run": run.id}]


async def test_a_changed_offer_is_the_only_one_written(tmp_path: Path) -> None:
    async with open_market({"main": 130}) as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        market.change("change", ids=[17], set={"sale_price": "55.5000"})
        await watch_writes(local)
        run = await local.completed()
        assert (run.updated, run.unchanged) == (1, 129)
        assert await writes(local) == {"offer_payloads UPDATE": 1, "offer_changes INSERT": 1, "content": 1}
        compare_with_marketplace(local.database, "main", market.truth())


def respelled(market: Market) -> None:
    """Every offer once more with its keys in another order and its price in another spelling."""
    for emag_id, row in market.truth().items():
        price = row["sale_price"]
        other = float(price) if isinstance(price, str) else f"{price:.4f}"
        market.account().catalogue.put(emag_id, dict(sorted(row.items(), reverse=True)) | {"sale_price": other})


async def test_the_same_content_in_another_spelling_is_no_change(tmp_path: Path) -> None:
    async with open_market({"main": 130}) as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        before = snapshot(local.database)
        respelled(market)
        await watch_writes(local)
        run = await local.completed()
        noted = await writes(local)
        assert not {what for what in noted if what.startswith(TABLES)}
        assert (run.unchanged, run.updated) == (130, 0)
        after = snapshot(local.database)
        assert (after["payloads"], after["changes"]) == (before["payloads"], before["changes"])


async def test_an_unchanged_catalogue_is_read_with_the_same_requests(tmp_path: Path) -> None:
    async with open_market({"main": 130}) as market, open_local(tmp_path, market.url) as local:
        await local.completed()
        first = market.requests()
        market.forget()
        await local.completed()
        assert market.requests() == first
