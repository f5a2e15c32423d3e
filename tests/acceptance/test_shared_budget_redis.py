"""Issue 5: processes that share one account's budget over Redis stay inside it together, and use it."""

from __future__ import annotations

import os
from statistics import fmean

import pytest

from emagsync.sandbox.process import SandboxProcess, start_sandbox
from support.drawing import drawing, most_in_a_second, wait_until, written_by
from support.servers import RedisServer

REQUESTS = 60
TRIES = 3
REPEATS = 3 if int(os.environ.get("EMAGSYNC_STORM_SEEDS", "0")) >= 10 else 1
# Instead of the 15 s that requests may take to reach eMAG.
SETTLE_SECONDS = 2.0


def sandbox() -> SandboxProcess:
    return start_sandbox(["main:main-secret:10"], ["--latency-ms", "100", "--jitter-ms", "30"])


def seen_by(market: SandboxProcess) -> tuple[int, int]:
    """How many requests were refused, and the most in a rolling second."""
    report = market.report()["accounts"]["main"]
    return report["refused"], report["groups"]["other"]["peak_per_second"]


def turns(written: list[float]) -> list[float]:
    """Seconds from each request to the third after it, which has the same slot: 1.0 would be all that is allowed."""
    return [later - earlier for earlier, later in zip(written, written[3:], strict=False)]


@pytest.mark.quiet
@pytest.mark.thorough
@pytest.mark.timeout(240)
def test_three_processes_use_one_account_s_budget_and_never_pass_it() -> None:
    """What is written is exact whatever this machine does. When it is busy, what arrives may be pressed together by
    more than the 50 ms that are allowed for, and sleeps may last longer: then it is tried again."""
    for _ in range(TRIES):
        with RedisServer() as redis, sandbox() as market:
            with drawing(redis.url, market.api_url, callers=[12, 2, 2], settle_seconds=SETTLE_SECONDS) as users:
                wait_until(lambda users=users: all(user.written for user in users))
                begun = max(user.written[0] for user in users)
                wait_until(lambda users=users, begun=begun: len(written_by(users)) - 3 >= REQUESTS)
                steady = [moment for moment in written_by(users) if moment >= begun]
                counts = [user.since(begun) for user in users]
            refused, peak = seen_by(market)
        assert min(turns(written_by(users))) >= 1.0499
        assert refused <= 1
        share = 1 / fmean(turns(steady))
        if refused == 0 and peak <= 3 and share >= 0.86 and min(counts) >= len(steady) / 3 / 2:
            return
    pytest.fail(f"{refused} refused, at most {peak} in a second, {share:.1%} of the rate used, {counts} by process")


@pytest.mark.storm
@pytest.mark.timeout(120 + 60 * REPEATS)
@pytest.mark.parametrize("durable", [pytest.param(True, id="kept"), pytest.param(False, id="lost")])
def test_when_redis_is_killed_callers_wait_and_afterwards_they_do_not_burst(durable: bool) -> None:
    with (
        RedisServer(durable=durable) as redis,
        sandbox() as market,
        drawing(redis.url, market.api_url, settle_seconds=SETTLE_SECONDS) as users,
    ):
        for repeat in range(REPEATS):
            wait_until(lambda: all(len(user.written) >= 6 for user in users))
            redis.kill()
            wait_until(lambda repeat=repeat: all(user.said.count("redis_away") > repeat for user in users))
            waiting = len(written_by(users))
            redis.start()
            wait_until(lambda waiting=waiting: len(written_by(users)) >= waiting + 24)
        refused, _ = seen_by(market)
    written = written_by(users)
    assert most_in_a_second(written) <= 3
    assert refused == 0
    for user in users:
        assert user.process.returncode == 0
        # A restarted Redis may answer once and then not for a moment, while it loads or the machine is busy.
        assert user.said.count("redis_away") == user.said.count("redis_back") >= REPEATS
