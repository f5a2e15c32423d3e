"""A server that edits, with a sandbox behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.editing import Editing, open_editing


@pytest.fixture
async def editing(tmp_path: Path) -> AsyncIterator[Editing]:
    async with open_editing(tmp_path) as running:
        yield running
