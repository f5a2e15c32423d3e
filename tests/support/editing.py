"""An API with a sandbox behind it, and helpers for tests of edits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from emagsync.edits.states import EditState
from emagsync.sync.schemas import Mode, Run, RunParameters, RunStatus
from support.api import Api, open_api
from support.local import accounts_at
from support.market import Market, open_market

EMAG = "/api/v1/emag"
PRODUCTS = f"{EMAG}/products/products"


class Editing:
    """`market` is eMAG, `api` is ours; offers are named by eMAG's id."""

    def __init__(self, api: Api, market: Market) -> None:
        self.api = api
        self.market = market

    async def sync(self, **parameters: Any) -> Run:
        asked = RunParameters(mode=parameters.pop("mode", Mode.FULL), **parameters)
        service = self.api.services.sync
        run = await service.sync("main", asked, trigger="test", sync_id="a-sync")
        assert run.status is RunStatus.COMPLETED, run.errors
        return run

    async def product(self, emag_id: int) -> dict[str, Any]:
        (row,) = await self.api.rows("SELECT id FROM offers WHERE account = 'main' AND emag_id = :id", id=emag_id)
        answer = await self.api.viewer.get(f"{PRODUCTS}/{row['id']}")
        assert answer.status_code == 200, answer.text
        product = answer.json()["data"]["product"]
        product["etag"] = answer.headers["etag"]
        return product  # type: ignore[no-any-return]

    async def patch(self, emag_id: int, if_match: str | None = None, /, **values: Any) -> httpx2.Response:
        product = await self.product(emag_id)
        headers = {} if if_match is None else {"If-Match": if_match}
        return await self.api.operator.patch(f"{PRODUCTS}/{product['id']}", json=values, headers=headers)

    async def edit(self, emag_id: int, **values: Any) -> dict[str, Any]:
        """Make an edit, which has to succeed; returns the answer's data."""
        answer = await self.patch(emag_id, confirm=True, **values)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]  # type: ignore[no-any-return]

    async def edits(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.api.viewer.get(f"{EMAG}/edits", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["edits"]  # type: ignore[no-any-return]

    async def every_edit(self, **query: Any) -> list[tuple[str, str, str]]:
        """Field, value and state of all edits, oldest first."""
        found = await self.edits(state=[state.value for state in EditState], **query)
        return [(edit["field"], edit["value"], edit["state"]) for edit in reversed(found)]

    async def conflicts(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.api.viewer.get(f"{EMAG}/conflicts", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["conflicts"]  # type: ignore[no-any-return]

    async def resolve(self, conflict_id: int, **choice: Any) -> httpx2.Response:
        return await self.api.operator.post(f"{EMAG}/conflicts/{conflict_id}/resolve", json=choice)

    def on_emag(self, emag_id: int, **values: Any) -> None:
        """Somebody changes the offer on eMAG's own page. `stock` is that of warehouse 1."""
        if "stock" in values:
            values |= {"general_stock": values["stock"], "stock": [{"warehouse_id": 1, "value": values["stock"]}]}
        self.market.change("change", ids=[emag_id], set=values)

    def plain(self, emag_id: int) -> None:
        """An offer with round values: price 100, between 10 and 1000, recommended 500, 10 pieces."""
        self.on_emag(
            emag_id,
            sale_price="100.0000",
            min_sale_price="10.0000",
            max_sale_price="1000.0000",
            recommended_price="500.0000",
            stock=10,
            status=1,
            vat_id=1,
            currency="RON",
            handling_time=[{"warehouse_id": 1, "value": 2}],
        )


@asynccontextmanager
async def open_editing(folder: Path, *, offers: int = 12, **settings: Any) -> AsyncIterator[Editing]:
    """A server with the account `main`, synced from a sandbox whose offers 1 to 5 are plain."""
    async with (
        open_market({"main": offers}) as market,
        open_api(folder, accounts_at(market.url, "main"), schedule={"enabled": False}, **settings) as api,
    ):
        editing = Editing(api, market)
        for emag_id in range(1, 6):
            editing.plain(emag_id)
        await editing.sync()
        yield editing
