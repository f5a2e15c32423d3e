"""`python -m benchmarks [--quick] [--only PART ...]`: the table of figures, and JSON in benchmarks/results/.

Exit code 1 when a target is missed. `--quick` runs a small version of everything and judges nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import api, commands, limited, memory, metrics, postgresql, unlimited, utilisation
from benchmarks.figures import Figure, table
from benchmarks.measure import run_child

Part = Callable[[Path, bool], Iterator[Figure]]
RESULTS = Path(__file__).parent / "results"


def _limited(workspace: Path, quick: bool) -> Iterator[Figure]:
    sizes = {"small": 545, "large": 1_000, "rounds": 1} if quick else {"small": 2_545, "large": 10_000, "rounds": 3}
    return limited.figures(workspace, **sizes)


def _unlimited(workspace: Path, quick: bool) -> Iterator[Figure]:
    return unlimited.figures(workspace, offers=2_000 if quick else 25_000, rounds=1 if quick else 3)


def _memory(workspace: Path, quick: bool) -> Iterator[Figure]:
    return memory.figures(workspace, small=1_000 if quick else 25_000, large=5_000 if quick else 250_000)


def _utilisation(workspace: Path, quick: bool) -> Iterator[Figure]:
    return utilisation.figures(workspace, offers=1_000 if quick else 6_000)


def _api(workspace: Path, quick: bool) -> Iterator[Figure]:
    return api.figures(workspace, offers=2_000 if quick else 250_000, requests=40 if quick else 400)


def _commands(workspace: Path, quick: bool) -> Iterator[Figure]:
    return commands.figures(workspace, rounds=3 if quick else 11)


def _postgresql(workspace: Path, quick: bool) -> Iterator[Figure]:
    sizes = {"offers": 2_000, "rounds": 1, "batches": 10} if quick else {"offers": 25_000, "rounds": 3, "batches": 60}
    return postgresql.figures(workspace, **sizes)


def _metrics(workspace: Path, quick: bool) -> Iterator[Figure]:
    return metrics.figures(workspace, offers=10_000 if quick else 250_000, scrapes=10 if quick else 100)


def _scaling(workspace: Path, quick: bool) -> Iterator[Figure]:
    from benchmarks import scaling  # it needs the tests' servers

    return scaling.figures(workspace, accounts=10 if quick else 200, offers=250)


def _micro(_: Path, quick: bool) -> Iterator[Figure]:
    # A process of its own, because what it imports would raise the peak that its parent's children start from.
    said = run_child(["-m", "benchmarks.micro", "10" if quick else "60"]).said
    return iter([Figure(**figure) for figure in said["figures"]])


PARTS: dict[str, Part] = {
    "limited": _limited,
    "unlimited": _unlimited,
    "memory": _memory,
    "utilisation": _utilisation,
    "micro": _micro,
    "commands": _commands,
    "postgresql": _postgresql,
    "api": _api,
    "scaling": _scaling,
    "metrics": _metrics,
}


def main() -> int:
    """Run the parts, print the table, keep the JSON. Returns the exit code."""
    options = _options()
    figures: list[Figure] = []
    for name in options.only or PARTS:
        with tempfile.TemporaryDirectory(prefix="emagsync-bench-") as folder:
            for figure in PARTS[name](Path(folder), options.quick):
                figures.append(figure)
                print(f"  {figure.name}: {figure.ours:,.2f} {figure.unit}", file=sys.stderr, flush=True)
    print(table(figures, judge=not options.quick))
    _keep(figures, quick=options.quick)
    missed = [figure.name for figure in figures if figure.holds is False]
    if options.quick or not missed:
        return 0
    print(f"{len(missed)} missed: {'; '.join(missed)}")
    return 1


def _keep(figures: list[Figure], *, quick: bool) -> None:
    at = datetime.now(UTC)
    document = {
        "at": at.isoformat(timespec="seconds"),
        "quick": quick,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "figures": [figure.document() for figure in figures],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{at:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small and short; nothing is judged")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part, repeatable")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
