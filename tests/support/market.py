"""Sandbox marketplaces in the test's own event loop, small and without a limit unless a test says otherwise."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from emagsync.sandbox.catalogue import Catalogue, GeneratedSource, generated
from emagsync.sandbox.changes import apply_change, change_from
from emagsync.sandbox.faults import fault_from
from emagsync.sandbox.marketplace import Account, Marketplace
from emagsync.sandbox.platforms import PLATFORMS
from emagsync.sandbox.row_seed import RowSeed, row_seed_of
from emagsync.sandbox.save_rules import save_rule_from
from emagsync.sandbox.server import SandboxServer
from emagsync.sandbox.settings import Settings
from emagsync.sandbox.shapes import shape_from
from emagsync.sandbox.triggers import Trigger

PASSWORD = "a-password-ț7"


class Market:
    """One sandbox, with short methods for what tests do to it. `url` is the base URL of its API."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.market = server.marketplace
        self.url = server.api_url

    def account(self, name: str = "main") -> Account:
        return self.market.accounts[name]

    def truth(self, name: str = "main") -> dict[int, dict[str, Any]]:
        """Every offer by id, as an ordinary JSON reader sees it."""
        return {int(row["id"]): row for row in self.account(name).rows()}

    def fault(self, **values: Any) -> None:
        self.market.faults.add(fault_from(values))

    def mend(self) -> None:
        """No faults and no rules about saves any more."""
        self.market.faults.clear()
        self.market.save_rules.clear()

    def save_rule(self, **values: Any) -> None:
        """Refuse offers of saves, or leave them out of the answer: `save_rule(ids=[5], messages=["why"])`."""
        self.market.save_rules.add(save_rule_from(values))

    def start_campaign(self, *ids: int, name: str = "main") -> None:
        """These offers are in a campaign with stock in site: eMAG refuses their updates."""
        self.change("join_campaign", name, ids=list(ids))

    def end_campaign(self, *ids: int, name: str = "main") -> None:
        """The campaign is over for these offers, or for all."""
        self.change("leave_campaign", name, ids=list(ids))

    def shape(self, **values: Any) -> None:
        """Serve rows in another spelling, the truth unchanged: `shape(kind="nothing", **{"as": "empty_list"})`."""
        self.market.shapes.add(shape_from(values))

    def slow_by_row(self, row_ms: float, **values: Any) -> None:
        """Reads take so long for each row that they answer with."""
        self.fault(kind="slow", route="product_offer/read", row_ms=row_ms, **values)

    def change(self, op: str, name: str = "main", **values: Any) -> list[int]:
        return apply_change(self.account(name), change_from({"op": op, **values}))

    def meanwhile(self, *changes: Mapping[str, Any], after_reads: int, name: str = "main") -> None:
        """Make `changes` right after the `after_reads`-th page from now on."""
        self.market.triggers.add(
            Trigger(account=name, after_reads=after_reads, changes=[change_from(dict(change)) for change in changes])
        )

    def set(self, **values: Any) -> None:
        self.market.settings = self.market.settings.updated(values)

    def requests(self, name: str = "main") -> int:
        return self.account(name).report.requests

    def page_reads(self, name: str = "main") -> dict[str, int]:
        """How often each page (`page/size`) was answered whole and right."""
        return dict(self.account(name).report.page_reads)

    def is_quiet(self, name: str = "main") -> bool:
        """Whether every request that came has been answered, or its caller has gone."""
        report = self.account(name).report
        return report.requests == sum(report.statuses.values())

    def forget(self) -> None:
        """Count requests from zero again."""
        self.market.reset_statistics()


class _RememberedSource(GeneratedSource):
    """Generated rows that are made once for a test process: they are a third of what a small sync costs."""

    def build(self, emag_id: int) -> dict[str, Any]:
        return dict(_built(self._seed, emag_id))

    def encoded(self, emag_id: int) -> bytes:
        return _encoded(self._seed, emag_id)

    def _row_seed(self, emag_id: int) -> RowSeed:
        return _row_seed(self._seed, emag_id)


_row_seed = functools.lru_cache(maxsize=4000)(row_seed_of)


@functools.lru_cache(maxsize=4000)
def _encoded(seed: int, emag_id: int) -> bytes:
    return generated(emag_id, seed).encoded(emag_id)


@functools.lru_cache(maxsize=1000)
def _built(seed: int, emag_id: int) -> dict[str, Any]:
    return generated(emag_id, seed).build(emag_id)


def remembered(offers: int, seed: int = 1) -> Catalogue:
    """As `generated`, of rows that are made once for a test process."""
    return Catalogue(_RememberedSource(offers, seed, PLATFORMS["emag-ro"]))


@asynccontextmanager
async def open_market(accounts: Mapping[str, Catalogue | int] | None = None, **settings: Any) -> AsyncIterator[Market]:
    """A sandbox with these accounts (a number: so many generated offers); by default `main` with 150 offers."""
    chosen = {"main": 150} if accounts is None else accounts
    made = [
        Account(name, PASSWORD, remembered(offers, place) if isinstance(offers, int) else offers, seed=place)
        for place, (name, offers) in enumerate(chosen.items(), start=1)
    ]
    market = Marketplace(made, settings=Settings(limit=False).updated(settings))
    async with SandboxServer(market) as server:
        yield Market(server)
