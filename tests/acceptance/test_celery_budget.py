"""Issue 5: workers on several machines share one account's budget."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from support.workplace import open_workplace

pytestmark = [pytest.mark.storm, pytest.mark.databases("both", often="sqlite")]

NAMES = ("main", "fbe", "third")


@pytest.mark.databases("postgresql")
async def test_three_workers_keep_one_api_users_limit_and_use_it(tmp_path: Path) -> None:
    """Three accounts of one API user, a run each, and a data directory for each worker as if on other machines."""
    async with (
        open_workplace(
            tmp_path / "a",
            {"main": 600},
            market={"limit": True, "latency_ms": 100},
            EMAGSYNC_LIMIT__ENABLED="true",
        ) as workplace,
        AsyncExitStack() as stack,
    ):
        variables = {f"EMAG_{name.upper()}_USERNAME": "main" for name in NAMES}
        variables |= {f"EMAG_{name.upper()}_PASSWORD": workplace.variables["EMAG_MAIN_PASSWORD"] for name in NAMES}
        variables |= {f"EMAG_{name.upper()}_BASE_URL": workplace.market.url for name in NAMES}
        runs = [await workplace.begin(name, per_page=20) for name in NAMES]
        for number in range(3):
            folder = tmp_path / f"machine-{number}"
            folder.mkdir()
            worker = workplace.worker("-Q", "emagsync.syncs", "-c", "1", EMAGSYNC_DATA_DIR=str(folder), **variables)
            await stack.enter_async_context(worker)
        ended = [await workplace.completed(run_id) for run_id in runs]
        report = workplace.market.account().report
        assert len({run.worker for run in ended}) == 3
        assert report.refused == 0
        assert report.groups["other"].minute.most <= 180
        # While all three are at work: how long workers take to start and runs to end is not the budget's.
        began = max(run.started_at.timestamp() for run in ended if run.started_at)
        finished = min(run.finished_at.timestamp() for run in ended if run.finished_at)
        arrived = [entry.at for entry in report.log if began <= entry.at <= finished]
        assert len(arrived) > 60, "they did not overlap"
        assert (len(arrived) - 1) / (arrived[-1] - arrived[0]) >= 3 * 0.86
