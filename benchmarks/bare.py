"""The bare loop that every figure is measured beside: read the pages, decode them, put them into one table.

It checks nothing, resumes nothing and misses what shifts while it reads, and it is told how many pages there are. It
uses what emagsync uses: aiohttp, as many pages in flight, and, with the limit on, the same request budget.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

if TYPE_CHECKING:
    from emagsync.marketplace.budget.budget import Budget

_TABLE = """
CREATE TABLE IF NOT EXISTS offers (
    id INTEGER PRIMARY KEY, part_number TEXT, name TEXT, price TEXT, stock INTEGER, status INTEGER, payload TEXT
)
"""
_UPSERT = "INSERT OR REPLACE INTO offers VALUES (?, ?, ?, ?, ?, ?, ?)"


async def copy(options: argparse.Namespace, connection: sqlite3.Connection, budget: Budget | None) -> int:
    """Copy the pages. Returns how many rows came."""
    pages = iter(range(1, options.pages + 1))
    auth = aiohttp.BasicAuth(options.username, options.password)
    async with aiohttp.ClientSession(auth=auth, connector=aiohttp.TCPConnector(limit=0)) as session:
        counts = await asyncio.gather(
            *(_read(session, options.url, pages, connection, budget) for _ in range(options.in_flight))
        )
    return sum(counts)


async def _read(
    session: aiohttp.ClientSession, url: str, pages: Any, connection: sqlite3.Connection, budget: Budget | None
) -> int:
    count = 0
    for page in pages:
        body = orjson.dumps({"currentPage": page, "itemsPerPage": 100})
        async with (
            _turn(budget),
            session.post(
                f"{url}/product_offer/read", data=body, headers={"Content-Type": "application/json"}
            ) as answer,
        ):
            rows = orjson.loads(await answer.read())["results"]
        _store(connection, rows)
        count += len(rows)
    return count


def _store(connection: sqlite3.Connection, rows: list[dict[str, Any]]) -> None:
    with connection:
        connection.executemany(
            _UPSERT,
            [
                (
                    row["id"],
                    row.get("part_number"),
                    row.get("name"),
                    row.get("sale_price"),
                    row.get("general_stock"),
                    row.get("status"),
                    orjson.dumps(row).decode(),
                )
                for row in rows
            ],
        )


def _turn(budget: Budget | None) -> AbstractAsyncContextManager[None]:
    if budget is None:
        return nullcontext()
    from benchmarks.turns import turn

    return turn(budget)


def _budget(data_dir: Path) -> Budget:
    from emagsync.marketplace.budget.budget import Budget

    return Budget.on_disk(data_dir / "budget", "bare")


async def _main(options: argparse.Namespace) -> dict[str, Any]:
    options.data_dir.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(options.data_dir / "bare.sqlite3")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(_TABLE)
    budget = _budget(options.data_dir) if options.limit else None
    began, cpu = time.perf_counter(), time.process_time()
    offers = await copy(options, connection, budget)
    measured = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "offers": offers}
    connection.close()
    if budget is not None:
        await budget.aclose()
    return measured


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("username")
    parser.add_argument("password")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--in-flight", type=int, default=8)
    parser.add_argument("--limit", action="store_true", help="keep to eMAG's limits")
    return parser.parse_args()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_main(_options()))))
