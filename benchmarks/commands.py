"""What starting a command costs, beside an interpreter that does nothing."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.measure import cpu_of
from benchmarks.programs import command_line, market

_OFFERS = 230
# Seconds of CPU that each may take: those that only tell about the program, and those that read the local copy.
_TARGETS = {"--help": 0.15, "--version": 0.15, "status": 0.45, "offers list": 0.45}


def figures(workspace: Path, *, rounds: int) -> Iterator[Figure]:
    """The CPU of each command on a small copy, the median of `rounds`; taken in turn with `python -c pass`."""
    data_dir = workspace / "commands"
    with market(_OFFERS, limit=False) as place:
        command_line(place, data_dir)
    programs = {name: ["-m", "emagsync", "--data-dir", str(data_dir), *name.split()] for name in _TARGETS}
    programs["pass"] = ["-c", "pass"]
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, arguments in programs.items():
            taken[name].append(cpu_of(arguments))
    nothing = statistics.median(taken["pass"])
    for name, target in _TARGETS.items():
        cpu = statistics.median(taken[name])
        yield Figure(
            f"CPU of `emagsync {name}` (bare: `python -c pass`)",
            "s",
            cpu,
            bare=nothing,
            judged=cpu,
            target=target,
            target_text=f"at most {target} s",
        )
