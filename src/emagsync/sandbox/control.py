"""The control API: watch and steer the sandbox. JSON over HTTP, callers on this machine only, no password."""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec
from aiohttp import web

from emagsync.sandbox.accounts import Account
from emagsync.sandbox.changes import apply_change, change_from
from emagsync.sandbox.codec import decode, encode
from emagsync.sandbox.faults import fault_from
from emagsync.sandbox.marketplace import Marketplace
from emagsync.sandbox.save_rules import save_rule_from
from emagsync.sandbox.settings import SandboxError
from emagsync.sandbox.shapes import shape_from
from emagsync.sandbox.triggers import Trigger

PREFIX: Final = "/_control"
_LOG_DEFAULT: Final = 1000
_ROWS_A_WRITE: Final = 200
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_control_routes(app: web.Application, marketplace: Marketplace) -> None:
    """Serve the control API of *marketplace* on *app*."""
    control = _Control(marketplace)
    routes: dict[tuple[str, str], _Handler] = {
        ("GET", "/state"): control.state,
        ("GET", "/report"): control.report,
        ("GET", "/log"): control.log,
        ("POST", "/reset"): control.reset,
        ("POST", "/settings"): control.settings,
        ("GET", "/faults"): control.faults,
        ("POST", "/faults"): control.add_faults,
        ("DELETE", "/faults"): control.clear_faults,
        ("GET", "/save_rules"): control.save_rules,
        ("POST", "/save_rules"): control.add_save_rules,
        ("DELETE", "/save_rules"): control.clear_save_rules,
        ("GET", "/shapes"): control.shapes,
        ("POST", "/shapes"): control.add_shapes,
        ("DELETE", "/shapes"): control.clear_shapes,
        ("POST", "/triggers"): control.add_triggers,
        ("DELETE", "/triggers"): control.clear_triggers,
        ("GET", "/offers"): control.offers,
        ("POST", "/offers"): control.change_offers,
        ("POST", "/offers/change"): control.change_offers,
        ("POST", "/offers/add"): control.change_offers,
        ("POST", "/offers/remove"): control.change_offers,
        ("POST", "/offers/odd_rows"): control.change_offers,
        ("POST", "/offers/clear_odd_rows"): control.change_offers,
        ("POST", "/offers/start_scheduled"): control.change_offers,
        ("POST", "/offers/reprice"): control.change_offers,
        ("POST", "/offers/join_campaign"): control.change_offers,
        ("POST", "/offers/leave_campaign"): control.change_offers,
        ("GET", "/orders"): control.orders,
        ("POST", "/orders"): control.put_orders,
        ("POST", "/consume"): control.consume,
        ("POST", "/replay/rewind"): control.rewind,
    }
    for (method, path), handler in routes.items():
        app.router.add_route(method, PREFIX + path, _guarded(handler))


def _guarded(handler: _Handler) -> _Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback:  # noqa: S104 - compared, not bound
            return _json({"error": "The control API answers only callers on this machine."}, 403)
        try:
            return await handler(request)
        except SandboxError as error:
            return _json({"error": str(error)}, 400)

    return guarded


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=encode(value), status=status, content_type="application/json")


async def _values(request: web.Request) -> Any:
    try:
        return decode(await request.read() or b"{}")
    except ValueError as error:
        raise SandboxError(f"The body is not JSON: {error}") from error


async def _entries(request: web.Request) -> list[dict[str, Any]]:
    """The body's objects: one, or a list of them."""
    values = await _values(request)
    entries = values if isinstance(values, list) else [values]
    if not all(isinstance(entry, dict) for entry in entries):
        raise SandboxError("The body is an object or a list of objects.")
    return entries


def _whole(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdecimal():
        raise SandboxError(f"{name} is a whole number, not {text!r}.")
    return int(text)


class _Control:
    def __init__(self, marketplace: Marketplace) -> None:
        self._market = marketplace

    async def state(self, request: web.Request) -> web.StreamResponse:
        market = self._market
        accounts = {
            account.name: {
                "offers": len(account.catalogue),
                "version": account.version,
                "reads": account.reads,
                "in_campaign": sorted(account.in_campaign),
            }
            for account in market.accounts.values()
        }
        return _json(
            {
                "platform": market.platform.code,
                "accounts": accounts,
                "settings": msgspec.to_builtins(market.settings),
                "faults": market.faults.to_list(),
                "save_rules": market.save_rules.to_list(),
                "shapes": market.shapes.to_list(),
                "triggers": {"waiting": market.triggers.waiting(), "fired": market.triggers.fired},
                "replay": None if market.replay is None else market.replay.to_dict(),
            }
        )

    async def rewind(self, request: web.Request) -> web.StreamResponse:
        if self._market.replay is None:
            raise SandboxError("This sandbox serves no recording; start it with --replay DIR.")
        self._market.replay.rewind()
        return _json(self._market.replay.to_dict())

    async def report(self, request: web.Request) -> web.StreamResponse:
        accounts = {account.name: account.report.to_dict() for account in self._reporting()}
        total = {key: sum(report[key] for report in accounts.values()) for key in ("requests", "refused")}
        return _json({**total, "accounts": accounts})

    async def log(self, request: web.Request) -> web.StreamResponse:
        last = _whole(request, "last", _LOG_DEFAULT)
        name = request.query.get("account")
        lines = [
            {"account": account.name, **entry.to_dict()}
            for account in self._reporting()
            if name in (None, account.name)
            for entry in account.report.log
        ]
        lines.sort(key=lambda line: line["at"])
        return _json({"requests": lines[max(0, len(lines) - last) :]})

    async def reset(self, request: web.Request) -> web.StreamResponse:
        self._market.reset_statistics()
        return _json({"reset": True})

    async def settings(self, request: web.Request) -> web.StreamResponse:
        values = await _values(request)
        if not isinstance(values, dict):
            raise SandboxError("The settings are an object.")
        self._market.settings = self._market.settings.updated(values)
        return _json(msgspec.to_builtins(self._market.settings))

    async def faults(self, request: web.Request) -> web.StreamResponse:
        return _json({"faults": self._market.faults.to_list()})

    async def add_faults(self, request: web.Request) -> web.StreamResponse:
        faults = [fault_from(entry) for entry in await _entries(request)]
        self._check_accounts(fault.account for fault in faults)
        self._market.faults.add(*faults)
        return await self.faults(request)

    async def clear_faults(self, request: web.Request) -> web.StreamResponse:
        self._market.faults.clear()
        return await self.faults(request)

    async def save_rules(self, request: web.Request) -> web.StreamResponse:
        return _json({"save_rules": self._market.save_rules.to_list()})

    async def add_save_rules(self, request: web.Request) -> web.StreamResponse:
        rules = [save_rule_from(entry) for entry in await _entries(request)]
        self._check_accounts(rule.account for rule in rules)
        self._market.save_rules.add(*rules)
        return await self.save_rules(request)

    async def clear_save_rules(self, request: web.Request) -> web.StreamResponse:
        self._market.save_rules.clear()
        return await self.save_rules(request)

    async def shapes(self, request: web.Request) -> web.StreamResponse:
        return _json({"shapes": self._market.shapes.to_list()})

    async def add_shapes(self, request: web.Request) -> web.StreamResponse:
        shapes = [shape_from(entry) for entry in await _entries(request)]
        self._check_accounts(shape.account for shape in shapes)
        self._market.shapes.add(*shapes)
        return await self.shapes(request)

    async def clear_shapes(self, request: web.Request) -> web.StreamResponse:
        self._market.shapes.clear()
        return await self.shapes(request)

    async def add_triggers(self, request: web.Request) -> web.StreamResponse:
        for entry in await _entries(request):
            changes = [msgspec.to_builtins(change_from(change)) for change in entry.get("changes", ())]
            try:
                trigger = msgspec.convert({**entry, "changes": changes}, Trigger)
            except msgspec.ValidationError as error:
                raise SandboxError(f"trigger: {error}") from error
            self._market.account(trigger.account)
            self._market.triggers.add(trigger)
        return _json({"waiting": self._market.triggers.waiting()})

    async def clear_triggers(self, request: web.Request) -> web.StreamResponse:
        self._market.triggers.clear()
        return _json({"waiting": 0})

    async def offers(self, request: web.Request) -> web.StreamResponse:
        """The truth: every offer as one line of JSON, exactly as it is served."""
        account = self._of(request)
        ids = [_id(text) for text in request.query.getall("id", ())] or account.ids()
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        for start in range(0, len(ids), _ROWS_A_WRITE):
            known = [emag_id for emag_id in ids[start : start + _ROWS_A_WRITE] if emag_id in account.catalogue]
            await response.write(b"".join(account.catalogue.encoded(emag_id) + b"\n" for emag_id in known))
        await response.write_eof()
        return response

    async def change_offers(self, request: web.Request) -> web.StreamResponse:
        op = request.path.removeprefix(f"{PREFIX}/offers").strip("/")
        ids: list[int] = []
        account = None
        for entry in await _entries(request):
            account = self._market.account(str(entry.pop("account", "")))
            ids += apply_change(account, change_from({**entry, "op": op} if op else entry))
        return _json({"ids": ids, "version": account.version if account else 0})

    async def orders(self, request: web.Request) -> web.StreamResponse:
        return _json({"orders": list(self._market.orders(self._of(request)).values())})

    async def put_orders(self, request: web.Request) -> web.StreamResponse:
        """Add orders or change them: each entry is an order's ``id``, its ``account`` and the fields that differ."""
        for entry in await _entries(request):
            self._market.put_order(self._market.account(str(entry.pop("account", ""))), entry)
        return _json({"stored": True})

    async def consume(self, request: web.Request) -> web.StreamResponse:
        """Use up an account's budget as another program of the same seller would."""
        values = (await _entries(request))[0]
        account = self._market.account(str(values.get("account", "")))
        group, count = values.get("group", "other"), values.get("count", 1)
        if group not in self._market.settings.limits or not isinstance(count, int) or count < 0:
            raise SandboxError(
                f"consume: group is one of {', '.join(self._market.settings.limits)}, count a whole number."
            )
        self._market.gateway.consume(account.name, group, count, self._market.clock())
        return _json({"consumed": count})

    def _reporting(self) -> list[Account]:
        unknown_callers = self._market.unknown_callers
        return [*self._market.accounts.values(), *([unknown_callers] if unknown_callers.report.requests else [])]

    def _check_accounts(self, names: Iterable[str | None]) -> None:
        for name in names:
            if name is not None:
                self._market.account(name)

    def _of(self, request: web.Request) -> Account:
        return self._market.account(request.query.get("account", ""))


def _id(text: str) -> int:
    if not text.isdecimal():
        raise SandboxError(f"id is a whole number, not {text!r}.")
    return int(text)
