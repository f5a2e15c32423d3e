"""Metrics as values: their names, and increments that can be added up over many processes.

A `Series` is one number with its labels. Histograms are plain series too, one for each bucket (not cumulative) and one
for the sum.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

Labels = tuple[str, ...]

INFINITE: Final = "+Inf"


class Series(NamedTuple):
    """One number: its metric's name, and the values of the metric's labels in their order."""

    name: str
    labels: Labels


Increments = dict[Series, float]
Values = Mapping[Series, float]


@dataclass(frozen=True)
class Counter:
    """A metric that only grows. `name` ends in `_total`."""

    name: str
    help: str
    labels: Labels = ()

    def add(self, into: Increments, labels: Labels, value: float = 1) -> None:
        """Count `value` more."""
        series = Series(self.name, labels)
        into[series] = into.get(series, 0) + value


@dataclass(frozen=True)
class Gauge:
    """A metric that goes up and down."""

    name: str
    help: str
    labels: Labels = ()

    def series(self, *labels: str) -> Series:
        """Its series with these labels' values."""
        return Series(self.name, labels)


@dataclass(frozen=True)
class Histogram:
    """A distribution of durations in seconds. `buckets` are upper bounds, ascending, without the infinite one."""

    name: str
    help: str
    labels: Labels
    buckets: tuple[float, ...]

    def observe(self, into: Increments, labels: Labels, seconds: float) -> None:
        """Count one that took `seconds`."""
        place = bisect_left(self.buckets, seconds)
        bound = bound_text(self.buckets[place]) if place < len(self.buckets) else INFINITE
        for series, value in ((Series(self.bucket, (*labels, bound)), 1.0), (Series(self.sum, labels), seconds)):
            into[series] = into.get(series, 0) + value

    @property
    def bucket(self) -> str:
        """The name of its buckets' series; their last label is the bound."""
        return f"{self.name}_bucket"

    @property
    def sum(self) -> str:
        """The name of its sums' series."""
        return f"{self.name}_sum"


def bound_text(value: float) -> str:
    """A bucket's bound as Prometheus writes it."""
    return str(float(value))
