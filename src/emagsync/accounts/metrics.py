"""The metric of each account's request budget: how much of it all processes together use."""

from __future__ import annotations

import asyncio
from typing import Final

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.errors import EmagsyncError
from emagsync.telemetry import exposition
from emagsync.telemetry.exposition import Family
from emagsync.telemetry.metrics import Gauge, Labels

_USED: Final = Gauge(
    "emag_rate_limit_budget_used_ratio",
    "The last minute's requests, as a share of what eMAG allows.",
    ("account_type", "operation_type"),
)
_TIMEOUT_SECONDS: Final = 1.0
_MINUTE: Final = 60.0


class BudgetFamilies:
    """Reads the use of the budgets from their stores."""

    def __init__(self, registry: AccountRegistry) -> None:
        self._registry = registry

    async def families(self) -> list[Family]:
        """The use of every usable account's budget. One whose store does not answer is left out."""
        names = [name for name in self._registry.names if name not in self._registry.problems]
        found: dict[Labels, float] = {}
        for used in await asyncio.gather(*map(self._used, names)):
            found |= used
        return [exposition.gauge_family(_USED, found)]

    async def _used(self, name: str) -> dict[Labels, float]:
        try:
            budget = self._registry.budget(name)
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                stats = await budget.stats()
        except (EmagsyncError, TimeoutError):
            return {}
        ratios: dict[Labels, float] = {}
        for group, use in stats.groups.items():
            rules = budget.limits[group].rules
            allowed = min((rule.requests * _MINUTE / rule.seconds for rule in rules), default=0.0)
            ratios[(name, group.value)] = use.last_minute / allowed if allowed else 0.0
        return ratios
