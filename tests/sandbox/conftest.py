"""A sandbox over real HTTP, and a caller that speaks to it like an integration does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import aiohttp
import orjson
import pytest

from emagsync.sandbox.catalogue import Catalogue
from emagsync.sandbox.faults import Fault
from emagsync.sandbox.marketplace import Account, Marketplace
from emagsync.sandbox.server import SandboxServer
from emagsync.sandbox.settings import Settings
from support.market import remembered


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def results(self) -> Any:
        assert self.json["isError"] is False, self.json
        return self.json["results"]

    @property
    def refusal(self) -> str:
        assert self.json["isError"] is True, self.json
        return str(self.json["messages"][0])


class Caller:
    """Calls one sandbox, as account ``main`` unless told otherwise."""

    def __init__(self, server: SandboxServer, session: aiohttp.ClientSession) -> None:
        self.server, self.market, self.session = server, server.marketplace, session
        self.main = self.market.accounts["main"]

    async def call(
        self, route: str, body: Any = None, *, method: str = "POST", name: str = "main", password: str = "main-secret"
    ) -> Reply:
        headers = {"Authorization": aiohttp.encode_basic_auth(name, password)}
        data = body if isinstance(body, bytes) else orjson.dumps({} if body is None else body)
        url = f"{self.server.api_url}/{route}"
        async with self.session.request(method, url, data=data if method != "GET" else None, headers=headers) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def read(self, **body: Any) -> Any:
        return (await self.call("product_offer/read", body)).results

    def listed(self) -> list[dict[str, Any]]:
        """The offers of `main` as a list shows them: whether GPSR fields are filled in, not with what."""
        gpsr = ("manufacturer", "eu_representative")
        return [row | {name: bool(row[name]) for name in gpsr if name in row} for row in self.main.rows()]

    async def count(self, **body: Any) -> Any:
        return (await self.call("product_offer/count", body)).results

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else orjson.dumps(body)
        async with self.session.request(method, f"{self.server.base_url}/_control{path}", data=data) as answer:
            raw = await answer.read()
            return (
                [orjson.loads(line) for line in raw.splitlines()]
                if "ndjson" in answer.content_type
                else orjson.loads(raw)
            )

    async def ids_by_pages(self, size: int = 100, **filters: Any) -> list[int]:
        ids: list[int] = []
        page = 1
        while rows := await self.read(currentPage=page, itemsPerPage=size, **filters):
            ids += [int(row["id"]) for row in rows]
            page += 1
        return ids


Open = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def sandbox() -> AsyncIterator[Open]:
    """Opens sandboxes with a small catalogue and no limit, unless the test says otherwise."""
    async with AsyncExitStack() as stack:

        async def open_sandbox(
            offers: Catalogue | int = 250, *, faults: tuple[Fault, ...] = (), clock: Any = None, **settings: Any
        ) -> Caller:
            catalogue = remembered(offers) if isinstance(offers, int) else offers
            accounts = [
                Account("main", "main-secret", catalogue),
                Account("fbe", "fbe-secret", remembered(30, 2), seed=2),
            ]
            values = Settings(limit=False).updated(settings)
            clocks = {} if clock is None else {"clock": clock, "monotonic": clock}
            market = Marketplace(accounts, settings=values, faults=faults, **clocks)
            server = await stack.enter_async_context(SandboxServer(market))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Caller(server, session)

        yield open_sandbox
