"""With the limit off: what a first copy and a second look cost, in time and CPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.figures import Figure
from benchmarks.programs import Copied, Market, bare, command_line, inside, market


class _Programs(NamedTuple):
    command_line: list[Copied]
    inside: list[Copied]
    bare: list[Copied]


def figures(workspace: Path, *, offers: int, rounds: int) -> Iterator[Figure]:
    """Each round copies into fresh data directories, then looks again at the unchanged catalogue. Medians."""
    with market(offers, limit=False) as place:
        bare(place, workspace / "warm-up")  # the sandbox encodes its pages when they are first asked for
        first, again = _rounds(place, workspace, rounds)
    if any(copied.unchanged != offers for copied in again.inside):
        raise RuntimeError("the second run did not find every offer unchanged")
    yield _rate(f"{offers:,} offers, first copy", offers, first, 4_000)
    yield _rate(f"{offers:,} offers, unchanged", offers, again, 6_000)
    yield from _cpu(f"{offers:,} offers, first copy", first, most=2.5)
    yield from _cpu(f"{offers:,} offers, unchanged", again, most=1.5)


def _rate(name: str, offers: int, ran: _Programs, target: int) -> Figure:
    rate = offers / median(copied.inside for copied in [*ran.command_line, *ran.inside])
    return Figure(
        f"{name}, rate",
        "/s",
        rate,
        offers / median(copied.inside for copied in ran.bare),
        judged=rate,
        target=target,
        target_text=f">= {target:,} offers/s",
        at_least=True,
    )


def _cpu(name: str, ran: _Programs, *, most: float) -> Iterator[Figure]:
    pairs = (
        ("CPU inside the run", _inside_cpu(ran.inside), _inside_cpu(ran.bare), most),
        ("CPU of the process", _process_cpu(ran.command_line), _process_cpu(ran.bare), 3.0),
    )
    for what, ours, loop, target in pairs:
        yield Figure(
            f"{name}, {what}",
            "s",
            ours,
            loop,
            judged=ours / loop,
            target=target,
            target_text=f"<= {target:g} x bare loop",
        )


def _inside_cpu(copies: Sequence[Copied]) -> float:
    return median(copied.inside_cpu or 0.0 for copied in copies)


def _process_cpu(copies: Sequence[Copied]) -> float:
    return median(copied.process.cpu for copied in copies)


def _rounds(place: Market, workspace: Path, rounds: int) -> tuple[_Programs, _Programs]:
    first, again = _Programs([], [], []), _Programs([], [], [])
    for number in range(rounds):
        for time in (first, again):
            time.bare.append(bare(place, workspace / f"bare-{number}"))
            time.inside.append(inside(place, workspace / f"inside-{number}"))
            time.command_line.append(command_line(place, workspace / f"line-{number}"))
    return first, again
