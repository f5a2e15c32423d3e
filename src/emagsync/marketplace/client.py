"""The client of eMAG's Marketplace API for one API user: it keeps the request limits and retries by itself."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self

from emagsync.core.clock import Clock, SystemClock
from emagsync.core.proxies import Proxy
from emagsync.marketplace.addresses import check_base_url
from emagsync.marketplace.budget.budget import Budget, Priority
from emagsync.marketplace.budget.slots import RouteGroup
from emagsync.marketplace.catalogue_products import CatalogueProduct, products_by_ean, smart_deals_price
from emagsync.marketplace.envelope import Envelope, result_objects, result_rows, result_value
from emagsync.marketplace.errors import (
    ListRepeats,
    MalformedResults,
    RequestInvalid,
    UnexpectedStatus,
    WriteRefused,
)
from emagsync.marketplace.filters import OfferFilters, OrderFilters, page_body
from emagsync.marketplace.pages import OfferCount, OfferPage, OrderPage, read_count
from emagsync.marketplace.platforms import DEFAULT_PLATFORM, PLATFORMS, Platform, known_platform
from emagsync.marketplace.repeated_pages import RepeatedPages
from emagsync.marketplace.request import Call, CallExecutor, CallRecord, HttpExchange
from emagsync.marketplace.retry import Attempts, RetryPolicy
from emagsync.marketplace.rows.parse import ParsedRow, parse, peek_id
from emagsync.marketplace.save_answers import Judge, SaveResult, judge_offer_save, judge_product_offer_save
from emagsync.marketplace.transport import HttpOptions, Transport
from emagsync.marketplace.writes import LARGEST_ID, OfferUpdate, ids_of, save_list

MOST_EANS: Final = 100
MOST_STOCK: Final = 65_535
_INVALID_URL: Final = "invalid url"
_ACKNOWLEDGED: Final = re.compile(r"already\s+(?:in\s+progress|(?:been\s+)?acknowledged)", re.IGNORECASE)
DEFAULT_ACCOUNT: Final = "emag"


class EmagClient:
    """The client of one API user, on one event loop: `async with EmagClient(...) as client`.

    `base_url` wins over `platform`'s own address. `account` is the name that records and errors carry. Without a
    `budget` the client counts its requests itself, in memory; hand in one `Budget` where several clients or processes
    use the same API user. `on_call` gets a record of every attempt; `on_exchange` gets each request and its answer
    whole, personal data included, for a `Recorder`. Methods raise `EmagError`s, see `errors.py`.
    """

    def __init__(
        self,
        *,
        username: str,
        password: str,
        platform: str = DEFAULT_PLATFORM,
        base_url: str | None = None,
        account: str | None = None,
        budget: Budget | None = None,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008  # a frozen value
        http: HttpOptions = HttpOptions(),  # noqa: B008  # a frozen value
        clock: Clock | None = None,
        rng: random.Random | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        on_exchange: Callable[[HttpExchange], None] | None = None,
    ) -> None:
        if not username or not password:
            raise RequestInvalid("a client needs a username and a password")
        if base_url is not None:
            check_base_url(base_url)
        clock = clock or SystemClock()
        self._platform = _platform(platform, base_url)
        self._base_url = (base_url or self._platform.base_url).rstrip("/")
        self._transport = Transport(self._base_url, username, password, http)
        self._retry = retry
        self._http = http
        self._own_budget = budget is None
        self._budget = budget or Budget.in_memory(clock=clock)
        self._calls = CallExecutor(
            account=account or DEFAULT_ACCOUNT,
            transport=self._transport,
            budget=self._budget,
            retry=retry,
            clock=clock,
            rng=rng or random.Random(),  # noqa: S311  # spreads retries; nothing secret
            on_call=on_call,
            platform=self._platform.code,
            on_exchange=on_exchange,
        )

    def __repr__(self) -> str:
        return f"EmagClient(account={self.account!r}, base_url={self._base_url!r})"

    @property
    def platform(self) -> Platform:
        """The marketplace this client talks to."""
        return self._platform

    @property
    def account(self) -> str:
        """The name that records and errors carry."""
        return self._calls.account

    @property
    def base_url(self) -> str:
        """The address of the API, without a slash at its end."""
        return self._base_url

    @property
    def proxy(self) -> Proxy | None:
        """The proxy that requests go through; None: they go directly. `str` shows it without credentials."""
        return self._transport.proxy

    @property
    def budget(self) -> Budget:
        """The request budget that this client draws on."""
        return self._budget

    @property
    def retry(self) -> RetryPolicy:
        """How often and when its calls are tried again."""
        return self._retry

    @property
    def http(self) -> HttpOptions:
        """The limits of one exchange."""
        return self._http

    async def open(self) -> Self:
        """Get ready for calls. `async with` does it."""
        await self._transport.open()
        return self

    async def aclose(self) -> None:
        """Close the connections, and the budget where it is the client's own."""
        await self._transport.close()
        await (self._budget.aclose() if self._own_budget else self._budget.settle())

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    # Offers

    async def read_offers(
        self,
        *,
        page: int = 1,
        per_page: int = 100,
        filters: OfferFilters | None = None,
        attempts: int | None = None,
        split_attempts: int | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> OfferPage:
        """One page of offers, `per_page` 1..100. Without a status filter all statuses come. No order is promised.

        `attempts` replaces the retry policy's number for this call. Who reads smaller pages when this one fails for a
        reason that they may cure says in `split_attempts` how often it is to be tried before; an answer that took too
        long is then not waited for again. A 429 is always tried again.
        """
        body = page_body(page, per_page) | (filters.body() if filters else {})
        call = Call("product_offer/read", result_rows, body, priority=priority)
        rows = await self._calls.execute(call, self._attempts(attempts, split_attempts))
        return OfferPage(page, per_page, rows, self._platform)

    async def count_offers(self, filters: OfferFilters | None = None, *, attempts: int | None = None) -> OfferCount:
        """How many offers match, as eMAG says it. A hint only."""
        body = filters.body() if filters else {}
        return await self._calls.execute(Call("product_offer/count", _count, body), self._attempts(attempts))

    async def find_offer(
        self, emag_id: int, *, attempts: int | None = None, priority: Priority = Priority.NORMAL
    ) -> ParsedRow | None:
        """The offer with this id; None when eMAG answered properly and does not know it.

        Raises MalformedResults when eMAG answers with other offers only: its filter did not work, and nothing follows.
        """

        def read(envelope: Envelope) -> bytes | None:
            rows = result_rows(envelope)
            for row in rows:
                if peek_id(row) == emag_id:
                    return row
            if rows:
                raise MalformedResults(f"eMAG was asked for offer {emag_id} and answered with other offers")
            return None

        body = page_body(1, 100) | OfferFilters(id=emag_id).body()
        call = Call("product_offer/read", read, body, priority=priority)
        row = await self._calls.execute(call, self._attempts(attempts))
        return None if row is None else parse(row, self._platform)

    async def offer_pages(
        self, *, per_page: int = 100, filters: OfferFilters | None = None, start: int = 1
    ) -> AsyncIterator[OfferPage]:
        """Every page from `start` on, one after the other, until one comes back empty (which is not yielded).

        Raises ListRepeats when the list repeats itself instead of ending.
        """
        number, repeats = start, RepeatedPages()
        while page := await self.read_offers(page=number, per_page=per_page, filters=filters):
            yield page
            ids = [emag_id for emag_id in map(peek_id, page.raw_rows) if emag_id is not None]
            if repeats.add(number, ids or page.raw_rows):
                raise ListRepeats(number)
            number += 1

    async def offers(self, *, per_page: int = 100, filters: OfferFilters | None = None) -> AsyncIterator[ParsedRow]:
        """Every row, page by page. Rows may shift between pages while one reads: some may come twice or not at all."""
        async for page in self.offer_pages(per_page=per_page, filters=filters):
            for row in page.rows:
                yield row

    async def save_offers(self, updates: Sequence[OfferUpdate]) -> SaveResult:
        """Change 1 to 50 existing offers (`offer/save`). eMAG judges each by itself: the result says which it has
        taken, which it has refused and why, and of which its answer says nothing.

        Raises WriteRefused when the whole list was refused without naming an offer, UncertainWrite when it is not known
        what was saved.
        """
        entities = [update.body() for update in updates]
        return await self._save("offer/save", save_list(entities), ids_of(entities), judge_offer_save)

    async def save_product_offers(self, offers: Sequence[Mapping[str, Any]]) -> SaveResult:
        """Create or update 1 to 50 offers (`product_offer/save`), in eMAG's own keys; prices as text.

        Objections to a product's documentation come back as remarks: eMAG saves the offer all the same. Offers that
        eMAG's other objections name are refused, the others were saved. Raises as `save_offers` does.
        """
        body = {"data": save_list(offers)}
        return await self._save("product_offer/save", body, ids_of(offers), judge_product_offer_save)

    async def _save(self, route: str, body: object, ids: Sequence[int], judge: Judge) -> SaveResult:
        call = Call(
            route,
            lambda envelope: judge(envelope, ids),
            body,
            priority=Priority.URGENT,
            is_write=True,
            repeatable=False,
            reads_refusals=True,
        )
        result = await self._calls.execute(call)
        # As those of errors: what eMAG says is shown and logged, and may quote what it was sent.
        return result.with_words(self._transport.scrub)

    # Reference data

    async def read_vat(self, *, attempts: int | None = None) -> tuple[dict[str, Any], ...]:
        """The VAT rates. The cheapest call that proves credentials, API right and IP."""
        return await self._calls.execute(Call("vat/read", result_objects, {}), self._attempts(attempts))

    async def read_handling_times(self) -> tuple[dict[str, Any], ...]:
        """The handling times that offers may have, in days."""
        return await self._calls.execute(Call("handling_time/read", result_objects, {}))

    async def read_categories(
        self,
        *,
        category_id: int | None = None,
        language: str | None = None,
        page: int = 1,
        per_page: int = 100,
        values_page: int | None = None,
        values_per_page: int | None = None,
    ) -> tuple[dict[str, Any], ...]:
        """One page of categories; with `category_id` that one, its characteristics and one page of their values."""
        options = {
            "id": category_id,
            "language": language,
            "valuesCurrentPage": values_page,
            "valuesPerPage": values_per_page,
        }
        body = page_body(page, per_page) | {name: value for name, value in options.items() if value is not None}
        return await self._calls.execute(Call("category/read", result_objects, body))

    async def find_by_eans(self, eans: Sequence[str]) -> dict[str, tuple[CatalogueProduct, ...]]:
        """The catalogue's products by EAN, of those EANs that eMAG knows; at most 100 a call.

        Has limits of its own: 5 a second, 5000 a day.
        """
        if not 1 <= len(eans) <= MOST_EANS:
            raise RequestInvalid(f"{len(eans)} EANs in one call; eMAG takes 1 to {MOST_EANS}")
        call = Call(
            "documentation/find_by_eans",
            products_by_ean,
            query=[("eans[]", ean) for ean in eans],
            method="GET",
            group=RouteGroup.EANS,
        )
        return await self._calls.execute(call)

    async def smart_deals_price(self, emag_id: int) -> Decimal | None:
        """The price, without VAT, at which an offer would have the smart deals badge; None where eMAG has none."""
        _check_id(emag_id)
        query = [("productId", str(emag_id))]
        # The documentation shows its answer without an envelope, and says of all answers that they have one.
        call = Call(
            "smart-deals-price-check", smart_deals_price, query=query, method="GET", bare_key="smart_deals_price"
        )
        return await self._calls.execute(call)

    async def save_stock(self, emag_id: int, stock: int) -> None:
        """Set the stock of an offer with one warehouse (`PATCH offer_stock/{id}`), 0 to 65535 pieces.

        Callers who sent a list have seen it fail, and nobody has shown it working [seen]: `save_offers` is the way.
        Raises WriteRefused with eMAG's words, for an offer that does not exist too.
        """
        _check_id(emag_id)
        if not 0 <= stock <= MOST_STOCK:
            raise RequestInvalid(f"offer {emag_id}: stock {stock} is outside 0..{MOST_STOCK}")
        call = Call(
            f"offer_stock/{emag_id}",
            lambda _: None,
            {"stock": stock},
            method="PATCH",
            priority=Priority.URGENT,
            is_write=True,
        )
        try:
            await self._calls.execute(call)
        except UnexpectedStatus as error:
            # This route refuses by its status, outside eMAG's envelope. An address that is wrong answers 404 as well.
            if error.status not in (400, 404) or _INVALID_URL in " ".join(error.messages).casefold():
                raise
            raise WriteRefused(f"eMAG refused the stock: {'; '.join(error.messages)}", error.messages) from error

    # Orders

    async def read_orders(
        self, filters: OrderFilters | None = None, *, page: int = 1, per_page: int = 100
    ) -> OrderPage:
        """One page of orders. Orders change until they are acknowledged: read them again after that."""
        body = page_body(page, per_page) | self._order_body(filters)
        rows = await self._calls.execute(_order_call("order/read", result_rows, body))
        return OrderPage(page, per_page, rows)

    async def count_orders(self, filters: OrderFilters | None = None) -> OfferCount:
        """How many orders match, as eMAG says it. Of a stretch of time it wants both ends."""
        if filters is not None:
            filters.check_both_ends()
        return await self._calls.execute(_order_call("order/count", _count, self._order_body(filters)))

    async def order_pages(
        self, filters: OrderFilters | None = None, *, per_page: int = 100
    ) -> AsyncIterator[OrderPage]:
        """Every page of orders, until one comes back empty."""
        number = 1
        while page := await self.read_orders(filters, page=number, per_page=per_page):
            yield page
            number += 1

    async def acknowledge_order(self, order_id: int | str) -> None:
        """Take a new order in work (status 1 to 2); eMAG stops notifying about it. Only after it is safely stored.

        A write, yet repeated like a read: an order that is acknowledged already is what was wanted, although eMAG
        answers with an error then [seen]. Orders that eMAG ships (type 2) cannot be acknowledged.
        """
        if not str(order_id).isdecimal() or int(order_id) < 1:
            raise RequestInvalid(f"order id {order_id} is not positive")
        call = _write(f"order/acknowledge/{order_id}", {}, group=RouteGroup.ORDERS, repeatable=True)
        try:
            await self._calls.execute(call)
        except WriteRefused as error:
            if not _ACKNOWLEDGED.search(" ".join(error.messages)):
                raise

    def _attempts(self, of_any: int | None, of_splittable: int | None = None) -> Attempts | None:
        if of_any is None and of_splittable is None:
            return None
        return Attempts(of_any or self._retry.attempts, of_splittable)

    def _order_body(self, filters: OrderFilters | None) -> dict[str, Any]:
        return filters.body(self._platform.time_zone) if filters else {}


def _platform(code: str, base_url: str | None) -> Platform:
    if base_url is not None:
        known = known_platform(base_url)
        if known is not None:
            return known
    if code not in PLATFORMS:
        raise RequestInvalid(f"platform is {code!r}; choose one of {', '.join(PLATFORMS)}")
    return PLATFORMS[code]


def _count(envelope: Envelope) -> OfferCount:
    return read_count(result_value(envelope))


def _check_id(emag_id: int) -> None:
    if not 1 <= emag_id <= LARGEST_ID:
        raise RequestInvalid(f"offer id {emag_id} is outside 1..{LARGEST_ID}")


def _order_call(route: str, read: Callable[[Envelope], Any], body: object) -> Call[Any]:
    return Call(route, read, body, group=RouteGroup.ORDERS, priority=Priority.URGENT)


def _write(route: str, body: object, *, group: RouteGroup = RouteGroup.GENERAL, repeatable: bool = False) -> Call[None]:
    return Call(
        route, lambda _: None, body, group=group, priority=Priority.URGENT, is_write=True, repeatable=repeatable
    )
