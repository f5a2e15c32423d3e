"""The dashboard of Grafana, as a document. Whether its metrics are there: test_what_they_read.py."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.prometheus import (
    DASHBOARD,
    DEPLOY,
    GIVEN_LABELS,
    PROMTOOL,
    Named,
    Scrape,
    named_in,
    panel_expressions,
    problems,
)

SCRAPE: Scrape = {
    "emag_products_count": {"account_type": {"main"}},
    "emag_sync_errors_total": {"error_type": {"timeout"}},
}


@pytest.mark.parametrize(("title", "expression", "legend"), panel_expressions())
def test_legends_name_labels_that_the_queries_keep(title: str, expression: str, legend: str) -> None:
    kept = set().union(*(named.labels for named in named_in(expression))) | GIVEN_LABELS
    assert set(re.findall(r"{{\s*(\w+)\s*}}", legend)) <= kept


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    # What Grafana puts in for its variables.
    queries = [
        query.replace("$account", "main").replace("$__rate_interval", "1m") for _, query, _ in panel_expressions()
    ]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(
        [PROMTOOL, "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("sum by (nobody) (emag_products_count)", ["emag_products_count has no nobody"]),
        ("time() - emag_nothing", ["there is no emag_nothing"]),
        ("histogram_quantile(0.9, sum by (le) (rate(emag_nothing_bucket[5m])))", ["there is no emag_nothing_bucket"]),
        ('rate(emag_sync_errors_total{error_type="x"}[5m])', ["emag_sync_errors_total never has error_type=x"]),
        ('sum by (account_type) (emag_products_count{account_type=~"$account"}) > 1', []),
    ],
)
def test_what_is_not_there_is_noticed(expression: str, wrong: list[str]) -> None:
    assert problems(expression, SCRAPE) == wrong


def test_an_expression_says_what_it_reads() -> None:
    expression = (
        'sum by (a) (rate(one_total{b="x", c!~"y.*"}[5m])) / on (d) group_left max(two offset 1h) and three > 0.5'
    )
    assert named_in(expression) == [
        Named("one_total", frozenset("abcd"), frozenset({("b", "x")})),
        Named("two", frozenset("d"), frozenset()),
        Named("three", frozenset("d"), frozenset()),
    ]


def dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return document


def test_the_dashboard_has_a_row_for_everything_that_is_asked_of_it() -> None:
    rows = [panel["title"] for panel in dashboard()["panels"] if panel["type"] == "row"]
    assert rows == ["Freshness", "Runs", "Offers", "eMAG's API", "Request budget", "Workers and the server"]


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_grafana_is_given_the_data_source_and_the_dashboard() -> None:
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"][0]
    assert source["type"] == "prometheus"
    provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/emagsync.yml").read_text())["providers"][0]
    grafana = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]["grafana"]
    mounts = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./grafana/provisioning"] == "/etc/grafana/provisioning"
    assert (DEPLOY / "grafana" / "dashboards" / DASHBOARD.name).samefile(DASHBOARD)
    assert source["url"].strip("${}") in grafana["environment"]
