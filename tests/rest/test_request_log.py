"""Each request has an id: in its answer, in its log lines, and in those of the run that it starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from emagsync.rest.request_log import area_of, request_id_of
from emagsync.webhooks.dependencies import webhook_service
from support.api import Api, open_api
from support.local import until
from support.runs import open_desk

OWN = "order-import-2026-11-23"


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    capture = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture.entries
    structlog.reset_defaults()


async def test_the_answer_names_the_callers_own_id(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api:
        answer = await api.stranger.get("/health/live", headers={"X-Request-ID": OWN})
        assert answer.headers["X-Request-ID"] == OWN
        made = [(await api.stranger.get("/health/live")).headers["X-Request-ID"] for _ in range(2)]
        assert made[0] != made[1]


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with space", "new\nline12", "ünïcode1", "a/b/c/d/e/f", "-dashfirst"]
)
def test_an_odd_id_is_replaced(given: str) -> None:
    assert request_id_of(given) != given
    assert len(request_id_of(given)) == 32


async def test_each_request_is_one_event_without_its_address(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    async with open_api(tmp_path) as api:
        await api.viewer.get("/api/v1/emag/products/products/17?lang=ro", headers={"X-Request-ID": OWN})
        events = [line for line in lines if line["event"] == "request" and line.get("request_id") == OWN]
    (event,) = events
    assert event["route"] == "/api/v1/emag/products/products/{product_id}"
    assert (event["status"], event["method"], event["log_level"]) == (404, "GET", "info")
    assert "17" not in event["route"]
    assert "lang" not in str(event)


async def test_a_run_carries_the_id_of_the_request_that_started_it(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    async with open_desk(tmp_path) as desk:
        started = await desk.api.operator.post(
            "/api/v1/emag/products/sync",
            json={"account_type": "main", "mode": "full", "run_async": True},
            headers={"X-Request-ID": OWN},
        )
        run_id = started.json()["data"]["runs"][0]["id"]
        await desk.ended(run_id)
        await until(lambda: any(line["event"] == "run_ended" for line in lines))
        told = [line for line in lines if line.get("run_id") == run_id]
        await desk.api.state.database.close()
    assert {"run_started", "run_ended"} <= {line["event"] for line in told}
    assert {line.get("request_id") for line in told} == {OWN}
    assert {line.get("account") for line in told} == {"main"}


async def test_two_requests_at_once_do_not_mix_their_ids(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    async with open_api(tmp_path) as api:
        for number in range(10):
            await api.stranger.get("/health/ready", headers={"X-Request-ID": f"request-{number}"})
    ids = [line["request_id"] for line in lines if line["event"] == "request" and line["route"] == "/health/ready"]
    assert ids == [f"request-{number}" for number in range(10)]


async def test_a_failure_of_ours_is_answered_and_logged_with_the_id(
    tmp_path: Path, lines: list[dict[str, Any]]
) -> None:
    async with open_api(tmp_path) as api:
        webhook_service.provide(api.app, None)  # type: ignore[arg-type]
        answer = await api.admin.get("/api/v1/webhooks", headers={"X-Request-ID": OWN})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] == OWN
    assert [line["request_id"] for line in lines if line["event"] == "unexpected_error"] == [OWN]
    assert _failures(api) == 1


def _failures(api: Api) -> float:
    return sum(value for series, value in api.state.meter.values.items() if series.labels[-1] == "5xx")


@pytest.mark.parametrize(
    ("route", "area"),
    [
        ("/api/v1/emag/products/sync", "products"),
        ("/api/v1/emag/pushes/{push_id}", "editing"),
        ("/api/v1/auth/login", "identity"),
        ("/api/v1/emag/rate-limiter/stats", "operating"),
        ("/health/live", "system"),
        ("/openapi.json", "system"),
        ("page", "page"),
        ("other", "other"),
        ("/metrics", "system"),
        ("/api/v1/made-up", "other"),
    ],
)
def test_an_area_is_a_part_of_the_api(route: str, area: str) -> None:
    assert area_of(route) == area


async def test_every_route_of_the_api_has_an_area(tmp_path: Path) -> None:
    async with open_api(tmp_path) as api:
        paths = (await api.viewer.get("/openapi.json")).json()["paths"]
    assert [path for path in paths if area_of(path) == "other"] == []
