"""Spans of runs, pages, calls and transactions, by OpenTelemetry; nothing at all, not even an import, while it is off.

`EMAGSYNC_TRACING__ENDPOINT` turns it on; the packages are the extra `tracing`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Final

from emagsync.core.errors import SettingsError
from emagsync.core.settings import TracingSettings

if TYPE_CHECKING:
    from emagsync.telemetry.otlp_tracer import OtlpTracer

_OFF: Final[AbstractContextManager[None]] = nullcontext()
# One for the process, as OpenTelemetry's own is: spans are made in every room, none of which owns it.
_tracer: OtlpTracer | None = None


def span(name: str, **attributes: str | int | float | None) -> AbstractContextManager[None]:
    """A span around the block, under the current one. Of an exception only the type is noted."""
    return _OFF if _tracer is None else _tracer.span(name, attributes)


def record_span(name: str, *, started_at: datetime, seconds: float, **attributes: str | int | float | None) -> None:
    """A span of something that has just ended, under the current one."""
    if _tracer is not None:
        _tracer.record(name, started_at=started_at, seconds=seconds, attributes=attributes)


def carried_context() -> dict[str, str]:
    """The current span as message headers (W3C `traceparent`), for a process that goes on; empty when off."""
    return {} if _tracer is None else _tracer.context_headers()


def continued_from(headers: dict[str, str]) -> AbstractContextManager[None]:
    """While the block runs, spans belong under the one that `carried_context` named."""
    return _OFF if _tracer is None else _tracer.under(headers)


def require_packages(settings: TracingSettings) -> None:
    """Raises SettingsError when the settings ask for spans and the packages for them are missing."""
    if settings.endpoint is not None:
        _tracer_class()


@contextmanager
def tracing(settings: TracingSettings, service: str = "emagsync") -> Generator[None, None, None]:
    """Send spans to the settings' endpoint while the block runs; does nothing when there is none.

    Raises SettingsError when the packages are missing.
    """
    global _tracer  # noqa: PLW0603
    if settings.endpoint is None:
        yield
        return
    tracer = _tracer_class()(settings.endpoint, service=service, sample_ratio=settings.sample_ratio)
    before, _tracer = _tracer, tracer
    try:
        yield
    finally:
        _tracer = before
        tracer.shutdown()


def _tracer_class() -> type[OtlpTracer]:
    try:
        from emagsync.telemetry.otlp_tracer import OtlpTracer
    except ImportError as error:
        raise SettingsError(
            "EMAGSYNC_TRACING__ENDPOINT needs packages that are not installed: pip install 'emagsync[tracing]', "
            "or leave it empty."
        ) from error
    return OtlpTracer
