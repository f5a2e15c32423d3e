"""Issue 7: 10,000 stock edits reach eMAG in batches of 50 at 92 % of the limit or more. The small one here counts
requests under the limit; the whole is `benchmarks/push.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.pushing import open_push_desk


@pytest.mark.quiet
async def test_stock_edits_go_out_fifty_at_a_time_and_use_the_request_limit(tmp_path: Path) -> None:
    limit = {"enabled": True}
    async with open_push_desk(tmp_path, 450, market={"limit": True}, limit=limit) as desk:
        await desk.edit_many([(emag_id, "stock", "7") for emag_id in range(1, 451)])
        push = await desk.push()
        assert push.counts == {"applied": 450}
        assert desk.saves() == 9
        # 9 saves, and 6 pages to read them back.
        assert desk.market.requests() == 15
        report = desk.market.account().report
        assert report.refused == 0
