"""The alert rules, by Prometheus' own tools."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.documents import REPO, anchors
from support.prometheus import PROMTOOL, RULES, without_annotations

CASES = Path(__file__).with_name("rules_test.yml")

ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]


def promtool(*arguments: str | Path) -> str:
    """What promtool says; fails when it finds something wrong."""
    done = subprocess.run([PROMTOOL, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def cases() -> list[dict[str, Any]]:
    """Every expectation of the unit tests."""
    tests = yaml.safe_load(CASES.read_text())["tests"]
    return [case for test in tests for case in test["alert_rule_test"]]


def test_each_alert_fires_when_it_should_and_not_otherwise(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(without_annotations(RULES.read_text()))
    (tmp_path / "test.yml").write_text(CASES.read_text().replace("[RULES]", "[rules.yml]"))
    assert "SUCCESS" in promtool("test", "rules", tmp_path / "test.yml")


@pytest.mark.thorough
def test_a_wrong_expectation_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(without_annotations(RULES.read_text()).replace("> 90", "> 900000"))
    (tmp_path / "test.yml").write_text(CASES.read_text().replace("[RULES]", "[rules.yml]"))
    done = subprocess.run(
        [PROMTOOL, "test", "rules", tmp_path / "test.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "EmagRunStuck" in done.stdout + done.stderr


@pytest.mark.parametrize("alert", [rule["alert"] for rule in ALERTS])
def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not(alert: str) -> None:
    expected = [case["exp_alerts"] for case in cases() if case["alertname"] == alert]
    assert [one for one in expected if one], f"nothing shows that {alert} fires"
    assert [one for one in expected if not one] or _names_a_bystander(alert), (
        f"nothing shows that {alert} does not fire"
    )


def _names_a_bystander(alert: str) -> bool:
    """Whether the case in which it fires has a second account for which it does not."""
    for test in yaml.safe_load(CASES.read_text())["tests"]:
        for case in test["alert_rule_test"]:
            if case["alertname"] == alert and case["exp_alerts"]:
                named = {
                    match
                    for series in test["input_series"]
                    for match in re.findall(r'account_type="(\w+)"', series["series"])
                }
                if named - {one["exp_labels"].get("account_type") for one in case["exp_alerts"]}:
                    return True
    return False


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_it_is_what_to_do_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    notes = rule["annotations"]
    assert set(notes) == {"summary", "description", "action", "runbook_url"}
    assert all(len(text) > 10 for text in notes.values())
    page, _, anchor = notes["runbook_url"].partition("#")
    assert page == "docs/runbook.md"
    assert anchor in anchors(REPO / page), f"docs/runbook.md has no section {anchor}"


@pytest.mark.parametrize("name", ["prometheus.yml", "prometheus-local.yml"])
def test_the_configurations_are_prometheus_own(name: str) -> None:
    # Syntax only: the file with the token is there in the container.
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", RULES.parents[1] / name)


def test_the_rules_are_among_the_files_that_the_configurations_load() -> None:
    for name in ("prometheus.yml", "prometheus-local.yml"):
        config = yaml.safe_load((RULES.parents[1] / name).read_text())
        files = [path for pattern in config["rule_files"] for path in RULES.parents[1].glob(pattern)]
        assert RULES in files
        assert {job["job_name"] for job in config["scrape_configs"]} >= {"emagsync"}
