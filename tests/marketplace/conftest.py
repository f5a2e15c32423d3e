"""A sandbox over real HTTP and clients that talk to it without waiting."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from emagsync.marketplace import Budget, CallRecord, EmagClient, HttpOptions, RetryPolicy
from emagsync.sandbox.faults import Fault, fault_from
from emagsync.sandbox.marketplace import Account, Marketplace
from emagsync.sandbox.server import SandboxServer
from emagsync.sandbox.settings import Settings
from support.market import remembered

PASSWORD = "main-secret-ț7"
AT_ONCE = RetryPolicy(attempts=3, base_seconds=0.001, max_seconds=0.002)


class Shop:
    """One sandbox with an account `main`, and clients of it."""

    def __init__(self, server: SandboxServer, stack: AsyncExitStack) -> None:
        self.server = server
        self.market = server.marketplace
        self.account = self.market.accounts["main"]
        self.records: list[CallRecord] = []
        self._stack = stack

    def fault(self, **values: Any) -> Fault:
        fault = fault_from(values)
        self.market.faults.add(fault)
        return fault

    def settings(self, **values: Any) -> None:
        self.market.settings = self.market.settings.updated(values)

    async def client(self, **options: Any) -> EmagClient:
        defaults: dict[str, Any] = {
            "username": "main",
            "password": PASSWORD,
            "account": "main",
            "base_url": self.server.api_url,
            "budget": Budget.unlimited(),
            "retry": AT_ONCE,
            "http": HttpOptions(read_timeout=5.0),
            "rng": random.Random(1),
            "on_call": self.records.append,
        }
        return await self._stack.enter_async_context(EmagClient(**(defaults | options)))

    @property
    def outcomes(self) -> list[str]:
        return [record.outcome for record in self.records]


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """250 offers, no limit."""
    market = Marketplace([Account("main", PASSWORD, remembered(250))], settings=Settings(limit=False))
    async with AsyncExitStack() as stack, SandboxServer(market) as server:
        yield Shop(server, stack)
