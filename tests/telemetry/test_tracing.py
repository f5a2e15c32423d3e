"""Spans of a run, as a real OTLP receiver gets them: each under the one that it belongs to."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from emagsync.call_log.recorder import CallRecorder
from emagsync.core.settings import CallSettings, TracingSettings
from emagsync.telemetry import tracing
from support.local import open_local
from support.market import open_market


class Receiver:
    """Takes spans at `url`."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        asked = ExportTraceServiceRequest.FromString(await request.read())
        self.spans += [span for one in asked.resource_spans for scope in one.scope_spans for span in scope.spans]
        return web.Response(body=b"", content_type="application/x-protobuf")

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/v1/traces", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield receiver
    await runner.cleanup()


async def traced(receiver: Receiver, work: object) -> None:
    """Do `work` with tracing on; its end hands the rest over, which must not block the receiver's own loop."""
    guard = tracing.tracing(TracingSettings(endpoint=receiver.url))
    guard.__enter__()
    try:
        await work  # type: ignore[misc]
    finally:
        await asyncio.to_thread(guard.__exit__, None, None, None)


def told(span: Span) -> dict[str, str]:
    return {item.key: item.value.string_value or str(item.value.int_value) for item in span.attributes}


async def test_a_runs_pages_calls_and_transactions_are_under_it(receiver: Receiver, tmp_path: Path) -> None:
    recorder = CallRecorder(CallSettings())
    async with open_market({"main": 120}) as market:
        async with open_local(tmp_path, market.url, on_call=recorder.observe) as local:
            await traced(receiver, local.completed())
        requests = market.requests()
    (run,) = receiver.named("run")
    assert run.parent_span_id == b""
    assert told(run)["emagsync.account"] == "main"
    pages = receiver.named("page")
    assert {page.parent_span_id for page in pages} == {run.span_id}
    assert {told(page)["emagsync.page"] for page in pages} >= {"1", "2", "3"}
    by_id = {span.span_id: span.name for span in receiver.spans}
    calls = receiver.named("emag call")
    assert len(calls) == requests
    assert {by_id[call.parent_span_id] for call in calls} == {"page", "run"}
    assert {told(call)["emagsync.status"] for call in calls} == {"200"}
    transactions = [span for span in receiver.named("transaction") if span.parent_span_id]
    assert "page" in {by_id[span.parent_span_id] for span in transactions}
    assert len({span.trace_id for span in [run, *pages, *calls]}) == 1
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in receiver.spans)


async def test_a_failure_is_told_by_its_type_and_not_by_its_text(receiver: Receiver) -> None:
    async def work() -> None:
        with tracing.span("outer"), pytest.raises(ValueError, match="hunter22"), tracing.span("inner"):
            raise ValueError("hunter22")

    await traced(receiver, work())
    (inner,) = receiver.named("inner")
    assert inner.status.message == "ValueError"
    assert "hunter22" not in str(receiver.spans)


async def test_another_process_goes_on_under_the_span_that_the_headers_name(receiver: Receiver) -> None:
    async def work() -> None:
        with tracing.span("request"):
            headers = tracing.carried_context()
        with tracing.continued_from(headers), tracing.span("task"):
            pass

    await traced(receiver, work())
    (request,), (task,) = receiver.named("request"), receiver.named("task")
    assert (task.trace_id, task.parent_span_id) == (request.trace_id, request.span_id)


def test_nothing_of_it_is_imported_while_it_is_off() -> None:
    code = (
        "import sys; from emagsync.telemetry.tracing import span, tracing, carried_context\n"
        "from emagsync.core.settings import TracingSettings\n"
        "with tracing(TracingSettings()), span('x', a=1): pass\n"
        "assert carried_context() == {}\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_packages_one_line_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n"
        "from emagsync.core.errors import SettingsError\n"
        "from emagsync.core.settings import TracingSettings\n"
        "from emagsync.telemetry.tracing import tracing\n"
        "try:\n"
        "    tracing(TracingSettings(endpoint='http://127.0.0.1:1')).__enter__()\n"
        "except SettingsError as error:\n"
        "    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "EMAGSYNC_TRACING__ENDPOINT" in done.stdout
    assert "emagsync[tracing]" in done.stdout
