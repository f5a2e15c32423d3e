"""The budget as eMAG sees it: real processes, real time, network jitter of 0 to 50 ms."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from emagsync.sandbox.process import start_sandbox
from support.processes import start
from support.program import environment

REQUESTS = 24
TRIES = 3


class Run(NamedTuple):
    written: list[float]
    refused: int
    peak_at_emag: int

    @property
    def share(self) -> float:
        """How much of 3 a second was used between the first slots and their last reuse; 1.05 s allow 95.2 %."""
        return (len(self.written) - 3) / (self.written[-1] - self.written[0]) / 3


def run(directory: Path, processes: int) -> Run:
    pace = ["--latency-ms", "250", "--jitter-ms", "50"]
    with start_sandbox(["main:main-secret:10"], pace) as sandbox:
        user = Path(__file__).with_name("budget_user.py")
        given = (sandbox.api_url, str(directory), str(REQUESTS // processes))
        options = {"script": user, "env": environment(directory), "stdout": subprocess.PIPE, "text": True}
        users = [start(*given, **options) for _ in range(processes)]
        said = [user.communicate()[0] for user in users]
        assert [user.returncode for user in users] == [0] * processes
        report = sandbox.report()["accounts"]["main"]
    written = sorted(float(moment) for text in said for moment in text.split())
    return Run(written, report["refused"], report["groups"]["other"]["peak_per_second"])


@pytest.mark.quiet
@pytest.mark.usefixtures("forked")
@pytest.mark.often(first=1)
@pytest.mark.timeout(180)
@pytest.mark.parametrize("processes", [2, 1])
def test_the_rate_is_used_and_never_passed(tmp_path: Path, processes: int) -> None:
    """What we write is exact whatever the machine does. A busy machine can hold up our sleep, which costs speed, and
    the sandbox before it counts, which is jitter beyond the 50 ms: then the run is repeated."""
    for _ in range(TRIES):
        seen = run(tmp_path, processes)
        assert len(seen.written) >= REQUESTS
        fourth = [later - earlier for earlier, later in zip(seen.written, seen.written[3:], strict=False)]
        assert min(fourth) >= 1.0499
        assert seen.refused <= 1
        if seen.peak_at_emag <= 3 and seen.share >= 0.88:  # `make bench` judges how much exactly
            return
    pytest.fail(f"{seen.peak_at_emag} requests in one second at eMAG, {seen.share:.1%} of the rate used")
