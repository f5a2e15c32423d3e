"""A server that reads sources from a folder, and addresses of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.editing import open_editing
from support.sourcing import Sourcing


@pytest.fixture
async def sourcing(tmp_path: Path) -> AsyncIterator[Sourcing]:
    folder = tmp_path / "incoming"
    folder.mkdir()
    async with open_editing(tmp_path, sources={"folder": folder}, webhooks={"allow_private": True}) as editing:
        yield Sourcing(editing, folder)
