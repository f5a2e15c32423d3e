from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from emagsync.db.engine import Database
from support.databases import new_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with this version's schema."""
    async with new_database(tmp_path) as database:
        yield database
