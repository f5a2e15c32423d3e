"""What ``order/save`` may change in an order, and what becomes of it: states, lines, storno.

Nothing here stores anything: an order comes out, or a refusal. Source: v4.5.1, section 5; a part of the order that is
not sent is *removed*, which is why every field has to come back.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from emagsync.sandbox.answers import Refusal
from emagsync.sandbox.filters import TIME_FORMAT
from emagsync.sandbox.generated_orders import (
    BY_SELLER,
    CANCELLED,
    CARD_ONLINE,
    FINALIZED,
    IN_PROGRESS,
    NEW,
    PLAIN_LINE,
    PREPARED,
    RETURNED,
)
from emagsync.sandbox.listing import number, one_of
from emagsync.sandbox.platforms import Platform
from emagsync.sandbox.row_seed import natural_or_none, whole_or_none
from emagsync.sandbox.rows import price_text

_NEXT: Final = {
    NEW: (),
    IN_PROGRESS: (IN_PROGRESS, PREPARED, FINALIZED, CANCELLED),
    PREPARED: (PREPARED, FINALIZED, CANCELLED),
    FINALIZED: (PREPARED, CANCELLED, RETURNED),
    CANCELLED: (IN_PROGRESS, PREPARED, FINALIZED),
    RETURNED: (),
}
_STATES: Final = tuple(_NEXT)
_LINE_STATES: Final = (0, 1)
_SECOND_THOUGHTS: Final = timedelta(hours=48)
# Thirty days to give things back, and five more.
_RETURN_TIME: Final = timedelta(days=35)
_EDITABLE: Final = (IN_PROGRESS, PREPARED)
_FIXED: Final = ("product_id", "part_number", "ext_part_number")
_PRICES: Final = ("sale_price", "original_price")
_NEW_LINE_NEEDS: Final = ("product_id", "name", "status", "sale_price")
# What a save takes over of a line and of a new one; all else stays as eMAG has it.
_TAKEN_OF_LINES: Final = ("details", "serial_numbers")
_TAKEN_OF_NEW_LINES: Final = (*_TAKEN_OF_LINES, "name", "currency", "part_number", "ext_part_number")
_DEAREST: Final = 10**12
_MONEY: Final = ("shipping_tax", "currency")

_Order = dict[str, Any]


def changed_order(known: _Order, sent: _Order, now: datetime, platform: Platform) -> tuple[_Order, list[str]]:
    """Order *known* after a save of *sent*, and eMAG's warnings. Raises :class:`Refusal` with the reason."""
    name = f"Order {sent.get('id')}"
    if known["type"] != BY_SELLER:
        raise Refusal(f"{name}: orders fulfilled by eMAG cannot be edited")
    if missing := sorted(set(known) - set(sent)):
        raise Refusal(f"{name}: missing {', '.join(missing)}")
    for key in _MONEY:
        if not _same(known[key], sent[key]):
            raise Refusal(f"{name}: {key} cannot be changed")
    status = _next_status(known, sent, now, name)
    lines, warnings = _Lines(known, sent, status, platform, name).after(now)
    if known["status"] == status == FINALIZED and not any(line["status"] and line["quantity"] for line in lines):
        # A storno of the last piece.
        status = RETURNED
    reason = _reason(sent["reason_cancellation"], name)
    changed = known | {"status": status, "reason_cancellation": reason, "observation": sent["observation"]}
    changed |= {"products": lines, "modified": now.strftime(TIME_FORMAT)}
    if status == FINALIZED and known["status"] != FINALIZED:
        changed["finalization_date"] = changed["modified"]
    return changed, warnings


def _next_status(known: _Order, sent: _Order, now: datetime, name: str) -> int:
    before, after = known["status"], whole_or_none(sent["status"])
    if after not in _STATES or isinstance(sent["status"], bool):
        raise Refusal(f"{name}: invalid status {sent['status']}")
    if before == NEW:
        raise Refusal(f"{name}: a new order can only be acknowledged")
    if before == after == FINALIZED:
        if sent["is_storno"] is not True:
            raise Refusal(f"{name}: is_storno is needed to take back a part of a finalized order")
        return after
    if after not in _NEXT[before]:
        raise Refusal(f"{name}: status cannot be changed from {before} to {after}")
    if before in (FINALIZED, CANCELLED):
        since = known.get("finalization_date") if before == FINALIZED else None
        allowed = _RETURN_TIME if after == RETURNED else _SECOND_THOUGHTS
        if _age(since or known["modified"], now) > allowed:
            raise Refusal(f"{name}: status cannot be changed from {before} to {after} any more")
    return after


def _reason(sent: Any, name: str) -> dict[str, Any]:
    """Why the order was cancelled, as it is read: documented as a number, it comes as an object."""
    given = sent if isinstance(sent, dict) else {"id": sent}
    number = given.get("id")
    if number is not None and natural_or_none(number) is None:
        raise Refusal(f"{name}: invalid reason_cancellation {sent}")
    return {"id": natural_or_none(number), "name": given.get("name")}


def _age(since: str, now: datetime) -> timedelta:
    return now.replace(tzinfo=None) - datetime.fromisoformat(since)


class _Lines:
    """The lines of one save."""

    def __init__(self, known: _Order, sent: _Order, status: int, platform: Platform, name: str) -> None:
        self._before: int = known["status"]
        self._status, self._platform, self._name = status, platform, name
        self._with_card = known["payment_mode_id"] == CARD_ONLINE
        self._is_storno = sent["is_storno"] is True
        self._known = {whole_or_none(line["id"]): line for line in known["products"]}
        self._last_id = max((line_id or 0 for line_id in self._known), default=90_000_000)
        if not isinstance(sent["products"], list) or not all(isinstance(line, dict) for line in sent["products"]):
            raise Refusal(f"{name}: products must be a list")
        self._sent: list[_Order] = sent["products"]
        self._warnings: list[str] = []

    def after(self, now: datetime) -> tuple[list[_Order], list[str]]:
        """The lines as they are after the save, and warnings. Raises :class:`Refusal`."""
        self._refuse_unknown_lines()
        changes = list(self._changes())
        if self._is_storno:
            self._check_storno(changes)
        elif changes and not (self._status == RETURNED and set(changes) == {"reduced"}):
            self._check_editing(changes)
        lines = [self._line(sent, now) for sent in self._sent]
        return ([_returned(line) for line in lines] if self._status == RETURNED else lines), self._warnings

    def _refuse_unknown_lines(self) -> None:
        ids = [whole_or_none(line.get("id")) for line in self._sent if line.get("id") is not None]
        if len(set(ids)) < len(ids) or not set(ids) <= set(self._known):
            raise Refusal(f"{self._name}: products must have the ids of the order's lines, each once")

    def _changes(self) -> Iterator[str]:
        """What the save does to the lines: ``added``, ``removed``, ``reduced``, ``raised``. Raises :class:`Refusal`."""
        for sent in self._sent:
            known = self._known.get(whole_or_none(sent.get("id")))
            if known is None:
                self._check_new(sent)
                yield "added"
                continue
            self._check_fixed(known, sent)
            quantity = _quantity(sent, self._name, known["quantity"])
            if known["status"] != one_of({"status": known["status"]} | sent, "status", _LINE_STATES, self._name):
                yield "removed"
            if quantity != known["quantity"]:
                yield "reduced" if quantity < known["quantity"] else "raised"
        sent_ids = {whole_or_none(line.get("id")) for line in self._sent}
        yield from ("removed" for line_id in self._known if line_id not in sent_ids)

    def _check_new(self, sent: _Order) -> None:
        if missing := [key for key in _NEW_LINE_NEEDS if sent.get(key) is None]:
            raise Refusal(f"{self._name}: a new product needs {', '.join(missing)}")
        if natural_or_none(sent["product_id"]) is None:
            raise Refusal(f"{self._name}: invalid product_id {sent['product_id']}")
        one_of(sent, "status", _LINE_STATES, self._name)
        number(sent, "sale_price", 0, _DEAREST, self._name)
        _quantity(sent, self._name)
        for key in ("name", "currency"):
            if isinstance(sent.get(key), bool | list | dict):
                raise Refusal(f"{self._name}: invalid {key} {sent[key]}")
        if sent.get("currency") is not None:
            return
        if self._platform.country != "bg":
            raise Refusal(f"{self._name}: a new product needs currency")
        self._warnings.append(f"{self._name}: currency is missing, {self._platform.currency} was assumed")

    def _check_fixed(self, known: _Order, sent: _Order) -> None:
        for keys, differ in ((_FIXED, _differ), (_PRICES, lambda one, other: not _same(one, other))):
            for key in keys:
                if key in sent and differ(known.get(key), sent[key]):
                    raise Refusal(f"{self._name}: {key} of product {sent.get('id')} cannot be changed")
        if self._platform.country == "bg" and not sent.get("currency"):
            self._warnings.append(f"{self._name}: currency is missing, {self._platform.currency} was assumed")

    def _check_editing(self, changes: list[str]) -> None:
        if self._before not in _EDITABLE:
            raise Refusal(f"{self._name}: products can only be changed in status 2 and 3")
        if self._with_card:
            raise Refusal(f"{self._name}: products cannot be changed when the order is paid with card online")
        if "raised" in changes:
            raise Refusal(f"{self._name}: quantity can only be reduced")

    def _check_storno(self, changes: list[str]) -> None:
        if self._before != FINALIZED or self._status != FINALIZED:
            raise Refusal(f"{self._name}: a part can only be taken back while the order is finalized")
        if set(changes) != {"reduced"}:
            raise Refusal(f"{self._name}: a storno takes at least one product with a smaller quantity and nothing else")

    def _line(self, sent: _Order, now: datetime) -> _Order:
        known = self._known.get(whole_or_none(sent.get("id")))
        if known is None:
            return self._new_line(sent, now)
        line: _Order = known | {key: sent[key] for key in _TAKEN_OF_LINES if key in sent}
        line["status"] = whole_or_none(sent.get("status", known["status"]))
        line["quantity"] = _quantity(sent, self._name, known["quantity"])
        # What is ordered stays: quantity and storno_qty together are initial_qty.
        line["storno_qty"] = known.get("storno_qty", 0) + known["quantity"] - line["quantity"]
        return line

    def _new_line(self, sent: _Order, now: datetime) -> _Order:
        """A line that the seller added, with everything that a line has."""
        self._last_id += 1
        quantity, price = _quantity(sent, self._name), price_text(Decimal(str(sent["sale_price"])))
        moment, vat = now.strftime(TIME_FORMAT), Decimal(self._platform.vat_rates(now.date())[0])
        return {
            **PLAIN_LINE,
            "currency": self._platform.currency,
            **{key: sent[key] for key in _TAKEN_OF_NEW_LINES if sent.get(key) is not None},
            "id": self._last_id,
            "product_id": str(sent["product_id"]),
            "status": whole_or_none(sent["status"]),
            "quantity": quantity,
            "initial_qty": quantity,
            "sale_price": price,
            "original_price": price,
            "vat": f"{vat:.4f}",
            "created": moment,
            "modified": moment,
        }


def _returned(line: _Order) -> _Order:
    """A line of a returned order: it has lost its quantity."""
    return line | {"quantity": 0, "storno_qty": line.get("initial_qty", line["quantity"])}


def _quantity(sent: _Order, name: str, otherwise: int = 1) -> int:
    quantity = whole_or_none(sent.get("quantity", otherwise))
    if quantity is None or quantity < 0 or isinstance(sent.get("quantity"), bool):
        raise Refusal(f"{name}: invalid quantity {sent.get('quantity')}")
    return quantity


def _same(one: Any, other: Any) -> bool:
    """Whether two amounts are the same, however they are written."""
    try:
        return bool(Decimal(str(one)) == Decimal(str(other)))
    except InvalidOperation:
        return bool(one == other)


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _differ(one: Any, other: Any) -> bool:
    return _as_text(one) != _as_text(other)
