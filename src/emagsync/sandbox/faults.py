"""Faults: which requests go wrong, how, and how often."""

import random
import time
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

import msgspec

from emagsync.sandbox.settings import SandboxError

FaultKind = Literal[
    "status",
    "rate_limited",
    "timeout",
    "slow",
    "reset",
    "reset_body",
    "truncated",
    "drip",
    "html",
    "empty",
    "invalid_json",
    "invalid_utf8",
    "missing_is_error",
    "is_error",
    "not_allowed",
    "invalid_ip",
    "null_results",
    "wrong_results_type",
    "empty_page",
    "wrong_page",
    "firewall",
]
_DEFAULT_STATUS: Final = {"status": 500, "rate_limited": 429, "not_allowed": 403, "invalid_ip": 403, "firewall": 403}


class Fault(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """One rule. A request matches when everything that is set agrees; the first match that is not used up plays.

    ``rows`` is a range of row positions (from 1, both ends included): it holds whatever size of pages a client reads.
    Rules about pages never match look-ups of single offers; ``lookup: true`` matches nothing else.
    ``after_handling``: the request is executed first, then its answer goes wrong (a save that looks lost).
    ``row_ms``: the answer takes so long for each row in it, besides ``delay_ms``.
    ``held``: the answer waits until the rules are cleared, for what has to happen meanwhile.
    ``from_s`` and ``until_s`` are seconds since the rule was added. ``times`` null means for ever.
    """

    kind: FaultKind
    account: str | None = None
    route: str | None = None
    pages: list[int] | None = None
    rows: tuple[int, int] | None = None
    lookup: bool | None = None
    min_items_per_page: int | None = None
    times: int | None = None
    after: int = 0
    probability: float = 1.0
    from_s: float = 0.0
    until_s: float | None = None
    after_handling: bool = False
    status: int | None = None
    retry_after: int | str | None = None
    body: str | None = None
    message: str | dict[str, Any] | None = None
    delay_ms: float | None = None
    row_ms: float | None = None
    held: bool = False
    drip_bytes: int | None = None

    @property
    def http_status(self) -> int:
        """The HTTP status of the answer, where the fault has one."""
        return self.status if self.status is not None else _DEFAULT_STATUS.get(self.kind, 200)

    @property
    def on_pages(self) -> bool:
        """Whether the rule is about pages of a list, and so never matches another request."""
        return self.pages is not None or self.rows is not None or self.min_items_per_page is not None


def fault_from(values: Any) -> Fault:
    """A rule from plain values.

    Raises:
        SandboxError: a name or value makes no sense; the message says which.
    """
    try:
        fault = msgspec.convert(values, Fault)
    except msgspec.ValidationError as error:
        raise SandboxError(f"fault: {error}") from error
    if not 0 <= fault.probability <= 1:
        raise SandboxError(f"fault: probability is between 0 and 1, not {fault.probability}.")
    if fault.status is not None and not 100 <= fault.status <= 599:
        raise SandboxError(f"fault: status is an HTTP status, not {fault.status}.")
    if fault.rows is not None and not 1 <= fault.rows[0] <= fault.rows[1]:
        raise SandboxError("fault: rows is [first, last], counted from 1.")
    return fault


class RequestInfo(NamedTuple):
    """The properties of a request that rules match; page and size are ``None`` where it reads no page of a list.

    ``lookup``: the request asks for single offers, by id, part number or catalogue key.
    """

    account: str
    route: str
    page: int | None = None
    size: int | None = None
    lookup: bool = False


class Faults:
    """The rules in force, in the order they were added."""

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seed = seed
        self._rules: list[_Rule] = []
        self._random = random.Random(seed)  # noqa: S311 - a simulation has to be repeatable

    def add(self, *faults: Fault) -> None:
        """Put rules behind those in force."""
        self._rules.extend(_Rule(fault, self._clock()) for fault in faults)

    def clear(self) -> None:
        """Play no faults any more, and draw the same chances again."""
        self._rules.clear()
        self._random.seed(self._seed)

    def holds(self, fault: Fault) -> bool:
        """Whether answers that meet *fault* are not to be sent yet."""
        return fault.held and any(rule.fault is fault for rule in self._rules)

    def choose(self, request: RequestInfo) -> Fault | None:
        """The fault that this request meets, if any; counts it as played."""
        for rule in self._rules:
            if rule.plays(request, self._clock(), self._random):
                return rule.fault
        return None

    def to_list(self) -> list[dict[str, Any]]:
        """The rules as plain values with ``matched`` and ``played``."""
        return [
            {**msgspec.to_builtins(rule.fault), "matched": rule.matched, "played": rule.played} for rule in self._rules
        ]


class _Rule:
    def __init__(self, fault: Fault, since: float) -> None:
        self.fault, self._since = fault, since
        self.matched = self.played = 0

    def plays(self, request: RequestInfo, now: float, chance: random.Random) -> bool:
        fault = self.fault
        if not (self._is_time(now - self._since) and _concerns(fault, request)):
            return False
        self.matched += 1
        if self.matched <= fault.after or (fault.times is not None and self.played >= fault.times):
            return False
        if fault.probability < 1 and chance.random() >= fault.probability:
            return False
        self.played += 1
        return True

    def _is_time(self, elapsed: float) -> bool:
        return elapsed >= self.fault.from_s and (self.fault.until_s is None or elapsed < self.fault.until_s)


def _concerns(fault: Fault, request: RequestInfo) -> bool:
    if fault.account not in (None, request.account) or fault.route not in (None, request.route):
        return False
    if fault.lookup not in (None, request.lookup):
        return False
    return not fault.on_pages or _on_its_pages(fault, request)


def _on_its_pages(fault: Fault, request: RequestInfo) -> bool:
    if request.page is None or request.size is None:
        return False
    if fault.pages is not None and request.page not in fault.pages:
        return False
    if fault.min_items_per_page is not None and request.size < fault.min_items_per_page:
        return False
    return fault.rows is None or _overlaps(fault.rows, request.page, request.size)


def _overlaps(rows: tuple[int, int], page: int, size: int) -> bool:
    first = (page - 1) * size + 1
    return first <= rows[1] and rows[0] <= first + size - 1
