"""The marketplace over HTTP: counts a request, authorises it, executes it or injects a fault, and answers."""

import asyncio
import base64
import binascii
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from aiohttp import web

from emagsync.sandbox import fault_injection
from emagsync.sandbox.accounts import Account
from emagsync.sandbox.answers import Answer, Refusal, failure, plain, success
from emagsync.sandbox.changes import apply_due
from emagsync.sandbox.codec import decode, encode
from emagsync.sandbox.control import add_control_routes
from emagsync.sandbox.faults import Fault, RequestInfo
from emagsync.sandbox.filters import offer_filters, page_of
from emagsync.sandbox.gateway import Admission, group_of
from emagsync.sandbox.marketplace import Marketplace
from emagsync.sandbox.replay import ReplayedAnswer
from emagsync.sandbox.request import ApiRequest
from emagsync.sandbox.request_log import LogEntry, is_lookup
from emagsync.sandbox.resources import LISTS, ROUTES, WITH_ID
from emagsync.sandbox.row_seed import natural_or_none

API_PREFIX: Final = "/api-3"
FORM: Final = "application/x-www-form-urlencoded"
_LARGEST_BODY: Final = 16 * 1024 * 1024
_DRIP_MS: Final = 500.0
_DRIP_BYTES: Final = 2
_BREAKING: Final = ("timeout", "reset", "reset_body", "truncated")


def create_app(marketplace: Marketplace) -> web.Application:
    """The application: the API of every account under ``/api-3``, the control API under ``/_control``."""
    app = web.Application(client_max_size=_LARGEST_BODY)
    app.router.add_route("*", API_PREFIX + "/{tail:.*}", ApiHandler(marketplace).handle)
    add_control_routes(app, marketplace)
    return app


class ApiHandler:
    """Answers the requests to the marketplace's API."""

    def __init__(self, marketplace: Marketplace) -> None:
        self._market = marketplace

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, in the order of the real thing: network, gateway, marketplace."""
        market, settings = self._market, self._market.settings
        raw = await request.read()
        if settings.jitter_ms:
            await asyncio.sleep(market.random.uniform(0, settings.jitter_ms) / 1000)
        name, password = _credentials(request)
        account = market.accounts.get(name, market.unknown_callers)
        route, path_id = _route(request.match_info["tail"])
        group = group_of(route)
        admission = market.admit(name, group)
        entry = account.report.arrived(route, group, market.clock(), market.monotonic())
        if settings.latency_ms:
            await asyncio.sleep(settings.latency_ms / 1000)
        exchange = _Exchange(request, account, entry, admission, route)
        if not admission.passed:
            account.report.refuse(entry)
            answer = Answer(encode({"message": "API rate limit exceeded"}), 429)
            return self._send(exchange, answer, admission.retry_after if settings.retry_after else None)
        try:
            call = self._authorise(exchange, password, raw, path_id)
        except Refusal as refusal:
            return self._send(exchange, failure(refusal.messages, refusal.status))
        apply_due(account, market.local_time(account).date())
        fault = market.fault_for(self._request_info(exchange, call))
        if fault is None and (replayed := self._recorded(exchange, call)) is not None:
            return await self._replay(exchange, replayed)
        if fault is None:
            call.gzip = settings.gzip and "gzip" in request.headers.get("Accept-Encoding", "")
            return self._send(exchange, self._execute(exchange, call))
        entry.fault = fault.kind
        return await self._answer_with_fault(exchange, call, fault)

    def _authorise(self, exchange: "_Exchange", password: str, raw: bytes, path_id: int | None) -> ApiRequest:
        """The request, if the caller may make it. Raises :class:`Refusal`."""
        settings, address = self._market.settings, exchange.request.remote or ""
        if not settings.allows(address):
            raise Refusal(fault_injection.invalid_ip(address), status=settings.refusal_status)
        if exchange.account is self._market.unknown_callers or not exchange.account.accepts(password):
            raise Refusal(fault_injection.NOT_ALLOWED, status=settings.refusal_status)
        query = exchange.request.query
        is_form = settings.form_bodies and exchange.request.content_type == FORM
        content = _form_content(raw, exchange.route) if is_form else _content(raw)
        return ApiRequest(
            self._market, exchange.account, content, path_id=path_id, query=lambda name: query.getall(name, ())
        )

    def _request_info(self, exchange: "_Exchange", call: ApiRequest) -> RequestInfo:
        if exchange.route not in LISTS:
            return RequestInfo(exchange.account.name, exchange.route)
        try:
            page, filters = page_of(call.body), offer_filters(call.body)
        except Refusal:
            return RequestInfo(exchange.account.name, exchange.route)
        if exchange.route == "product_offer/read":
            text = "&".join(f"{name}={value}" for name, value in filters)
            exchange.account.report.asked(exchange.entry, page.number, page.size, text)
            if is_lookup(text):
                return RequestInfo(exchange.account.name, exchange.route, lookup=True)
        return RequestInfo(exchange.account.name, exchange.route, page.number, page.size)

    def _execute(self, exchange: "_Exchange", call: ApiRequest) -> Answer:
        lacks_id = exchange.route in WITH_ID and call.path_id is None
        known = None if lacks_id else ROUTES.get((exchange.request.method, exchange.route))
        try:
            return (known or _invalid_url)(call)
        except Refusal as refusal:
            is_plain_save = exchange.route.endswith("/save") and refusal.status == HTTPStatus.OK
            status = self._market.settings.refused_save_status if is_plain_save else refusal.status
            return failure(refusal.messages, status, refusal.results)

    async def _answer_with_fault(self, exchange: "_Exchange", call: ApiRequest, fault: Fault) -> web.StreamResponse:
        if fault.kind in fault_injection.CORRUPTING:
            call.served_page = 1 if fault.kind == "wrong_page" else None
            answer = fault_injection.corrupted(fault, self._execute(exchange, call))
        else:
            if fault.after_handling:
                self._execute(exchange, call)
            broken = fault.kind in _BREAKING
            answer = Answer(b"") if broken else fault_injection.replacement(fault, exchange.request.remote or "")
        if not await fault_injection.held(exchange.request, lambda: self._market.faults.holds(fault)):
            return self._gone(exchange)
        if fault.kind == "timeout":
            await fault_injection.hang(exchange.request, None if fault.delay_ms is None else fault.delay_ms / 1000)
        elif fault.kind != "drip" and not await fault_injection.delayed(exchange.request, _delay_s(fault, answer)):
            return self._gone(exchange)
        if fault.kind in _BREAKING or fault.kind == "drip":
            return await self._break(exchange, answer, fault)
        return self._send(exchange, answer, fault.retry_after)

    def _gone(self, exchange: "_Exchange") -> web.StreamResponse:
        """The caller did not wait for the answer."""
        exchange.account.report.ended(exchange.entry, 0, corrupted=True)
        return web.Response()

    def _recorded(self, exchange: "_Exchange", call: ApiRequest) -> ReplayedAnswer | None:
        """The answer that this request got when it was recorded, where the sandbox serves a recording."""
        replay, request = self._market.replay, exchange.request
        if replay is None:
            return None
        tail, query = request.match_info["tail"].strip("/"), request.query.items()
        return replay.answer(exchange.account.name, request.method, tail, query, call.content)

    async def _replay(self, exchange: "_Exchange", recorded: ReplayedAnswer) -> web.StreamResponse:
        if recorded.failure == "timeout":
            await fault_injection.hang(exchange.request, None)
        else:
            await asyncio.sleep(recorded.seconds)
        if recorded.failure is not None:
            fault = Fault(kind="truncated" if recorded.failure == "truncated" else "reset")
            exchange.entry.fault = fault.kind
            return await self._break(exchange, success(["a row that was lost"]), fault)
        exchange.account.report.ended(exchange.entry, recorded.status, corrupted=recorded.status != HTTPStatus.OK)
        return web.Response(body=recorded.body, status=recorded.status, headers=recorded.headers)

    async def _break(self, exchange: "_Exchange", answer: Answer, fault: Fault) -> web.StreamResponse:
        request = exchange.request
        response = web.StreamResponse(status=answer.status, headers=self._headers(exchange, answer))
        whole = False
        try:
            if fault.kind == "reset":
                fault_injection.reset(request)
            elif fault.kind == "drip":
                delay = (_DRIP_MS if fault.delay_ms is None else fault.delay_ms) / 1000
                await fault_injection.drip(request, response, answer.body, delay, fault.drip_bytes or _DRIP_BYTES)
                whole = True
            elif fault.kind != "timeout":
                await fault_injection.cut(request, response, answer.body, orderly=fault.kind == "truncated")
        except ConnectionError:
            whole = False
        exchange.account.report.ended(exchange.entry, answer.status if whole else 0, corrupted=not whole)
        return response

    def _send(self, exchange: "_Exchange", answer: Answer, retry_after: int | str | None = None) -> web.Response:
        fault = exchange.entry.fault
        exchange.entry.items = answer.items
        exchange.account.report.ended(
            exchange.entry, answer.status, corrupted=fault is not None and fault not in fault_injection.HARMLESS
        )
        headers = self._headers(exchange, answer)
        if answer.gzipped:
            headers["Content-Encoding"] = "gzip"
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return web.Response(body=answer.body, status=answer.status, headers=headers)

    def _headers(self, exchange: "_Exchange", answer: Answer) -> dict[str, str]:
        headers = {"Content-Type": fault_injection.content_type(answer)}
        return headers | exchange.admission.headers if self._market.settings.rate_headers else headers


def _delay_s(fault: Fault, answer: Answer) -> float:
    return ((fault.delay_ms or 0.0) + (fault.row_ms or 0.0) * (answer.items or 0)) / 1000


class _Exchange(NamedTuple):
    """One HTTP request with what is known of it, for its answer and its line in the log."""

    request: web.Request
    account: Account
    entry: LogEntry
    admission: Admission
    route: str


def _credentials(request: web.Request) -> tuple[str, str]:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _route(tail: str) -> tuple[str, int | None]:
    """The route and the id at its end or within it, where the route has one."""
    parts = tail.strip("/").split("/")
    for place in (-1, 1):
        route = "/".join(parts[:place] + parts[place:][1:])
        if route in WITH_ID and WITH_ID[route] == place and (path_id := natural_or_none(parts[place])) is not None:
            return route, path_id
    return "/".join(parts), None


def _invalid_url(request: ApiRequest) -> Answer:
    return plain({"message": "Invalid URL"}, 404)


def _form_content(raw: bytes, route: str) -> Any:
    """The body that a form carries as JSON in its field ``data``; for saves, the list of entities."""
    try:
        fields = parse_qs(raw.decode(), strict_parsing=True)
    except ValueError:
        raise Refusal("Invalid request: the body is not a form") from None
    content = _content(fields.get("data", [""])[-1].encode())
    return {"data": content} if isinstance(content, list) and route != "offer/save" else content


def _content(raw: bytes) -> Any:
    if not raw.strip():
        return {}
    try:
        return decode(raw)
    except ValueError:
        raise Refusal("Invalid request: the body is not JSON") from None
