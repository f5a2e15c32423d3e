"""A server that edits, with a sandbox behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emagsync.core.concurrency import InBackground
from support.editing import Editing, open_editing


@pytest.fixture
async def editing(tmp_path: Path, unasked: InBackground) -> AsyncIterator[Editing]:
    async with open_editing(tmp_path, unasked=unasked) as running:
        yield running
