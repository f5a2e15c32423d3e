"""The REST API over 250,000 offers, on SQLite and PostgreSQL: eight clients while a sync runs, each kind of call beside
a bare FastAPI route on the same database (`benchmarks.bare_api`); and the memory of exports.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.figures import Figure
from benchmarks.measure import run_child
from emagsync.sandbox.process import SandboxProcess, start_sandbox
from support.servers import PostgresServer

_PASSWORD = "bench-secret"  # of a sandbox
_ROOT = "/api/v1/emag/products"
_WORDS = 40
_LATENCY_MS = 250
_FORMATS = ("csv", "jsonl", "xlsx")
_TARGET_EXPORT_MB = 100.0
# How many times as long as the bare route a call may take, at the median.
_MOST_TIMES = 3.0


class _Goal(NamedTuple):
    """Milliseconds, at the median and at the 99th percentile."""

    median: float
    p99: float


# Milliseconds at the median that are promised of lists, and of what is none of them; None of what has no such promise.
_PROMISED_OF_LISTS_MS: Final = 150.0
_PROMISED_MS: Final[Mapping[str, float | None]] = {"Home": 300.0, "statistics": None, "one product": None}
# They are promised of a machine at full pace: one on which the bare first page takes so long, as it does on two cores
# with nothing else to do. On a slower or busier one they may take as many times longer as that page does meanwhile.
_PACE_MS: Final = 15.0

_LISTS, _NUMBERS = _Goal(25.0, 80.0), _Goal(60.0, 200.0)


class Server(NamedTuple):
    """A running `emagsync serve`, and a token that may start runs."""

    process: subprocess.Popen[bytes]
    url: str
    token: str

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        """One call; its answer's body, read to the end and, for a stream, thrown away piece by piece."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=600) as answer:
            kept = b""
            while piece := answer.read(1 << 20):
                kept = piece if len(kept) > 1 << 20 else kept + piece
            return kept

    def peak_mb(self) -> float:
        """The most memory that it had resident, in MB (10^6 bytes)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) * 1024 / 1e6 if found else 0.0


def figures(workspace: Path, *, offers: int, requests: int) -> Iterator[Figure]:
    """Latencies of servers that are being synced, on each database, then the peaks of servers that export."""
    split = {"main": offers * 7 // 10, "fbe": offers - offers * 7 // 10}
    with start_sandbox(
        [f"{name}:{_PASSWORD}:{count}" for name, count in split.items()],
        ["--no-limit", "--latency-ms", str(_LATENCY_MS)],
        timeout_seconds=240,
    ) as sandbox:
        data_dir = workspace / "api"
        copied(sandbox, data_dir)
        texts = _texts(data_dir)
        yield from _latencies(sandbox, data_dir, split, requests, texts, name="SQLite")
        with PostgresServer() as server:
            variables = {"EMAGSYNC_DATABASE_URL": server.url}
            copied(sandbox, workspace / "postgresql", variables)
            yield from _latencies(
                sandbox, workspace / "postgresql", split, requests, texts, name="PostgreSQL", variables=variables
            )
        yield from _export_peaks(sandbox, data_dir, offers)


def _latencies(
    sandbox: SandboxProcess,
    data_dir: Path,
    split: Mapping[str, int],
    requests: int,
    texts: Texts,
    *,
    name: str,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Figure]:
    offers = sum(split.values())
    skip = offers // 2 - 100  # nothing is further from both ends
    database = (variables or {}).get("EMAGSYNC_DATABASE_URL", str(data_dir / "emagsync.sqlite3"))
    with serving(sandbox, data_dir, variables) as server, _bare_routes(database, skip) as bare:
        # With eMAG's own limit: three pages a second of each account, some rows of which have changed.
        for account, count in split.items():
            change = {"ids": list(range(1, count, 20)), "set": {"general_stock": 3, "stock": []}}
            sandbox.control("POST", "/offers/change", {"account": account, **change})
        server.call("POST", f"{_ROOT}/sync", {"account_type": "both", "mode": "full", "run_async": True})
        arguments = ["-m", "benchmarks.api_clients", server.url, bare, server.token]
        options = {
            "server": server.process.pid,
            "skip": skip,
            "words": ",".join(texts.words),
            "skus": ",".join(texts.skus),
            "requests": requests,
        }
        said = run_child([*arguments, *(f"--{option}={value}" for option, value in options.items())]).said
        running = json.loads(server.call("GET", f"{_ROOT}/status"))["is_running"]
    if not running and offers >= 100_000:
        raise RuntimeError("the sync ended before the last call: the figures are of a server at rest")
    for kind, measured in said.items():
        yield from figures_of(f"{name}, {offers:,} offers, 8 clients, {kind}", kind, measured)


def figures_of(called: str, kind: str, measured: Mapping[str, float]) -> Iterator[Figure]:
    """What is said of a kind of call; `measured` is what `benchmarks.api_clients` prints of it."""
    goal = _NUMBERS if kind in ("statistics", "Home") else _LISTS
    median, floor = measured["median"], measured["bare_median"]
    yield Figure(f"{called}, median", "ms", median, floor, target_text=_goal(goal.median))
    times = median / floor
    yield Figure(
        f"{called}, times the bare route", "x", times, judged=times, target=_MOST_TIMES, target_text="<= 3 times"
    )
    promised = _PROMISED_MS.get(kind, _PROMISED_OF_LISTS_MS)
    if promised is not None:
        target = promised * max(1.0, measured["pace"] / _PACE_MS)
        text = f"< {target:,.0f} ms (at full pace {promised:.0f} ms)"
        yield Figure(f"{called}, promised median", "ms", median, judged=median, target=target, target_text=text)
    yield Figure(f"{called}, p99", "ms", measured["p99"], measured["bare_p99"], target_text=_goal(goal.p99))
    # Says more on a busy machine.
    yield Figure(f"{called}, CPU of server and sync by call", "ms", measured["cpu"])


@contextmanager
def _bare_routes(database: str, skip: int) -> Iterator[str]:
    """The address of the bare routes, for the length of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare_api", database, "--skip", str(skip)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=_without_settings(),
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().decode().rpartition(" ")[2].strip()
    finally:
        process.terminate()
        process.wait(timeout=60)


def _export_peaks(sandbox: SandboxProcess, data_dir: Path, offers: int) -> Iterator[Figure]:
    for export_format in _FORMATS:
        with serving(sandbox, data_dir) as server:
            server.call("GET", f"{_ROOT}/products")
            before = server.peak_mb()
            began = time.perf_counter()
            server.call("GET", f"{_ROOT}/products/export?format={export_format}")
            took = time.perf_counter() - began
            peak = server.peak_mb()
        yield Figure(f"{offers:,} offers, {export_format} export", "s", took)
        yield Figure(
            f"{offers:,} offers, {export_format} export, memory above the server's {before:.0f} MB",
            "MB",
            peak - before,
            judged=peak - before,
            target=_TARGET_EXPORT_MB,
            target_text="< 100 MB",
        )


def _goal(milliseconds: float) -> str:
    """What is wanted of a machine that does nothing else. It is shown and not judged: time says more about the machine
    and its other work than about us."""
    return f"goal {milliseconds:.0f} ms"


def copied(sandbox: SandboxProcess, data_dir: Path, variables: Mapping[str, str] | None = None) -> None:
    """Both accounts of the sandbox, by the command line."""
    arguments = ["-m", "emagsync", "--data-dir", str(data_dir), "sync", "all", "--mode", "full", "--timeout", "3600"]
    limitless = {"EMAGSYNC_LIMIT__ENABLED": "false"}
    run_child([*arguments, "--json"], {**_accounts(sandbox), **limitless, **(variables or {})})


class Texts(NamedTuple):
    """What is searched for: the three-letter beginnings that most names have a word with, which is what people type
    first, and some SKUs."""

    words: list[str]
    skus: list[str]


def _texts(data_dir: Path) -> Texts:
    connection = sqlite3.connect(data_dir / "emagsync.sqlite3")
    try:
        texts = connection.execute("SELECT text FROM offer_search WHERE offer_id % 97 = 0").fetchall()
        skus = connection.execute("SELECT DISTINCT part_number FROM offers WHERE id % 97 = 0 LIMIT 1000").fetchall()
    finally:
        connection.close()
    beginnings = Counter(word[:3] for (text,) in texts for word in text.split() if word[:3].isalpha() and len(word) > 2)
    return Texts([word for word, _ in beginnings.most_common(_WORDS)], [sku for (sku,) in skus if sku])


@contextmanager
def serving(sandbox: SandboxProcess, data_dir: Path, variables: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`emagsync serve` on what was copied, for the length of the block."""
    created = run_child(
        ["-m", "emagsync", "--data-dir", str(data_dir), "tokens", "create", "bench", "--role", "operator", "--json"],
        {**_accounts(sandbox), **(variables or {})},
    )
    said = data_dir / "serve.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "emagsync", "--data-dir", str(data_dir), "serve", "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={
                **_without_settings(),
                **_accounts(sandbox),
                "EMAGSYNC_SCHEDULE__ENABLED": "false",
                **(variables or {}),
            },
        )
    try:
        yield Server(process, _address(process, said), created.said["token"]["token"])
    finally:
        process.terminate()
        process.wait(timeout=60)


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"serving on (http://\S+)", said.read_text(encoding="utf-8"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start: {said.read_text(encoding='utf-8')[-2000:]}")


def _accounts(sandbox: SandboxProcess) -> dict[str, str]:
    return {
        f"EMAG_{name}_{what}": value
        for name in ("MAIN", "FBE")
        for what, value in (("USERNAME", name.lower()), ("PASSWORD", _PASSWORD), ("BASE_URL", sandbox.api_url))
    }


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("EMAG_", "EMAGSYNC_"))}
