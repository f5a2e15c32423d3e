"""Eight callers of the REST API at once, each asking again once it is answered. Prints what it measured as JSON.

The same is asked of the bare routes (`benchmarks.bare_api`), in turn and so at the same load of the machine; and
in each turn the bare first page, by which one sees how fast the machine was meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

import aiohttp

from emagsync.db.search import code_of, fold
from emagsync.db.search_index import parameters_of, search_for

_API = "/api/v1/emag"
_PAGE = f"{_API}/products/products?limit=50"
_PACE = "/first"  # the bare route that tells how fast the machine is
_TURNS = 10  # so many that both meet the same other work

Path_ = Callable[[], str]


class Kind(NamedTuple):
    """One kind of call: our path, and that of the bare route it is compared with; each call may have another."""

    ours: Path_
    bare: Path_


def kinds(options: argparse.Namespace, ids: list[int]) -> dict[str, Kind]:
    """What is asked, by name. A list by a filter or an order is compared with a plain first page, which the database
    finds as easily; a search with a search."""
    dice = random.Random(options.seed)
    words = options.words.split(",")
    skus = options.skus.split(",")
    lately = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds").replace("+00:00", "Z")

    def listed(query: Callable[[], str]) -> Kind:
        return Kind(lambda: f"{_PAGE}&{query()}", lambda: _PACE)

    def word(choose: Callable[[], str]) -> Kind:
        return Kind(lambda: f"{_PAGE}&search={choose()}", lambda: f"/word?text={choose()}")

    def code(choose: Callable[[], str]) -> Kind:
        return Kind(lambda: f"{_PAGE}&search={quote(choose())}", lambda: _bare_search(choose()))

    return {
        "first page": Kind(lambda: _PAGE, lambda: _PACE),
        "deep page": Kind(lambda: f"{_PAGE}&skip={options.skip}", lambda: "/deep"),
        "three-letter search": word(lambda: dice.choice(words)),
        "one three-letter search": word(lambda: words[0]),
        "search of an SKU": code(lambda: dice.choice(skus)),
        "one product": Kind(lambda: f"{_API}/products/products/{dice.choice(ids)}", lambda: f"/one/{dice.choice(ids)}"),
        "same EAN twice": listed(lambda: "same_ean=true"),
        "not seen for a day": listed(lambda: f"seen_before={lately}"),
        "not sold for a reason": listed(lambda: "reason=no_stock"),
        "by price": listed(lambda: "sort=-sale_price"),
        "by stock": listed(lambda: "sort=stock"),
        "by name": listed(lambda: "sort=name"),
        "statistics": Kind(lambda: f"{_API}/products/statistics", lambda: "/counts"),
        "Home": Kind(lambda: f"{_API}/home", lambda: "/counts"),
    }


def _bare_search(sku: str) -> str:
    """The search index's own question for a part number, and how it stands in the text of an offer."""
    text = code_of(fold(sku) or "")
    searched = search_for(text)
    assert searched is not None
    match = parameters_of(searched, "sqlite").get("search_grams", "")
    return f"/code?{urlencode({'text': text, 'match': match})}"


async def measure(session: aiohttp.ClientSession, path: Path_, *, clients: int, requests: int) -> list[float]:
    """The seconds that each of `requests` calls took."""
    left = iter(range(requests))
    took: list[float] = []

    async def client() -> None:
        for _ in left:
            began = time.perf_counter()
            async with session.get(path()) as answer:
                body = await answer.read()
                took.append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {body[:300]!r}")

    await asyncio.gather(*(client() for _ in range(clients)))
    return took


def cpu_seconds(process: int) -> float:
    """The processor time that a process has taken so far, its threads and the kernel's work for it included."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def run(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Milliseconds by kind of call; `cpu` is the server's for each, what else it did meanwhile included, and `pace` the
    median of the bare first page."""
    # Both get the same request. The bare routes do not compress, and look at no token.
    headers = {"Authorization": f"Bearer {options.token}", "Accept-Encoding": "identity"}
    measured = {}
    async with (
        aiohttp.ClientSession(options.url, headers=headers) as session,
        aiohttp.ClientSession(options.bare_url, headers=headers) as bare,
    ):
        ids = await _some_ids(session)
        for name, kind in kinds(options, ids).items():
            if options.kind and name not in options.kind:
                continue
            each = -(-options.requests // _TURNS)
            ours: list[float] = []
            floor: list[float] = []
            pace: list[float] = []
            cpu = 0.0
            await measure(session, kind.ours, clients=1, requests=1)
            for _ in range(_TURNS):
                before = cpu_seconds(options.server)
                ours += await measure(session, kind.ours, clients=options.clients, requests=each)
                cpu += cpu_seconds(options.server) - before
                floor += await measure(bare, kind.bare, clients=options.clients, requests=each)
                pace += await measure(bare, lambda: _PACE, clients=options.clients, requests=each // 4 or 1)
            measured[name] = {
                "median": 1000 * _part(ours, 0.5),
                "p99": 1000 * _part(ours, 0.99),
                "bare_median": 1000 * _part(floor, 0.5),
                "bare_p99": 1000 * _part(floor, 0.99),
                "pace": 1000 * _part(pace, 0.5),
                "cpu": 1000 * cpu / len(ours),
            }
    return measured


def _part(took: list[float], part: float) -> float:
    return sorted(took)[min(int(len(took) * part), len(took) - 1)]


async def _some_ids(session: aiohttp.ClientSession) -> list[int]:
    async with session.get(f"{_PAGE}&skip=1000") as answer:
        document = await answer.json()
    return [product["id"] for product in document["data"]["products"]]


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("bare_url")
    parser.add_argument("token")
    parser.add_argument("--server", type=int, required=True, help="its process id")
    parser.add_argument("--skip", type=int, required=True, help="how many offers the deep page skips")
    parser.add_argument("--words", required=True)
    parser.add_argument("--skus", required=True)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", help="only calls of this kind, repeatable")
    json.dump(asyncio.run(run(parser.parse_args())), sys.stdout)


if __name__ == "__main__":
    main()
