"""Debian's Prometheus as a real process, and the metrics and labels that PromQL expressions name."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import yaml

from support.api import client
from support.patience import PATIENCE_SECONDS
from support.ports import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules" / "emagsync.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "emagsync.json"

# `apt install prometheus` has both. Where they are missing, what needs them fails and names them.
PROMETHEUS = shutil.which("prometheus") or "prometheus"
PROMTOOL = shutil.which("promtool") or "promtool"


def without_annotations(rules: str) -> str:
    """The rules without their texts, for unit tests that are about when they fire."""
    document = yaml.safe_load(rules)
    for rule in _rules_of(document):
        rule.pop("annotations", None)
    return yaml.safe_dump(document)


def hastened(rules: str, thresholds: Mapping[str, tuple[str, str]] | None = None) -> str:
    """The same rules for a test: a minute is a tenth of a second, a range has four seconds at least, each `for` one.

    `thresholds` replaces a piece of an alert's expression: `{"EmagRunStuck": ("> 90", "> 2")}`.
    """
    document = yaml.safe_load(rules)
    for rule in _rules_of(document):
        old, new = (thresholds or {}).get(rule["alert"], ("", ""))
        assert old in rule["expr"], f"{rule['alert']} has no {old!r}"
        rule["expr"] = re.sub(r"\[(\w+)\]", _hastened_range, rule["expr"].replace(old, new) if old else rule["expr"])
        if "for" in rule:
            rule["for"] = "1s"
    return yaml.safe_dump(document)


def _hastened_range(found: re.Match[str]) -> str:
    units = {"s": 1, "m": 60, "h": 3600}
    seconds = sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([smh])", found[1]))
    return f"[{max(seconds // 600, 4)}s]"


def _rules_of(document: Any) -> list[dict[str, Any]]:
    return [rule for group in document["groups"] for rule in group["rules"]]


class Sample(NamedTuple):
    """One series of an answer."""

    labels: dict[str, str]
    value: float


class Prometheus:
    """One running Prometheus that scrapes every second."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def query(self, expression: str) -> list[Sample]:
        """The series that an expression has now."""
        answer = await self._http.get("/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, answer.text
        result = answer.json()["data"]["result"]
        return [Sample(series["metric"], float(series["value"][1])) for series in result]

    async def value(self, expression: str) -> float | None:
        """The one value of an expression, or None when it has no series."""
        samples = await self.query(expression)
        assert len(samples) <= 1, samples
        return samples[0].value if samples else None

    async def when(self, expression: str, condition: Callable[[float], bool]) -> float:
        """The expression's value as soon as the condition holds of it."""
        value: float | None = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (value := await self.value(expression)) is None or not condition(value):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{expression} is {value}") from None
        return value

    async def firing(self) -> dict[str, list[dict[str, Any]]]:
        """The alerts that fire, by name."""
        answer = await self._http.get("/api/v1/alerts")
        assert answer.status_code == 200, answer.text
        fires: dict[str, list[dict[str, Any]]] = {}
        for alert in answer.json()["data"]["alerts"]:
            if alert["state"] == "firing":
                fires.setdefault(alert["labels"]["alertname"], []).append(alert)
        return fires

    async def fires(self, alert: str, **labels: str) -> dict[str, Any]:
        """That alert, with these labels, as soon as it fires."""
        fires: dict[str, list[dict[str, Any]]] = {}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    fires = await self.firing()
                    for one in fires.get(alert, []):
                        if labels.items() <= one["labels"].items():
                            return one
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{alert} {labels} does not fire; what does: {fires}") from None

    async def resolves(self, alert: str, **labels: str) -> None:
        """Wait until that alert does not fire."""
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    fires = await self.firing()
                    found = [one for one in fires.get(alert, []) if labels.items() <= one["labels"].items()]
                    if not found:
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"these go on: {found}") from None

    async def health_of_rules(self) -> dict[str, str]:
        """Each alert's `ok`, or the error that its evaluation ended with."""
        answer = await self._http.get("/api/v1/rules")
        rules = [rule for group in answer.json()["data"]["groups"] for rule in group["rules"]]
        return {rule["name"]: rule.get("lastError") or rule["health"] for rule in rules}


@asynccontextmanager
async def open_prometheus(folder: Path, target: str, rules: str, **job: Any) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes `target` (`127.0.0.1:8000`) and evaluates `rules` each second; `job` adds to that."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [{"job_name": "emagsync", "static_configs": [{"targets": [target]}], **job}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    (folder / "rules.yml").write_text(rules)
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            PROMETHEUS,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
            stdout=log,
            stderr=log,
        )
    try:
        async with client(f"http://127.0.0.1:{port}") as http:
            await _ready(http, process, folder / "log")
            yield Prometheus(http)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _ready(http: httpx2.AsyncClient, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while process.returncode is None:
            try:
                if (await http.get("/-/ready")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError(f"Prometheus did not start: {log.read_text()}")


class Named(NamedTuple):
    """What an expression says of a metric: the labels that it must have, and the values that it must have had."""

    metric: str
    labels: frozenset[str]
    values: frozenset[tuple[str, str]]


_WORDS = frozenset(
    {
        *("and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"),
        *("sum", "min", "max", "avg", "count"),
    }
)
_METRIC = re.compile(r"(?<![\w$.\"])([a-zA-Z_:][\w:]*)(\s*\{([^}]*)\})?(?!\w|\s*\()")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPED = re.compile(r"\b(by|on)\s*\(([^)]*)\)\s*(\()?")


def named_in(expression: str) -> list[Named]:
    """The metrics that an expression reads, with the labels that it selects or groups them by."""
    bare = re.sub(r"\[[^\]]*\]", "", expression)
    grouped: list[tuple[range, frozenset[str]]] = []
    for found in _GROUPED.finditer(bare):
        where = range(found.end(), _closing(bare, found.end())) if found[3] and found[1] == "by" else range(len(bare))
        grouped.append((where, frozenset(re.findall(r"\w+", found[2]))))
    # What is grouped by is no metric; the rest keeps its place.
    readable = _GROUPED.sub(lambda found: " " * (len(found[0]) - 1) + (found[3] or " "), bare)
    return [_named(found, grouped) for found in _METRIC.finditer(readable) if found[1] not in _WORDS]


def _named(found: re.Match[str], grouped: list[tuple[range, frozenset[str]]]) -> Named:
    matchers = _MATCHER.findall(found[3] or "")
    labels = {name for name, _, _ in matchers}
    labels.update(*(names for where, names in grouped if found.start() in where))
    values = {(name, value) for name, how, value in matchers if how == "=" and "$" not in value}
    return Named(found[1], frozenset(labels), frozenset(values))


def _closing(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"unbalanced: {text}")


# Every series of a scrape by name: its labels, with the values that they have.
Scrape = Mapping[str, Mapping[str, set[str]]]

# What Prometheus makes itself, and the labels that it gives to every series.
_OF_PROMETHEUS: Scrape = {"up": {}, "ALERTS": {"alertname": set(), "alertstate": set()}}
GIVEN_LABELS = frozenset({"job", "instance"})


def problems(expression: str, scrape: Scrape) -> list[str]:
    """Metrics, labels and values that an expression reads and `scrape` does not have."""
    names = named_in(expression)
    assert names, f"nothing is read by {expression}"
    return [problem for named in names for problem in _problems_of(named, scrape)]


def _problems_of(named: Named, scrape: Scrape) -> list[str]:
    known = scrape.get(named.metric) or _OF_PROMETHEUS.get(named.metric)
    if known is None and named.metric not in scrape:
        return [f"there is no {named.metric}"]
    known = known or {}
    missing = [f"{named.metric} has no {label}" for label in sorted(named.labels - set(known) - GIVEN_LABELS)]
    never = [
        f"{named.metric} never has {label}={value}"
        for label, value in sorted(named.values)
        if named.metric in scrape and label in known and value not in known[label]
    ]
    return missing + never


def alert_expressions() -> list[tuple[str, str]]:
    """Each alert's name and expression."""
    return [(rule["alert"], rule["expr"]) for rule in _rules_of(yaml.safe_load(RULES.read_text()))]


def panel_expressions() -> list[tuple[str, str, str]]:
    """Each query of the dashboard: its panel's title, its expression and its legend."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [
        (panel["title"], target["expr"], target["legendFormat"])
        for panel in panels
        for target in panel.get("targets", [])
    ]
