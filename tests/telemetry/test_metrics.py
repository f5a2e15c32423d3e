"""Metrics as values, and how Prometheus reads what is written down."""

from __future__ import annotations

import pytest

from emagsync.telemetry import exposition
from emagsync.telemetry.metrics import Counter, Gauge, Histogram, Increments
from support.scrape import Scrape

SECONDS = Histogram("took_seconds", "How long.", ("what",), (0.5, 1, 10))
DONE = Counter("done_total", "How many.", ("what",))
NOW = Gauge("now", "How many now.", ("what",))


def written(*families: exposition.Family) -> Scrape:
    return Scrape(exposition.render(families, "")[0].decode())


def test_a_histogram_counts_what_was_at_most_each_bound() -> None:
    into: Increments = {}
    for seconds in (0.1, 0.5, 0.7, 10.0, 11.0):
        SECONDS.observe(into, ("x",), seconds)
    read = written(exposition.histogram_family(SECONDS, into))
    assert read.by("le", "took_seconds_bucket") == {"0.5": 2, "1.0": 3, "10.0": 4, "+Inf": 5}
    assert read.value("took_seconds_count") == 5
    assert read.value("took_seconds_sum") == pytest.approx(22.3)


def test_increments_of_two_processes_add_up() -> None:
    one: Increments = {}
    other: Increments = {}
    SECONDS.observe(one, ("x",), 0.2)
    SECONDS.observe(other, ("x",), 5)
    DONE.add(one, ("x",), 2)
    DONE.add(other, ("x",))
    both = {series: one.get(series, 0) + other.get(series, 0) for series in one.keys() | other.keys()}
    read = written(exposition.histogram_family(SECONDS, both), exposition.counter_family(DONE, both))
    assert read.by("le", "took_seconds_bucket") == {"0.5": 1, "1.0": 1, "10.0": 2, "+Inf": 2}
    assert read.value("done_total", what="x") == 3


def test_only_a_metrics_own_series_are_in_its_family() -> None:
    into: Increments = {NOW.series("x"): 4}
    DONE.add(into, ("x",))
    assert written(exposition.counter_family(DONE, into)).samples.keys() == {("done_total", frozenset({("what", "x")}))}
    assert written(exposition.kept_gauge_family(NOW, into)).value("now", what="x") == 4


def test_a_label_may_hold_any_text() -> None:
    awkward = 'a"b\\c\nd'
    assert written(exposition.gauge_family(NOW, {(awkward,): 1})).by("what", "now") == {awkward: 1}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        pytest.param("", "text/plain; version=0.0.4", id="nothing asked for"),
        pytest.param("text/plain;version=0.0.4;q=0.3,*/*;q=0.1", "text/plain; version=0.0.4", id="text"),
        pytest.param("application/openmetrics-text;version=1.0.0", "application/openmetrics-text", id="openmetrics"),
    ],
)
def test_the_form_is_the_one_that_is_asked_for(accept: str, content_type: str) -> None:
    into: Increments = {}
    DONE.add(into, ("x",))
    content, given = exposition.render([exposition.counter_family(DONE, into)], accept)
    assert given.startswith(content_type)
    assert (b"# EOF" in content) is ("openmetrics" in content_type)
    assert b'done_total{what="x"} 1.0' in content
