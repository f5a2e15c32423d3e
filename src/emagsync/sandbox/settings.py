"""What can be set while the sandbox runs: pace, limits, who may call, and how certain answers look."""

import ipaddress
from typing import Any, Final, Literal

import msgspec

CountShape = Literal["text", "numbers", "list", "missing", "null", "too_low", "too_high", "zero"]
SaveResults = Literal["object", "list"]
Gpsr = Literal["by_id", "lists", "booleans"]
Paging = Literal["right", "first_rows", "first_page", "all_rows", "last_page"]
AcknowledgedAgain = Literal["refused", "warning"]
EanPermission = Literal["allowed_to_add_offer", "allow_to_add_offer"]
OrderKind = Literal["id", "reverse", "shuffle", "rotate"]


class SandboxError(Exception):
    """A catalogue, setting or control request that makes no sense; the message names it and says what is expected.

    Not one of the faults that the sandbox plays.
    """


class Window(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Requests that a gateway lets through in each fixed second, minute and (when given) day."""

    second: int
    minute: int
    day: int | None = None


DEFAULT_LIMITS: Final = {
    "orders": Window(12, 720),
    "find_by_eans": Window(5, 200, 5000),
    "other": Window(3, 180),
}


class Order(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The order of the rows of ``product_offer/read``.

    At every ``every``-th read ``shuffle`` takes a new random order and ``rotate`` moves ``by`` rows to the end;
    after ``until`` reads (counted per account) the last order stays.
    """

    kind: OrderKind = "id"
    every: int = 1
    by: int = 1
    until: int | None = None


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Times are milliseconds. ``jitter_ms`` passes before a request is counted, ``latency_ms`` after it."""

    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    limit: bool = True
    limits: dict[str, Window] = msgspec.field(default_factory=lambda: dict(DEFAULT_LIMITS))
    rate_headers: bool = True
    retry_after: bool = False
    allow_ip: list[str] = msgspec.field(default_factory=list)
    refusal_status: int = 403
    count_shape: CountShape = "text"
    count_offset: int = 3
    paging: Paging = "right"
    ignored_filters: list[str] = msgspec.field(default_factory=list)
    gpsr: Gpsr = "by_id"
    form_bodies: bool = False
    order: Order = msgspec.field(default_factory=Order)
    documentation_errors: bool = False
    offer_stock_works: bool = True
    save_results: SaveResults = "object"
    refused_save_status: int = 200
    bare_order_saves: bool = False
    acknowledged_again: AcknowledgedAgain = "refused"
    order_month_days: int = 31
    largest_order_page: int = 100
    ean_permission: EanPermission = "allowed_to_add_offer"
    gzip: bool = True
    cache_mb: int = 128

    def updated(self, changes: dict[str, Any]) -> "Settings":
        """These settings with *changes* made.

        Raises:
            SandboxError: a name or value makes no sense; the message says which.
        """
        values = msgspec.to_builtins(self) | changes
        if isinstance(changes.get("limits"), dict):
            values["limits"] = msgspec.to_builtins(self.limits) | changes["limits"]
        try:
            new = msgspec.convert(values, Settings)
        except msgspec.ValidationError as error:
            raise SandboxError(f"settings: {error}") from error
        new.check()
        return new

    def check(self) -> None:
        """Raise :class:`SandboxError` for a value that is of the right type but makes no sense."""
        for name in ("latency_ms", "jitter_ms"):
            if not 0 <= getattr(self, name) <= 600_000:
                raise SandboxError(f"settings: {name} is 0 to 600000 milliseconds, not {getattr(self, name)}.")
        if unknown := set(self.limits) - set(DEFAULT_LIMITS):
            raise SandboxError(
                f"settings: limits are for {', '.join(DEFAULT_LIMITS)}, not {', '.join(sorted(unknown))}."
            )
        for address in self.allow_ip:
            _network(address)
        if self.order.every < 1:
            raise SandboxError("settings: order.every is at least 1.")
        for name, low, high in (("order_month_days", 28, 31), ("largest_order_page", 100, 1000)):
            if not low <= getattr(self, name) <= high:
                raise SandboxError(f"settings: {name} is {low} to {high}, not {getattr(self, name)}.")
        for name in ("refusal_status", "refused_save_status"):
            if not 200 <= getattr(self, name) <= 599:
                raise SandboxError(f"settings: {name} is an HTTP status, not {getattr(self, name)}.")

    def allows(self, address: str) -> bool:
        """Whether *address* is on the allow list; an empty list lets everybody in."""
        return not self.allow_ip or any(ipaddress.ip_address(address) in _network(entry) for entry in self.allow_ip)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise SandboxError(f"settings: allow_ip holds addresses or networks, not {text!r}.") from error
