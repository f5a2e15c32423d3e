"""The REST API over 100,000 offers: eight clients while a sync runs, and the memory of exports."""

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
from typing import Any, NamedTuple

from benchmarks.figures import Figure
from benchmarks.measure import run_child
from emagsync.sandbox.process import SandboxProcess, start_sandbox

_PASSWORD = "bench-secret"  # of a sandbox
_ROOT = "/api/v1/emag/products"
_WORDS = 40
_LATENCY_MS = 250
_FORMATS = ("csv", "jsonl", "xlsx")
_TARGET_MEDIAN_MS, _TARGET_P99_MS, _TARGET_EXPORT_MB = 100.0, 250.0, 100.0


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
    """Latencies of a server that is being synced, then the peaks of servers that export."""
    data_dir = workspace / "api"
    split = {"main": offers * 7 // 10, "fbe": offers - offers * 7 // 10}
    with start_sandbox(
        [f"{name}:{_PASSWORD}:{count}" for name, count in split.items()],
        ["--no-limit", "--latency-ms", str(_LATENCY_MS)],
        timeout_seconds=120,
    ) as sandbox:
        copied(sandbox, data_dir)
        yield from _latencies(sandbox, data_dir, split, requests)
    yield from _export_peaks(sandbox, data_dir, offers)


def _latencies(sandbox: SandboxProcess, data_dir: Path, split: Mapping[str, int], requests: int) -> Iterator[Figure]:
    offers = sum(split.values())
    words = ",".join(_common_words(data_dir))
    with serving(sandbox, data_dir) as server:
        # With eMAG's own limit: three pages a second of each account, some rows of which have changed.
        for account, count in split.items():
            change = {"ids": list(range(1, count, 20)), "set": {"general_stock": 3, "stock": []}}
            sandbox.control("POST", "/offers/change", {"account": account, **change})
        server.call("POST", f"{_ROOT}/sync", {"account_type": "both", "mode": "full", "run_async": True})
        arguments = [
            "-m",
            "benchmarks.api_clients",
            server.url,
            server.token,
            "--server",
            str(server.process.pid),
            "--offers",
            str(offers),
            "--words",
            words,
        ]
        said = run_child([*arguments, "--requests", str(requests)]).said
        running = json.loads(server.call("GET", f"{_ROOT}/status"))["is_running"]
    if not running and offers >= 100_000:
        raise RuntimeError("the sync ended before the last call: the figures are of a server at rest")
    for kind, measured in said.items():
        name = f"{offers:,} offers, 8 clients, {kind}"
        judged = kind != "statistics"
        yield _milliseconds(f"{name}, median", measured["median"], _TARGET_MEDIAN_MS)
        yield _milliseconds(f"{name}, p99", measured["p99"], _TARGET_P99_MS if judged else None)
        # Says more on a busy machine.
        yield _milliseconds(f"{name}, CPU of server and sync by call", measured["cpu"], None)


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


def _milliseconds(name: str, value: float, target: float | None) -> Figure:
    text = "" if target is None else f"< {target:.0f} ms"
    return Figure(name, "ms", value, judged=None if target is None else value, target=target, target_text=text)


def copied(sandbox: SandboxProcess, data_dir: Path) -> None:
    """Both accounts of the sandbox, by the command line."""
    arguments = ["-m", "emagsync", "--data-dir", str(data_dir), "sync", "all", "--mode", "full", "--timeout", "3600"]
    run_child([*arguments, "--json"], _accounts(sandbox) | {"EMAGSYNC_LIMIT__ENABLED": "false"})


def _common_words(data_dir: Path) -> list[str]:
    """The three-letter beginnings that most names have a word with: what people type first."""
    connection = sqlite3.connect(data_dir / "emagsync.sqlite3")
    try:
        texts = connection.execute("SELECT text FROM offer_search WHERE offer_id % 97 = 0").fetchall()
    finally:
        connection.close()
    beginnings = Counter(word[:3] for (text,) in texts for word in text.split() if word[:3].isalpha() and len(word) > 2)
    return [word for word, _ in beginnings.most_common(_WORDS)]


@contextmanager
def serving(sandbox: SandboxProcess, data_dir: Path) -> Iterator[Server]:
    """`emagsync serve` on what was copied, for the length of the block."""
    created = run_child(
        ["-m", "emagsync", "--data-dir", str(data_dir), "tokens", "create", "bench", "--role", "operator", "--json"],
        _accounts(sandbox),
    )
    said = data_dir / "serve.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "emagsync", "--data-dir", str(data_dir), "serve", "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={**_without_settings(), **_accounts(sandbox), "EMAGSYNC_SCHEDULE__ENABLED": "false"},
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
