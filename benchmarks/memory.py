"""Peak memory, which must not grow with the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.programs import bare, command_line, market


def figures(workspace: Path, *, small: int, large: int) -> Iterator[Figure]:
    """The highest peak of a first copy and a second look, limit off."""
    peaks = {offers: _peaks(workspace, offers) for offers in (small, large)}
    ours, loop = peaks[large]
    yield Figure(f"{small:,} offers, peak memory", "MB", *peaks[small])
    yield Figure(f"{large:,} offers, peak memory", "MB", ours, loop, judged=ours, target=200.0, target_text="< 200 MB")
    more = ours - peaks[small][0]
    yield Figure(
        f"{large:,} offers, above {small:,}",
        "MB",
        more,
        loop - peaks[small][1],
        judged=more,
        target=20.0,
        target_text="<= 20 MB",
    )


def _peaks(workspace: Path, offers: int) -> tuple[float, float]:
    with market(offers, limit=False) as place:
        loop = bare(place, workspace / f"bare-{offers}")
        runs = [command_line(place, workspace / f"line-{offers}") for _ in range(2)]
    return max(run.process.peak_mb for run in runs), loop.process.peak_mb
