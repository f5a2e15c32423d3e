"""A running server without accounts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from emagsync.core.concurrency import InBackground
from emagsync.telemetry.logs import configure_logs
from emagsync.telemetry.redaction import Redactor
from support.api import Api, open_api
from support.clocks import ForwardClock


@pytest.fixture
def clock() -> ForwardClock:
    return ForwardClock()


@pytest.fixture
async def api(tmp_path: Path, clock: ForwardClock, unasked: InBackground) -> AsyncIterator[Api]:
    async with open_api(tmp_path, clock=clock, unasked=unasked) as running:
        yield running


@pytest.fixture
def logs_as_json() -> Iterator[None]:
    """The log as a server writes it."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logs("json", "info", Redactor())
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
