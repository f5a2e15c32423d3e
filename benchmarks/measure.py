"""Running one child process and taking what the operating system says it cost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any, NamedTuple


class Measured(NamedTuple):
    """One finished child. Seconds and MB (10^6 bytes); `said` is the JSON document it printed."""

    wall: float
    cpu: float
    peak_mb: float
    said: dict[str, Any]


def run_child(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Measured:
    """Run `python ARGUMENTS`, which prints a JSON document, and wait. Raises RuntimeError when it fails.

    The peak cannot read below this process's own, which is why this program imports little.
    """
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        usage = _run(arguments, environment, out)
        wall = time.perf_counter() - began
        peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        out.seek(0)
        return Measured(wall, usage.ru_utime + usage.ru_stime, peak_bytes / 1e6, json.loads(out.read()))


def cpu_of(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> float:
    """The seconds of CPU that `python ARGUMENTS` takes, whatever it prints. Raises RuntimeError when it fails."""
    with tempfile.TemporaryFile() as out:
        usage = _run(arguments, environment, out)
        return usage.ru_utime + usage.ru_stime


def _run(arguments: Sequence[str], environment: Mapping[str, str] | None, out: IO[bytes]) -> resource.struct_rusage:
    with tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**_inherited(), **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            err.seek(0)
            raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}: {err.read().decode()[-2000:]}")
        return usage


def _inherited() -> dict[str, str]:
    # The settings and accounts of whoever runs this must not reach the measured processes. Nor must what keeps Python
    # from writing bytecode: an installation has it, and a checkout's is compiled by its first round.
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("EMAG_", "EMAGSYNC_")) and name != "PYTHONDONTWRITEBYTECODE"
    }
