"""The three programs that are compared: the command line, the same run with its CPU taken inside, and the bare loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import Measured, run_child
from emagsync.sandbox.process import SandboxProcess, start_sandbox

USERNAME, PASSWORD = "main", "bench-secret"  # of a sandbox
PAGES_IN_FLIGHT = 8  # what emagsync uses unless told otherwise


class Market(NamedTuple):
    """A sandbox with one account, and how many offers it has."""

    sandbox: SandboxProcess
    offers: int
    limit: bool

    @property
    def pages(self) -> int:
        """Pages of 100 with rows on them."""
        return -(-self.offers // 100)


class Copied(NamedTuple):
    """One copy of the account. `inside` is the run's own time, started_at to finished_at, in seconds."""

    inside: float
    inside_cpu: float | None
    process: Measured
    requests: int
    unchanged: int


@contextmanager
def market(offers: int, *, limit: bool, latency_ms: int = 0, jitter_ms: int = 0) -> Iterator[Market]:
    """A sandbox for the length of the block."""
    options = ["--latency-ms", str(latency_ms), "--jitter-ms", str(jitter_ms), *([] if limit else ["--no-limit"])]
    with start_sandbox([f"{USERNAME}:{PASSWORD}:{offers}"], options, timeout_seconds=120) as sandbox:
        yield Market(sandbox, offers, limit)


def command_line(place: Market, data_dir: Path) -> Copied:
    """`emagsync sync main --mode full` as anybody would run it. Raises RuntimeError when it does not complete."""
    arguments = ["-m", "emagsync", "--data-dir", str(data_dir), "sync", "main", "--mode", "full", "--timeout", "3600"]
    measured = run_child([*arguments, "--json"], _environment(place))
    run = measured.said["accounts"][0]["run"]
    _check(place, run["processed"])
    inside = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    return Copied(inside.total_seconds(), None, measured, run["requests"], run["unchanged"])


def inside(place: Market, data_dir: Path, variables: Mapping[str, str] | None = None) -> Copied:
    """The same run in a program that takes the CPU time at the run's beginning and end; `variables` are settings."""
    arguments = ["-m", "benchmarks.inside", place.sandbox.api_url, USERNAME, PASSWORD, str(data_dir)]
    measured = run_child([*arguments, *([] if place.limit else ["--no-limit"])], variables)
    said = measured.said
    _check(place, said["processed"])
    return Copied(said["seconds"], said["cpu"], measured, said["requests"], said["unchanged"])


def bare(place: Market, data_dir: Path) -> Copied:
    """The bare loop, `benchmarks/bare.py`."""
    arguments = ["-m", "benchmarks.bare", place.sandbox.api_url, USERNAME, PASSWORD, str(data_dir)]
    arguments += ["--pages", str(place.pages), "--in-flight", str(PAGES_IN_FLIGHT)]
    measured = run_child([*arguments, *(["--limit"] if place.limit else [])])
    said = measured.said
    _check(place, said["offers"])
    return Copied(said["seconds"], said["cpu"], measured, place.pages, 0)


def _environment(place: Market) -> dict[str, str]:
    return {
        "EMAG_MAIN_USERNAME": USERNAME,
        "EMAG_MAIN_PASSWORD": PASSWORD,
        "EMAG_MAIN_BASE_URL": place.sandbox.api_url,
        "EMAGSYNC_LIMIT__ENABLED": str(place.limit).lower(),
    }


def _check(place: Market, copied: int) -> None:
    if copied != place.offers:
        raise RuntimeError(f"{copied} of {place.offers} offers were copied: the figures would mean nothing")
