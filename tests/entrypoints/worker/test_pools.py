"""Pools in which asyncio does not run are refused before anything starts."""

from __future__ import annotations

import pytest

from emagsync.accounts.settings import read_accounts
from emagsync.core.errors import SettingsError
from emagsync.core.settings import Settings
from emagsync.entrypoints.worker import supervisor


@pytest.mark.parametrize("pool", ["eventlet", "gevent", "GEVENT"])
@pytest.mark.parametrize("way", ["-P {}", "-P{}", "-P={}", "--pool {}", "--pool={}", "-EP {}", "-Q q -P {}"])
def test_a_pool_of_green_threads_is_refused(way: str, pool: str) -> None:
    with pytest.raises(SettingsError, match=f"pool of {pool}: .*prefork or solo"):
        supervisor.run_worker(Settings(), read_accounts({}), way.format(pool).split(), say=print)


@pytest.mark.parametrize("options", ["", "-P threads", "--pool=prefork", "-P solo", "-c 4 -l info", "-n gevent@host"])
def test_any_other_option_is_celerys(options: str) -> None:
    supervisor._refuse_green_threads(options.split())
