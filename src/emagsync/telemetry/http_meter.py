"""The metrics of this process's HTTP server."""

from __future__ import annotations

from typing import Final

from emagsync.telemetry.metrics import Counter, Gauge, Histogram, Increments

# By area, not by route or method: the series of some seventy routes would be most of all. The log has the routes.
REQUESTS: Final = Counter("emagsync_http_requests_total", "Answers of this server.", ("area", "status"))
DURATION: Final = Histogram(
    "emagsync_http_request_duration_seconds",
    "How long until the answer began, by part of the API.",
    ("area",),
    (0.01, 0.05, 0.1, 0.5, 2.5),
)
IN_FLIGHT: Final = Gauge("emagsync_http_requests_in_flight", "Requests under way, live streams included.")


class HttpMeter:
    """Counts the requests of one server."""

    def __init__(self) -> None:
        self.values: Increments = {}
        self.in_flight = 0

    def answered(self, area: str, status: int, seconds: float) -> None:
        """Count an answered request. `area` is the part of the API that it belongs to, one of few."""
        REQUESTS.add(self.values, (area, f"{status // 100}xx"))
        DURATION.observe(self.values, (area,), seconds)
