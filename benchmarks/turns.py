"""One request's turn in a budget."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from emagsync.marketplace.budget.budget import Budget
from emagsync.marketplace.budget.slots import RouteGroup


@asynccontextmanager
async def turn(budget: Budget) -> AsyncIterator[None]:
    """Wait for a slot; the request is sent at once when the block begins."""
    grant = await budget.acquire(RouteGroup.GENERAL)
    grant.sent()
    yield
