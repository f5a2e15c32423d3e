"""A bad day is recorded while a run meets it, and replayed: a run against the replay ends as the first one did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.settings import AccountSettings
from emagsync.marketplace.recording.recorder import Recorder
from emagsync.marketplace.recording.scrub import Credentials
from emagsync.sandbox.marketplace import Marketplace
from emagsync.sandbox.replay import Replay
from emagsync.sandbox.server import SandboxServer
from emagsync.sandbox.settings import Settings
from emagsync.sync.schemas import Run, RunStatus
from support.comparing import snapshot
from support.local import open_local
from support.market import PASSWORD, open_market

NOISE = (
    {"kind": "status", "status": 503, "route": "product_offer/count", "times": 1},
    {"kind": "status", "status": 502, "pages": [2], "times": 2},
    {"kind": "reset", "pages": [3], "times": 1},
    {"kind": "truncated", "pages": [4], "times": 1},
    {"kind": "missing_is_error", "pages": [5], "times": 1},
    {"kind": "rate_limited", "pages": [6], "retry_after": 0, "times": 1},
    {"kind": "timeout", "pages": [1], "times": 1},
)
DEAD_ROWS = {"kind": "html", "rows": [61, 64]}
NOBODY_IS_LET_IN = {"kind": "invalid_ip"}
OUTCOME = ("status", "processed", "created", "updated", "unchanged", "removed", "failed")


def outcome(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in OUTCOME} | {"errors": sorted({error.code for error in run.errors})}


@pytest.mark.often(first=1)
@pytest.mark.parametrize(
    ("faults", "status"),
    [
        pytest.param(NOISE, RunStatus.COMPLETED, id="noise"),
        pytest.param((*NOISE, DEAD_ROWS), RunStatus.FAILED, id="rows that cannot be read"),
        pytest.param((NOBODY_IS_LET_IN,), RunStatus.FAILED, id="the allow list"),
    ],
)
async def test_a_run_against_the_replay_ends_as_the_first_did(
    tmp_path: Path, faults: tuple[dict[str, Any], ...], status: RunStatus
) -> None:
    options: dict[str, Any] = {"http": {"read_timeout": 0.5}}
    async with open_market({"main": 120}) as market:
        for fault in faults:
            market.fault(**fault)
        with Recorder(tmp_path / "day", [Credentials("main", PASSWORD)]) as recorder:
            async with open_local(tmp_path / "first", market.url, on_exchange=recorder.observe, **options) as local:
                first = await local.sync(per_page=20)
                copy = snapshot(local.database)
    assert first.status is status
    replay = Marketplace(replay=Replay(tmp_path / "day", speed=20), settings=Settings(limit=False))
    async with SandboxServer(replay) as server:
        user = AccountSettings(name="main", username="main", password="main-secret", base_url=server.api_url)
        accounts = ConfiguredAccounts({"main": user}, {})
        async with open_local(tmp_path / "second", server.api_url, accounts=accounts, **options) as local:
            second = await local.sync(per_page=20)
            assert outcome(second) == outcome(first)
            assert snapshot(local.database)["offers"].keys() == copy["offers"].keys()
            assert snapshot(local.database)["changes"] == copy["changes"]
