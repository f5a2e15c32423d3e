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
    root, ours = logging.getLogger(), logging.getLogger("emagsync")
    handlers, levels = root.handlers, (root.level, ours.level)
    yield
    root.handlers = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
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


# At debug these write statements with their values, bodies, addresses or headers.
_TALKATIVE = ("aiosqlite", "sqlalchemy.engine", "httpcore.http11", "asyncio", "celery.worker", "no_such_library.yet")


@pytest.mark.parametrize("name", _TALKATIVE)
@pytest.mark.parametrize("own_level", [logging.NOTSET, logging.DEBUG], ids=["no level", "a level of its own"])
def test_libraries_write_warnings_only_whatever_our_level_is(
    redactor: Redactor, capsys: pytest.CaptureFixture[str], name: str, own_level: int
) -> None:
    configure_logs("json", "debug", redactor)
    library = logging.getLogger(name)
    library.setLevel(own_level)
    try:
        library.debug("INSERT INTO users VALUES ('argon2')")
        library.info("argon2")
        library.warning("away")
    finally:
        library.setLevel(logging.NOTSET)
    structlog.get_logger("emagsync.sync").debug("page_stored")
    written = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert written == ["away", "page_stored"]


def test_a_library_that_is_named_writes_at_our_level_and_no_other_of_a_like_name(
    redactor: Redactor, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("json", "info", redactor, ("named_library",))
    try:
        for name in ("named_library", "named_library.part", "named_library_two", "emagsync_two"):
            logging.getLogger(name).info("from %s", name)
    finally:
        logging.getLogger("named_library").setLevel(logging.NOTSET)
    written = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert written == ["from named_library", "from named_library.part"]


def test_at_error_libraries_write_no_warnings(redactor: Redactor, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("json", "error", redactor)
    logging.getLogger("some.library").warning("away")
    assert capsys.readouterr().err == ""
