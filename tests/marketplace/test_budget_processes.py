"""The budget as eMAG sees it: real processes, real time, network jitter of 0 to 50 ms."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emagsync.sandbox.process import start_sandbox

REQUESTS = 54


@pytest.mark.timeout(120)
@pytest.mark.parametrize("processes", [1, 2])
def test_the_rate_is_used_and_never_passed(tmp_path: Path, processes: int) -> None:
    """Over the 17 s that 54 requests take. Arrival times are the sandbox's own, after the jitter."""
    pace = ["--latency-ms", "250", "--jitter-ms", "50"]
    with start_sandbox(["main:main-secret:10"], pace) as sandbox:
        command = [sys.executable, str(Path(__file__).with_name("budget_user.py")), sandbox.api_url, str(tmp_path)]
        users = [subprocess.Popen([*command, str(REQUESTS // processes)]) for _ in range(processes)]
        assert [user.wait() for user in users] == [0] * processes
        report = sandbox.report()["accounts"]["main"]
        arrivals = [line["at"] for line in sandbox.control("GET", "/log")["requests"]]
    assert report["refused"] <= 1
    assert report["groups"]["other"]["peak_per_second"] <= 3
    assert len(arrivals) >= REQUESTS
    # The share used between the first slots and their last reuse; a window of 1.05 s allows 95.2 %.
    share = (len(arrivals) - 3) / (arrivals[-1] - arrivals[0]) / 3
    assert share >= 0.94
