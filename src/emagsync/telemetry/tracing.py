"""Spans of runs, pages, calls and transactions, by OpenTelemetry; nothing at all, not even an import, while it is off.

`EMAGSYNC_TRACING__ENDPOINT` turns it on; the packages are the extra `tracing`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from emagsync import __version__
from emagsync.core.errors import SettingsError
from emagsync.core.settings import TracingSettings

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_OFF: Final[AbstractContextManager[None]] = nullcontext()
# One for the process, as OpenTelemetry's own is: spans are made in every room, none of which owns it.
_tracer: Tracer | None = None
_NANOSECONDS: Final = 1_000_000_000
_TRACES_PATH: Final = "/v1/traces"


def span(name: str, **attributes: str | int | float | None) -> AbstractContextManager[None]:
    """A span around the block, under the one that is open here. What the block raises is noted by its type only."""
    return _OFF if _tracer is None else _span(_tracer, name, attributes)


def record_span(name: str, *, started_at: datetime, seconds: float, **attributes: str | int | float | None) -> None:
    """A span of something that has just ended, under the one that is open here."""
    if _tracer is None:
        return
    began = int(started_at.timestamp() * _NANOSECONDS)
    ended = _tracer.start_span(name, start_time=began, attributes=_told(attributes))
    ended.end(began + int(seconds * _NANOSECONDS))


def carried_context() -> dict[str, str]:
    """The open span as message headers (W3C `traceparent`), for a process that goes on; empty when off."""
    headers: dict[str, str] = {}
    if _tracer is not None:
        from opentelemetry.propagate import inject

        inject(headers)
    return headers


@contextmanager
def continued_from(headers: dict[str, str]) -> Generator[None, None, None]:
    """While the block runs, spans belong under the one that `carried_context` named."""
    if _tracer is None:
        yield
        return
    from opentelemetry.context import attach, detach
    from opentelemetry.propagate import extract

    token = attach(extract(headers))
    try:
        yield
    finally:
        detach(token)


def require_packages(settings: TracingSettings) -> None:
    """Raises SettingsError when the settings ask for spans and the packages for them are missing."""
    if settings.endpoint is None:
        return
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace.export  # noqa: F401
    except ImportError as error:
        raise SettingsError(
            "EMAGSYNC_TRACING__ENDPOINT needs packages that are not installed: pip install 'emagsync[tracing]', "
            "or leave it empty."
        ) from error


@contextmanager
def tracing(settings: TracingSettings, service: str = "emagsync") -> Generator[None, None, None]:
    """Send spans to the settings' endpoint while the block runs; does nothing when there is none.

    Raises SettingsError when the packages are missing.
    """
    global _tracer  # noqa: PLW0603
    if settings.endpoint is None:
        yield
        return
    provider = _provider(settings, settings.endpoint, service)
    before, _tracer = _tracer, provider.get_tracer("emagsync", __version__)
    try:
        yield
    finally:
        _tracer = before
        provider.shutdown()


@contextmanager
def _span(tracer: Tracer, name: str, attributes: dict[str, str | int | float | None]) -> Generator[None, None, None]:
    from opentelemetry.trace import Status, StatusCode

    # Not `record_exception`: messages and tracebacks may hold what must not leave this machine.
    with tracer.start_as_current_span(
        name, attributes=_told(attributes), record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _told(attributes: dict[str, str | int | float | None]) -> dict[str, str | int | float]:
    return {f"emagsync.{name}": value for name, value in attributes.items() if value is not None}


def _provider(settings: TracingSettings, endpoint: str, service: str) -> Any:
    require_packages(settings)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    where = endpoint if endpoint.endswith(_TRACES_PATH) else endpoint.rstrip("/") + _TRACES_PATH
    resource = Resource.create({"service.name": service, "service.version": __version__})
    provider = TracerProvider(resource=resource, sampler=ParentBasedTraceIdRatio(settings.sample_ratio))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=where)))
    return provider
