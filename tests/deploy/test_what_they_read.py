"""The dashboard and the rules read what is really there: every metric and label, in a real scrape after real runs."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.patience import PATIENCE_SECONDS
from support.prometheus import DASHBOARD, Scrape, alert_expressions, panel_expressions, problems
from support.pushing import CALM
from support.runs import PRODUCTS, Desk, open_desk

pytestmark = pytest.mark.databases("both", often="sqlite")


async def test_every_metric_and_label_of_every_panel_and_rule_is_there(tmp_path: Path) -> None:
    scrape = await scrape_after_runs(tmp_path)
    queries = [*alert_expressions(), *((title, expression) for title, expression, _ in panel_expressions())]
    assert len(queries) > 40
    wrong = [f"{where}: {problem}" for where, expression in queries for problem in problems(expression, scrape)]
    assert wrong == []
    variable = next(one for one in json.loads(DASHBOARD.read_text())["templating"]["list"] if one["name"] == "account")
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"])
    assert found is not None
    assert scrape[found[1]][found[2]] == {"main", "fbe"}


async def scrape_after_runs(folder: Path) -> Scrape:
    """Every series of /metrics by name, after runs and a push: its labels, with the values that they have."""
    files = folder / "files"
    files.mkdir()
    (files / "stock.csv").write_text("emag_id,stock\n7,5\n")
    given = {"schedule": {"enabled": True}, "edits": CALM, "sources": {"folder": files}}
    async with open_desk(folder, {"main": 120, "fbe": 40}, **given) as desk:
        desk.market.change("odd_rows", after=5, rows=[{"id": "no number"}])
        desk.market.fault(kind="rate_limited", retry_after=0, times=2)
        desk.market.fault(kind="status", status=503, times=1)
        await desk.sync(account_type="main")
        desk.market.mend()
        await push_one(desk)
        await read_source(desk)
        await desk.sync(account_type="fbe")
        desk.market.fault(kind="not_allowed", account="fbe")
        await desk.sync(account_type="fbe")
        # A part that takes too long, on a machine that is busy, is left out of a scrape and is in a later one.
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "emag_api_requests_total" not in (text := (await desk.api.stranger.get("/metrics")).text):
                await asyncio.sleep(0.1)
        return series_of(text)


async def read_source(desk: Desk) -> None:
    """Take in a file of a source that is read by itself from then on."""
    asked = {"name": "ERP", "kind": "folder", "address": "stock.csv", "account": "main", "interval_minutes": 30}
    made = await desk.api.admin.post("/api/v1/sources", json=asked)
    assert made.status_code == 201, made.text
    read = await desk.api.operator.post(f"/api/v1/sources/{made.json()['id']}/read", json={})
    assert read.json()["status"] == "previewed", read.text


async def push_one(desk: Desk) -> None:
    """Send an edit to eMAG, and wait for its answer."""
    edit = {"account_type": "main", "edits": [{"emag_id": 7, "stock": 3}], "confirm": True, "preview": False}
    answer = await desk.api.operator.post(f"{PRODUCTS}/products/bulk-edit", json=edit)
    assert answer.status_code == 200, answer.text
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await desk.api.viewer.get("/api/v1/emag/outbox?state=applied")).json()["lines"] == []:
            await asyncio.sleep(0.02)


def series_of(text: str) -> Scrape:
    found: Scrape = defaultdict(lambda: defaultdict(set))
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = found[sample.name]
            for label, value in sample.labels.items():
                labels[label].add(value)
    return found
