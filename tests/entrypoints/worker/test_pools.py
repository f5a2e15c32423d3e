"""Pools in which asyncio does not run are refused before anything starts."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from emagsync.accounts.settings import read_accounts
from emagsync.core.errors import SettingsError
from emagsync.core.settings import Settings
from emagsync.entrypoints.worker import supervisor
from support.program import environment, run


@pytest.mark.parametrize("pool", ["eventlet", "gevent", "GEVENT"])
@pytest.mark.parametrize("way", ["-P {}", "-P{}", "-P={}", "--pool {}", "--pool={}", "-EP {}", "-Q q -P {}"])
def test_a_pool_of_green_threads_is_refused(way: str, pool: str) -> None:
    with pytest.raises(SettingsError, match=f"pool of {pool}: .*prefork or solo"):
        supervisor.run_worker(Settings(), read_accounts({}), way.format(pool).split(), say=print)


@pytest.mark.parametrize("pool", ["eventlet", "gevent"])
def test_the_command_ends_with_2_and_one_line(tmp_path: Path, pool: str) -> None:
    variables = environment(tmp_path, EMAGSYNC_EXECUTOR="celery", EMAGSYNC_REDIS_URL="redis://127.0.0.1:1/0")
    ended = asyncio.run(run("worker", "--pool", pool, variables=variables))
    assert (ended.code, ended.out) == (2, "")
    assert re.fullmatch(rf".*pool of {pool}: .*prefork or solo.*\n", ended.err)


@pytest.mark.parametrize("options", ["", "-P threads", "--pool=prefork", "-P solo", "-c 4 -l info", "-n gevent@host"])
def test_any_other_option_is_celerys(options: str) -> None:
    supervisor._refuse_green_threads(options.split())
