"""One change of a field in an entry of the outbox: what is sent for it, and how reading the offer judges it. Pure.

Values are canonical text: prices with four decimals, everything else a whole number. None: eMAG has no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import orjson

from emagsync.edits.fields import BY_WAREHOUSE, FIRST_WAREHOUSE, MOST_STOCK, PRICES, RELATIVE, STOCK, Key, Values
from emagsync.edits.reasons import Reason, ReasonCode, reason_fields, reason_text, stored_reason
from emagsync.marketplace.errors import RequestInvalid
from emagsync.marketplace.writes import Level, OfferUpdate


class Result(StrEnum):
    """How one change ended."""

    APPLIED = "applied"  # eMAG shows what was sent
    CHANGED_SINCE = "changed_since"  # eMAG took it, and shows a newer value of its own
    ALREADY = "already"  # eMAG had the value: nothing was sent
    REJECTED = "rejected"  # by eMAG, by a person, or because it cannot be sent or is not safe to send again
    REOPENED = "reopened"  # eMAG has a third value, and may never have got ours: the edit goes back to the merge


DONE_WELL: Final = (Result.APPLIED, Result.CHANGED_SINCE, Result.ALREADY)


@dataclass(frozen=True)
class Item:
    """One change of one field of an offer.

    `before` and `target`, eMAG's value and the one that it is to have, are known once the change is sent. Both are
    absolute, also for a relative edit: so its difference is applied once, however often the same target is sent.
    """

    edit_id: int
    field: str
    warehouse_id: int
    kind: str
    value: str
    before: str | None = None
    target: str | None = None
    result: Result | None = None
    reason: Reason | None = None
    remarks: str | None = None  # eMAG's own words, when it took the change

    @property
    def key(self) -> Key:
        """Field and warehouse."""
        return self.field, self.warehouse_id

    @property
    def change(self) -> tuple[str, int, str, str]:
        """What is asked for, whichever edit asks for it."""
        return self.field, self.warehouse_id, self.kind, self.value

    @property
    def is_relative(self) -> bool:
        """Whether the value is a difference to what eMAG has."""
        return self.kind == RELATIVE

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return self.result is not None

    def done(self, result: Result, reason: Reason | None = None) -> Item:
        """The item, ended."""
        return replace(self, result=result, reason=reason)


def items_text(items: Iterable[Item]) -> str:
    """The items as JSON, as they are stored."""
    stored = ({**vars(item), **reason_fields(item.reason)} for item in items)
    return orjson.dumps([{name: value for name, value in one.items() if value is not None} for one in stored]).decode()


def items_of(text: str) -> tuple[Item, ...]:
    """The items that `items_text` has written."""
    return tuple(_item(**values) for values in orjson.loads(text))


def _item(
    result: str | None = None,
    reason: str | None = None,
    reason_code: str | None = None,
    reason_values: Mapping[str, str | None] | None = None,
    **values: Any,
) -> Item:
    ended = None if result is None else Result(result)
    return Item(**values, result=ended, reason=stored_reason(reason, reason_code, reason_values))


def with_target(item: Item, current: Values) -> Item:
    """The item with the value that eMAG has and the one that it is to have; done with if they are the same.

    A stock stays between 0 and MOST_STOCK, whatever difference is asked for.
    """
    before = current.get(item.key)
    target = item.value
    if item.is_relative:
        target = str(min(max(int(before or 0) + int(item.value), 0), MOST_STOCK))
    item = replace(item, before=before, target=target)
    return item.done(Result.ALREADY) if target == before else item


def price_problem(items: Sequence[Item], current: Values) -> Reason | None:
    """Why eMAG would refuse the offer's prices as they would become; None if it would not."""
    if not any(item.field in PRICES for item in items):
        return None
    price = {name: _amount(current.get((name, 0))) for name in PRICES}
    price |= {item.field: _amount(item.target) for item in items if item.field in PRICES}
    sale, low, high = price["sale_price"], price["min_sale_price"], price["max_sale_price"]
    if sale is None:
        return None
    if low is not None and sale < low:
        return Reason.of(ReasonCode.BELOW_MIN_PRICE, price=sale, limit=low)
    if high is not None and sale > high:
        return Reason.of(ReasonCode.ABOVE_MAX_PRICE, price=sale, limit=high)
    recommended = price["recommended_price"]
    if any(item.field == "recommended_price" for item in items) and recommended is not None and recommended <= sale:
        return Reason.of(ReasonCode.NOT_ABOVE_SALE_PRICE, price=recommended, limit=sale)
    return None


def update_of(emag_id: int, items: Iterable[Item]) -> OfferUpdate:
    """What to send: the changes that are not done with."""
    values: dict[str, Any] = {}
    for item in items:
        if item.is_done or item.target is None:
            continue
        if item.field in PRICES:
            values[item.field] = Decimal(item.target)
        elif item.field in BY_WAREHOUSE:
            level = Level(item.warehouse_id or FIRST_WAREHOUSE, int(item.target))
            values.setdefault(item.field, []).append(level)
        else:
            values[item.field] = int(item.target)
    return OfferUpdate(id=emag_id, **values)


def changes_stock(items: Iterable[Item]) -> bool:
    """Whether a stock is changed: that is sent first."""
    return any(item.field == STOCK for item in items)


def judge_accepted(item: Item, read: Values) -> Item:
    """The item after eMAG accepted it and the offer was read: done, unless it still shows the value from before."""
    if item.is_done:
        return item
    shown = read.get(item.key)
    if shown == item.target:
        return item.done(Result.APPLIED)
    if shown == item.before:
        return item
    return item.done(Result.CHANGED_SINCE, Reason.of(ReasonCode.CHANGED_SINCE, target=item.target, shown=shown))


def judge_uncertain(item: Item, read: Values) -> Item:
    """The item after an answer that left open whether eMAG took it, and the offer was read: done, or to be sent again
    (no result) when it still shows the value from before.

    With a third value nobody can tell whether pieces were sold before or after our change: a stock, and any difference,
    is rejected rather than sent again. Another field goes back to the merge, which decides between two changes.
    """
    if item.is_done:
        return item
    shown = read.get(item.key)
    if shown == item.target:
        return item.done(Result.APPLIED)
    if shown == item.before:
        return item
    if item.field == STOCK or item.is_relative:
        unknown = Reason.of(ReasonCode.OUTCOME_UNKNOWN, target=item.target, shown=shown, before=item.before)
        return item.done(Result.REJECTED, unknown)
    return item.done(
        Result.REOPENED, Reason.of(ReasonCode.THIRD_VALUE, shown=shown, before=item.before, target=item.target)
    )


def judge_shown(item: Item, read: Values) -> Item:
    """The item after a refusal that the offer, `read` since, may belie: done where eMAG shows the change all the same.

    Some of eMAG's complaints are only remarks, and the change is made.
    """
    took = not item.is_done and item.target is not None and read.get(item.key) == item.target
    return item.done(Result.APPLIED) if took else item


def unsent(item: Item) -> Item:
    """The item as if it had not been sent, since eMAG has certainly never taken it.

    What it is to become, and from what, is seen anew when it is sent again: until then eMAG's value may change.
    """
    return item if item.is_done else replace(item, target=None)


def reject_rest(items: Iterable[Item], reason: Reason) -> tuple[Item, ...]:
    """The items, of which those that are not done with are rejected."""
    return tuple(item if item.is_done else item.done(Result.REJECTED, reason) for item in items)


def sending_problem(emag_id: int, items: Sequence[Item]) -> Reason | None:
    """Why the changes cannot be put into a request at all; None if they can."""
    if all(item.is_done for item in items):
        return None
    try:
        update_of(emag_id, items).body()
    except RequestInvalid as error:
        return Reason.of(ReasonCode.NOT_SENDABLE, message=error.message)
    return None


def reasons(items: Iterable[Item]) -> Reason | None:
    """Why not everything was applied: eMAG's refusal, which is about the whole offer, as it is; else one line of words,
    since the codes are with the items."""
    told = [item for item in items if item.reason]
    first = told[0].reason if told else None
    if first is not None and first.is_refusal and all(item.reason == first for item in told):
        return first
    given = dict.fromkeys(f"{item.field}: {reason_text(item.reason)}" for item in told)
    return Reason.quoted("; ".join(given)) if given else None


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
