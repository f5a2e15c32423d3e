"""Enumerations in log lines are their values."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus

import pytest
import structlog

from emagsync.core.errors import ErrorKind
from emagsync.sync.schemas import Mode
from emagsync.telemetry.logs import LogFormat, configure_logs
from emagsync.telemetry.redaction import Redactor


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("emagsync")
    handlers, levels = root.handlers, (root.level, ours.level)
    yield
    root.handlers = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.mark.parametrize(
    ("log_format", "expected"),
    [
        ("console", ["status=422", "mode=full", "kinds=['transient']", "counts={'full': 1}"]),
        ("json", ['"status":422', '"mode":"full"', '"kinds":["transient"]', '"counts":{"full":1}']),
    ],
)
def test_an_enumeration_is_logged_as_its_value(
    capsys: pytest.CaptureFixture[str], log_format: LogFormat, expected: list[str]
) -> None:
    configure_logs(log_format, "info", Redactor())
    structlog.get_logger("emagsync.test").info(
        "request", status=HTTPStatus(422), mode=Mode.FULL, kinds=[ErrorKind.TRANSIENT], counts={Mode.FULL: 1}
    )
    said = capsys.readouterr().err
    assert [part for part in expected if part not in said] == []
