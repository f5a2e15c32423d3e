"""Eight callers of the REST API at once, each asking again once it is answered. Prints what it measured as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp

_ROOT = "/api/v1/emag/products"
_PAGE = f"{_ROOT}/products?limit=50"


async def measure(
    session: aiohttp.ClientSession, path: Callable[[], str], *, clients: int, requests: int
) -> list[float]:
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
    return sorted(took)


def cpu_seconds(process: int) -> float:
    """The processor time that a process has taken so far, its threads and the kernel's work for it included."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def run(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Milliseconds by kind of call; `cpu` is the server's for each, what else it did meanwhile included."""
    dice = random.Random(options.seed)
    words = options.words.split(",")
    kinds: dict[str, Callable[[], str]] = {
        "first page": lambda: _PAGE,
        "deep page": lambda: f"{_PAGE}&skip={options.offers - 100}",
        "three-letter search": lambda: f"{_PAGE}&search={dice.choice(words)}",
        "one three-letter search": lambda: f"{_PAGE}&search={words[0]}",
        "statistics": lambda: f"{_ROOT}/statistics",
    }
    measured = {}
    async with aiohttp.ClientSession(options.url, headers={"Authorization": f"Bearer {options.token}"}) as session:
        for kind, path in kinds.items():
            before = cpu_seconds(options.server)
            took = await measure(session, path, clients=options.clients, requests=options.requests)
            cpu = cpu_seconds(options.server) - before
            measured[kind] = {
                "median": 1000 * took[len(took) // 2],
                "p99": 1000 * took[min(int(len(took) * 0.99), len(took) - 1)],
                "cpu": 1000 * cpu / len(took),
                "calls": len(took),
            }
    return measured


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("--server", type=int, required=True, help="its process id")
    parser.add_argument("--offers", type=int, required=True)
    parser.add_argument("--words", required=True)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    json.dump(asyncio.run(run(parser.parse_args())), sys.stdout)


if __name__ == "__main__":
    main()
