"""What the API does with a Redis: news of runs from and for other processes, and saying whether it can be used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emagsync.accounts.registry import AccountRegistry
from emagsync.rest.state import AppState, Check
from emagsync.sync.live.redis_relay import RedisRelay


@asynccontextmanager
async def redis_part(state: AppState) -> AsyncIterator[None]:
    """The event relay, and the health of Redis, where one is configured."""
    address = state.settings.redis_url
    if address is None:
        yield
        return

    async def redis() -> Check:
        # The service goes on without Redis, more slowly: no reason to take it out of service.
        link = state.get(AccountRegistry).redis
        return Check(True, "configured" if link is None else (await link.state()).detail)

    state.add_check("redis", redis)
    async with RedisRelay(address.get_secret_value(), clock=state.clock) as relay:
        state.provide(relay)
        yield
