"""Reading `/metrics` as Prometheus does."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2
from prometheus_client.parser import text_string_to_metric_families


class Scrape:
    """The samples of one exposition."""

    def __init__(self, text: str) -> None:
        self.samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        """The sum of the samples with these labels; 0 when there are none."""
        return sum(self.values(name, **labels).values())

    def values(self, name: str, **labels: str) -> Mapping[frozenset[tuple[str, str]], float]:
        wanted = set(labels.items())
        return {key: value for (known, key), value in self.samples.items() if known == name and wanted <= key}

    def by(self, label: str, name: str, **labels: str) -> dict[str, float]:
        """The samples with these labels, summed by `label`."""
        found: dict[str, float] = {}
        for key, value in self.values(name, **labels).items():
            one = dict(key)[label]
            found[one] = found.get(one, 0) + value
        return found

    @property
    def counters(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """What may only grow."""
        ends = ("_total", "_count", "_sum", "_bucket")
        return {key: value for key, value in self.samples.items() if key[0].endswith(ends)}


async def scrape(client: httpx2.AsyncClient) -> Scrape:
    """One scrape that has to succeed."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return Scrape(answer.text)
