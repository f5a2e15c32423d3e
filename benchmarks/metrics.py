"""What the metrics cost: a scrape with a quarter of a million offers, and the CPU that a call's figures take."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import programs
from benchmarks.api import Server, copied, serving
from benchmarks.figures import Figure
from benchmarks.measure import run_child
from emagsync.sandbox.process import start_sandbox

_PASSWORD = "bench-secret"  # of a sandbox
_SEED = 2_500  # offers of each account that are really copied; the rest are copies of their rows
_TARGET_SCRAPE_MS, _TARGET_SHARE = 50.0, 0.02
_SCRAPES_EVERY_SECONDS = 15.0


def figures(workspace: Path, *, offers: int, scrapes: int) -> Iterator[Figure]:
    """Scrapes at rest, and while every scrape finds something new; then the share of a run's CPU."""
    data_dir = workspace / "metrics"
    with start_sandbox([f"{name}:{_PASSWORD}:{_SEED}" for name in ("main", "fbe")], ["--no-limit"]) as sandbox:
        copied(sandbox, data_dir)
        _multiply(data_dir, offers // (2 * _SEED))
        with serving(sandbox, data_dir) as server:
            server.call("GET", "/metrics")
            yield _scrape_figure(f"{offers:,} offers, a scrape", _timed(server, scrapes))
            yield _scrape_figure(
                f"{offers:,} offers, a scrape after a change", _timed(server, scrapes // 2, changing=data_dir)
            )
    yield _share(workspace, calls=offers // 10)


def _timed(server: Server, scrapes: int, *, changing: Path | None = None) -> list[float]:
    took: list[float] = []
    for number in range(scrapes):
        if changing is not None:
            _change(changing, number)
        began = time.perf_counter()
        server.call("GET", "/metrics")
        took.append((time.perf_counter() - began) * 1000)
    return took


def _scrape_figure(name: str, took: list[float]) -> Figure:
    median = statistics.median(took)
    return Figure(
        f"{name}, median",
        "ms",
        median,
        judged=median,
        target=_TARGET_SCRAPE_MS,
        target_text=f"< {_TARGET_SCRAPE_MS:.0f} ms",
    )


def _share(workspace: Path, *, calls: int) -> Figure:
    with programs.market(_SEED, limit=False) as place:
        run = programs.inside(place, workspace / "metrics-run")
    cost = run_child(["-m", "benchmarks.metrics_cost", str(workspace / "metrics-cost"), str(calls)]).said
    per_request = (run.inside_cpu or 0.0) / run.requests
    # A scrape every 15 s, in a run that the limit keeps to three calls a second.
    per_call = cost["call"] + cost["scrape"] / _SCRAPES_EVERY_SECONDS / 3
    share = per_call / per_request
    return Figure(
        f"CPU of the metrics: {per_call * 1e6:.0f} µs of {per_request * 1e3:.1f} ms a call",
        "",
        share,
        judged=share,
        target=_TARGET_SHARE,
        target_text="< 0.02",
    )


def _multiply(data_dir: Path, times: int) -> None:
    """Every offer `times` times, under other ids: what is counted, without what is beside it."""
    connection = sqlite3.connect(data_dir / "emagsync.sqlite3")
    try:
        names = [row[1] for row in connection.execute("PRAGMA table_info(offers)") if row[1] not in ("id", "emag_id")]
        columns = ", ".join(names)
        with connection:
            for copy in range(1, times):
                connection.execute(
                    f"INSERT INTO offers (emag_id, {columns}) "
                    f"SELECT emag_id + {copy * 1_000_000}, {columns} FROM offers WHERE emag_id < 1000000"
                )
    finally:
        connection.close()


def _change(data_dir: Path, number: int) -> None:
    connection = sqlite3.connect(data_dir / "emagsync.sqlite3", timeout=30)
    try:
        with connection:
            connection.execute(
                "INSERT INTO offer_changes (account, emag_id, field, old, new, at, source) "
                "VALUES ('main', 1, 'stock', ?, ?, '2026-01-01 00:00:00.000000', 'sync')",
                (str(number), str(number + 1)),
            )
    finally:
        connection.close()
