"""The API's services are opened in order and closed in reverse, however the opening or the serving ends."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.errors import SettingsError
from emagsync.core.settings import Settings
from emagsync.entrypoints.api.services import open_services

NO_ACCOUNTS = ConfiguredAccounts({}, {})


def settings(data_dir: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, data_dir=data_dir, **values)


def other_tasks() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]


async def test_the_end_of_the_block_leaves_no_task_running(tmp_path: Path) -> None:
    async with open_services(settings(tmp_path), NO_ACCOUNTS) as services:
        assert other_tasks()
        assert await services.tokens.list() == []
    assert not other_tasks()


async def test_a_start_that_fails_half_way_leaves_no_task_running(tmp_path: Path) -> None:
    without_secret = settings(tmp_path, webhooks={"url": "https://erp.example/hook"})
    with pytest.raises(SettingsError, match="EMAGSYNC_WEBHOOKS__SECRET"):
        async with open_services(without_secret, NO_ACCOUNTS):
            raise AssertionError("it must not start")
    assert not other_tasks()


async def test_a_block_that_fails_leaves_no_task_running(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        async with open_services(settings(tmp_path), NO_ACCOUNTS):
            raise KeyError
    assert not other_tasks()
