"""With eMAG's limit on: how near a run comes to what 3 requests a second allow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure
from benchmarks.programs import Copied, Market, bare, command_line, market

LATENCY = 0.25
# Between two copies: eMAG counts the last requests of the one before for a second.
_PAUSE = 1.5


def figures(workspace: Path, *, small: int, large: int, rounds: int) -> Iterator[Figure]:
    """Runs on a fresh data directory each, medians of `rounds` for the small catalogue, one for the large."""
    with market(small, limit=True, latency_ms=250) as place:
        ours, loop = _rounds(place, workspace / "small", rounds)
    least = _least(small)
    inside = median(copied.inside for copied in ours)
    yield Figure(
        f"{small:,} offers, 250 ms, inside the run",
        "s",
        inside,
        median(copied.inside for copied in loop),
        judged=inside / least,
        target=1.15,
        target_text=f"<= 1.15 x {least:.2f} s",
    )
    whole = median(copied.process.wall for copied in ours)
    yield Figure(
        f"{small:,} offers, 250 ms, whole process",
        "s",
        whole,
        median(copied.process.wall for copied in loop),
        judged=whole / least,
        target=1.15,
        target_text=f"<= 1.15 x {least:.2f} s",
    )
    yield Figure(
        f"{small:,} offers, 250 ms, CPU of the process",
        "s",
        median(copied.process.cpu for copied in ours),
        median(copied.process.cpu for copied in loop),
    )
    yield _slow(workspace / "slow", small, inside)
    yield _long(workspace / "large", large)


def _slow(workspace: Path, offers: int, inside: float) -> Figure:
    with market(offers, limit=True, latency_ms=1000) as place:
        ours, loop = _rounds(place, workspace, 1)
    longer = ours[0].inside - inside
    return Figure(
        f"{offers:,} offers, 1 s, inside the run",
        "s",
        ours[0].inside,
        loop[0].inside,
        judged=longer,
        target=1.0,
        target_text="<= 1 s more than at 250 ms",
    )


def _long(workspace: Path, offers: int) -> Figure:
    with market(offers, limit=True, latency_ms=250) as place:
        ours, loop = _rounds(place, workspace, 1)
    least = _least(offers)
    return Figure(
        f"{offers:,} offers, 250 ms, inside the run",
        "s",
        ours[0].inside,
        loop[0].inside,
        judged=ours[0].inside / least,
        target=1.08,
        target_text=f"<= 1.08 x {least:.2f} s",
    )


def _rounds(place: Market, workspace: Path, rounds: int) -> tuple[list[Copied], list[Copied]]:
    ours, loop = [], []
    for number in range(rounds):
        time.sleep(_PAUSE)
        loop.append(bare(place, workspace / f"bare-{number}"))
        time.sleep(_PAUSE)
        ours.append(command_line(place, workspace / f"ours-{number}"))
    return ours, loop


def _least(offers: int) -> float:
    """What the pages take at 3 a second, and the last one's way."""
    return -(-offers // 100) / 3 + LATENCY
