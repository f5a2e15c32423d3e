"""Spans by OpenTelemetry, sent to an OTLP endpoint. Needs the packages of the extra `tracing`; see `tracing`."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from opentelemetry.context import attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Status, StatusCode

from emagsync import __version__

Attributes = Mapping[str, str | int | float | None]

_NANOSECONDS: Final = 1_000_000_000
_TRACES_PATH: Final = "/v1/traces"


class OtlpTracer:
    """Makes spans and sends them in the background. `sample_ratio`: the share of traces that are kept, 0 to 1."""

    def __init__(self, endpoint: str, *, service: str, sample_ratio: float) -> None:
        url = endpoint if endpoint.endswith(_TRACES_PATH) else endpoint.rstrip("/") + _TRACES_PATH
        resource = Resource.create({"service.name": service, "service.version": __version__})
        self._provider = TracerProvider(resource=resource, sampler=ParentBasedTraceIdRatio(sample_ratio))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
        self._tracer = self._provider.get_tracer("emagsync", __version__)

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Generator[None, None, None]:
        """A span around the block, under the current one. Of an exception only the type is noted."""
        # Not `record_exception`: messages and tracebacks may hold what must not leave this machine.
        with self._tracer.start_as_current_span(
            name, attributes=_named(attributes), record_exception=False, set_status_on_exception=False
        ) as current:
            try:
                yield
            except BaseException as error:
                current.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def record(self, name: str, *, started_at: datetime, seconds: float, attributes: Attributes) -> None:
        """A span of something that has just ended, under the current one."""
        start = int(started_at.timestamp() * _NANOSECONDS)
        span = self._tracer.start_span(name, start_time=start, attributes=_named(attributes))
        span.end(start + int(seconds * _NANOSECONDS))

    def context_headers(self) -> dict[str, str]:
        """The current span as message headers (W3C `traceparent`)."""
        headers: dict[str, str] = {}
        inject(headers)
        return headers

    @contextmanager
    def under(self, headers: Mapping[str, str]) -> Generator[None, None, None]:
        """While the block runs, spans belong under the one that `context_headers` named."""
        token = attach(extract(headers))
        try:
            yield
        finally:
            detach(token)

    def shutdown(self) -> None:
        """Send what is left. Blocks until it is sent, or the endpoint does not answer."""
        self._provider.shutdown()


def _named(attributes: Attributes) -> dict[str, str | int | float]:
    return {f"emagsync.{name}": value for name, value in attributes.items() if value is not None}
