"""Log events of structlog and of the standard library reach standard error once, redacted."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from emagsync.telemetry.logs import configure_logs
from emagsync.telemetry.redaction import Redactor


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor()
    redactor.add_credentials([("seller", "hunter22")])
    return redactor


def test_a_json_log_line_has_the_event_and_its_fields(redactor: Redactor, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "info", redactor)
    with structlog.contextvars.bound_contextvars(run_id="r1"):
        structlog.get_logger("emagsync.sync").info("page_stored", page=3)
    output = capsys.readouterr()
    line = json.loads(output.err)
    assert output.out == ""
    assert (line["event"], line["page"], line["run_id"], line["level"]) == ("page_stored", 3, "r1", "info")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_secret_is_logged_whoever_logs_it(
    redactor: Redactor, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    configure_logs(log_format, "info", redactor)  # type: ignore[arg-type]
    structlog.get_logger().warning("refused", password="x9y8", note="hunter22")
    logging.getLogger("some.library").warning("said %s", "hunter22")
    try:
        raise ValueError("hunter22")
    except ValueError:
        structlog.get_logger().exception("failed")
    written = capsys.readouterr().err
    assert "hunter22" not in written
    assert "x9y8" not in written
    assert "some.library" in written
    assert "ValueError" in written


def test_events_below_the_level_are_dropped(redactor: Redactor, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("console", "warning", redactor)
    structlog.get_logger().info("run_started")
    logging.getLogger("some.library").info("hello")
    assert capsys.readouterr().err == ""
