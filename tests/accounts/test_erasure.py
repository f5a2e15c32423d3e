"""Deleting the copies of removed accounts ends when the server does, at whatever moment that is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from emagsync.accounts.erasure import Erasures
from emagsync.db.engine import Database
from support.patience import PATIENCE_SECONDS


class NothingToDelete(Erasures):
    async def finish(self) -> None:
        pass


@pytest.mark.parametrize("turns", range(6))
async def test_it_is_cancelled_also_as_it_is_woken(tmp_path: Path, turns: int) -> None:
    """Before Python 3.12 `asyncio.wait_for` lost the cancellation, and a server that was stopped then never ended."""
    erasures = NothingToDelete(Database(f"sqlite:///{tmp_path / 'x.sqlite3'}"))
    running = asyncio.ensure_future(erasures.run())
    for _ in range(5):  # until it waits
        await asyncio.sleep(0)
    erasures.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running}, timeout=PATIENCE_SECONDS)
    assert running.cancelled()
