"""A running server without accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emagsync.core.concurrency import InBackground
from emagsync.core.settings import Settings
from support.api import Api, open_api
from support.clocks import ForwardClock


@pytest.fixture
def clock() -> ForwardClock:
    # However long a busy machine takes, a wait of 5 s is one of 5 s.
    return ForwardClock()


@pytest.fixture
async def api(tmp_path: Path, clock: ForwardClock, unasked: InBackground) -> AsyncIterator[Api]:
    async with open_api(tmp_path, clock=clock, unasked=unasked) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]
