"""Pushing local edits to a sandbox: a synced copy, its push service, and helpers for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.clock import Clock, SystemClock
from emagsync.core.settings import EditsSettings
from emagsync.edits import repository
from emagsync.edits.fields import PRICES
from emagsync.edits.model import Edit, EditClosing, EditFilter
from emagsync.edits.offer_repository import stored_offers
from emagsync.edits.push import brake_repository, outbox_repository
from emagsync.edits.push.enqueue import enqueue
from emagsync.edits.push.outbox import Lines, OutboxEntry
from emagsync.edits.push.schemas import Push
from emagsync.edits.push.service import PushService
from emagsync.edits.states import EditSource, EditState
from emagsync.sandbox.catalogue import Catalogue
from support.local import Local, accounts_at, open_local
from support.market import Market, open_market

# No brake and no waiting, unless a test is about them.
CALM: dict[str, Any] = {
    "push": "on",
    "brake_percent": 100,
    "brake_offers": 1_000_000,
    "readback_seconds": 0.5,
    "lease_seconds": 5.0,
    "look_seconds": 0.05,
}


@dataclass
class PushDesk:
    """A local copy, the marketplace behind it, and the push service between them."""

    local: Local
    market: Market
    service: PushService
    clock: Clock

    async def edit(self, emag_id: int, field: str, value: str, **options: Any) -> None:
        """Keep one edit, based on what the local copy has."""
        await self.edit_many([(emag_id, field, value)], **options)

    async def edit_many(
        self, wanted: list[tuple[int, str, str]], *, kind: str = "absolute", account: str = "main"
    ) -> None:
        async with self.local.database.transaction() as connection:
            ids = {emag_id for emag_id, _, _ in wanted}
            offers = await stored_offers(connection, account, ids)
            open_now = {
                (edit.emag_id, edit.field): edit for edit in await repository.lock_waiting(connection, account, ids)
            }
            edits = []
            for emag_id, field, value in wanted:
                values = offers[emag_id].values
                warehouse = next(place for name, place in values if name == field)
                before = open_now.get((emag_id, field))
                if before is not None:
                    how = EditClosing(EditState.REPLACED, self.clock.now())
                    await repository.close(connection, [before.id], how)
                edits.append(
                    Edit(
                        id=0,
                        account=account,
                        emag_id=emag_id,
                        field=field,
                        warehouse_id=warehouse,
                        kind=kind,
                        base=before.base if before else values[field, warehouse],
                        value=value,
                        confirmed=True,
                        made_by="maria",
                        made_at=self.clock.now(),
                        source=EditSource.API,
                        currency=offers[emag_id].currency if field in PRICES else None,
                    )
                )
            await repository.insert(connection, edits)

    async def push(self, account: str = "main") -> Push:
        """A push that has something to do."""
        push = await self.service.push_account(account, trigger="test")
        assert push is not None
        return push

    async def enqueue(self, *, approve: bool = True, piece: int = 200, account: str = "main") -> None:
        """Bring the outbox up to date, as a push does."""

        @asynccontextmanager
        async def writing() -> AsyncIterator[tuple[AsyncConnection, datetime]]:
            async with self.local.database.transaction() as connection:
                yield connection, self.clock.now()

        await enqueue(self.local.database, account, approve=approve, piece=piece, writing=writing)

    async def entries(self, **wanted: Any) -> list[OutboxEntry]:
        """Entries of the outbox, oldest first."""
        async with self.local.database.snapshot() as connection:
            return (await outbox_repository.list_entries(connection, Lines(**wanted), limit=None))[::-1]

    async def states(self) -> dict[int, str]:
        """The state of each offer's newest entry."""
        return {entry.emag_id: str(entry.state) for entry in await self.entries()}

    async def edits(self, **wanted: Any) -> list[Edit]:
        """Edits, oldest first."""
        async with self.local.database.snapshot() as connection:
            return (await repository.list_edits(connection, EditFilter(**wanted), limit=1_000_000))[::-1]

    async def copy(self, emag_id: int, account: str = "main") -> dict[str, str | None]:
        """What the local copy has of an offer, field by field (of stock and handling time, the first warehouse)."""
        async with self.local.database.snapshot() as connection:
            values = (await stored_offers(connection, account, [emag_id]))[emag_id].values
        return {name: value for (name, _), value in reversed(values.items())}

    def shown(self, emag_id: int, field: str, account: str = "main") -> str:
        """What eMAG has, as text: a price with four decimals, the stock over all warehouses."""
        [row] = self.market.account(account).rows([emag_id])
        value = row["general_stock"] if field == "stock" else row[field]
        return f"{float(value):.4f}" if "price" in field else str(value)

    def saves(self, account: str = "main") -> int:
        """How many saves eMAG was sent."""
        return self.market.account(account).report.routes.get("offer/save", 0)

    def reads(self, account: str = "main") -> int:
        """How many times eMAG was asked for offers."""
        return self.market.account(account).report.routes.get("product_offer/read", 0)

    async def holds(self) -> list[Any]:
        async with self.local.database.snapshot() as connection:
            return await brake_repository.list_holds(connection)


def plain_catalogue(offers: int, **values: Any) -> Mapping[str, Any]:
    """Accounts of a sandbox: `main` with so many generated offers."""
    return {"main": offers, **values}


@asynccontextmanager
async def open_push_desk(
    folder: Path,
    offers: Catalogue | int = 60,
    *,
    clock: Clock | None = None,
    edits: Mapping[str, Any] | None = None,
    accounts: ConfiguredAccounts | None = None,
    market: Mapping[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[PushDesk]:
    """A copy of a new sandbox's account `main`, synced, whose edits are pushed at once and without a brake."""
    chosen = EditsSettings(**{**CALM, **(edits or {})})
    async with open_market({"main": offers}, **(market or {})) as sandbox:
        tidy(sandbox)
        known = accounts or accounts_at(sandbox.url, "main")
        async with open_local(folder, sandbox.url, accounts=known, clock=clock, edits=chosen, **settings) as local:
            await local.completed()
            registry = AccountRegistry(known, local.settings, clock=clock)
            service = PushService(database=local.database, registry=registry, settings=local.settings, clock=clock)
            sandbox.forget()
            yield PushDesk(local, sandbox, service, clock or SystemClock())
            await registry.aclose()


def tidy(market: Market, name: str = "main") -> None:
    """Give every offer of the account plain values: active, 100.0000 between 50.0000 and 200.0000, 20 pieces."""
    ids = list(market.account(name).ids())
    market.change(
        "change",
        name,
        ids=ids,
        set={
            "status": 1,
            "sale_price": "100.0000",
            "recommended_price": "150.0000",
            "min_sale_price": "50.0000",
            "max_sale_price": "200.0000",
            "stock": [{"warehouse_id": 1, "value": 20}],
            "general_stock": 20,
            "estimated_stock": 20,
            "handling_time": [{"warehouse_id": 1, "value": 1}],
            "vat_id": 1,
            "currency_type": None,
        },
    )
