"""Metrics in the text format of Prometheus."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from emagsync.telemetry.metrics import INFINITE, Counter, Gauge, Histogram, Labels, Series, Values, bound_text

Family = Metric


def counter_family(counter: Counter, values: Values) -> Family:
    """The counter's series among `values`."""
    family = CounterMetricFamily(counter.name, counter.help, labels=counter.labels)
    for series in sorted(series for series in values if series.name == counter.name):
        family.add_metric(series.labels, values[series])
    return family


def gauge_family(gauge: Gauge, values: Mapping[Labels, float]) -> Family:
    """`values` by their labels."""
    family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family


def kept_gauge_family(gauge: Gauge, values: Values) -> Family:
    """The gauge's series among `values`."""
    return gauge_family(gauge, {series.labels: value for series, value in values.items() if series.name == gauge.name})


def histogram_family(histogram: Histogram, values: Values) -> Family:
    """The histogram's series among `values`."""
    counts: dict[Labels, dict[str, float]] = defaultdict(dict)
    for series, value in values.items():
        if series.name == histogram.bucket:
            counts[series.labels[:-1]][series.labels[-1]] = value
    family = HistogramMetricFamily(histogram.name, histogram.help, labels=histogram.labels)
    for labels in sorted(counts):
        total = values.get(Series(histogram.sum, labels), 0.0)
        family.add_metric(labels, _cumulative(histogram, counts[labels]), total)
    return family


def render(families: Iterable[Family], accept: str) -> tuple[bytes, str]:
    """The exposition and its content type: OpenMetrics where `accept`, a request's header, asks for it."""
    encode, content_type = choose_encoder(accept)
    return encode(_Gathered(list(families))), content_type


def _cumulative(histogram: Histogram, counts: Mapping[str, float]) -> list[tuple[str, float]]:
    total = 0.0
    buckets: list[tuple[str, float]] = []
    for bound in (*map(bound_text, histogram.buckets), INFINITE):
        total += counts.get(bound, 0)
        buckets.append((bound, total))
    return buckets


class _Gathered:
    """Families as what prometheus_client calls a registry."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> list[Family]:
        return self._families
