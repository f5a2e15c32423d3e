"""How much of 3 requests a second the budget uses, and that it never uses more, with 0 to 50 ms of network jitter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.programs import command_line, market

_PER_SECOND = 3


def figures(workspace: Path, *, offers: int) -> Iterator[Figure]:
    """One run over `offers`; the sandbox says when its requests arrived."""
    with market(offers, limit=True, latency_ms=250, jitter_ms=50) as place:
        command_line(place, workspace / "utilisation")
        log = place.sandbox.control("GET", f"/log?last={place.pages + 20}")["requests"]
        report = place.sandbox.report()["accounts"]["main"]
    # The last requests wait for all pages before them: they are not part of the steady stretch.
    arrivals = sorted(request["at"] for request in log)[: place.pages]
    # The first three slots are free at once; each later request has had to wait for one of them.
    share = (len(arrivals) - _PER_SECOND) / (arrivals[-1] - arrivals[0]) / _PER_SECOND
    group = report["groups"]["other"]
    yield Figure(
        "budget: share of 3/s used, 50 ms jitter",
        "%",
        100 * share,
        judged=100 * share,
        target=94.0,
        target_text=">= 94 %",
        at_least=True,
    )
    peak = float(group["peak_per_second"])
    yield Figure("budget: most in any second", "", peak, judged=peak, target=3.0, target_text="<= 3")
    yield Figure("budget: most in any minute", "", group["peak_per_minute"])
    refused = 300 * report["refused"] / report["requests"]
    yield Figure("budget: refused of 300 requests", "", refused, judged=refused, target=1.0, target_text="<= 1 of 300")
