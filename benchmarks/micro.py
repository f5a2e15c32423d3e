"""The figures about single steps, in a process of their own: `python -m benchmarks.micro BATCHES`. Prints JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from benchmarks import rows, upsert

if __name__ == "__main__":
    batches = int(sys.argv[1])
    figures = [*rows.figures(batches=batches), *upsert.figures(batches=batches)]
    print(json.dumps({"figures": [asdict(figure) for figure in figures]}))
