"""What one offer's edits become when they are sent, and what reading the offer back says about them. Pure.

Values are canonical text: prices with four decimals, everything else a whole number. None: eMAG has no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

import orjson

from emagsync.edits.fields import BY_WAREHOUSE, FIRST_WAREHOUSE, MOST_STOCK, PRICES, RELATIVE, Key, Values
from emagsync.edits.reasons import Reason, ReasonCode, reason_fields, reason_text, stored_reason
from emagsync.edits.states import OutboxState
from emagsync.marketplace.writes import Level, OfferUpdate


class Result(StrEnum):
    """What became of one change of a row."""

    APPLIED = "applied"  # eMAG shows what was sent
    CHANGED_SINCE = "changed_since"  # eMAG took it, and shows a newer value of its own
    ALREADY = "already"  # eMAG had the value: nothing was sent
    REJECTED = "rejected"
    REOPENED = "reopened"  # not known to be sent, and eMAG's value has changed: merged anew


DONE_WELL: Final = (Result.APPLIED, Result.CHANGED_SINCE, Result.ALREADY)


@dataclass(frozen=True)
class Item:
    """One change of one field of an offer. `before` and `target` are known once it is sent: absolute, also for a
    relative edit, whose difference is so applied once, however often the same target is sent."""

    edit_id: int
    field: str
    warehouse_id: int
    kind: str
    value: str
    before: str | None = None
    target: str | None = None
    result: Result | None = None
    reason: Reason | None = None

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

    def done(self, result: Result, reason: Reason | None = None) -> Item:
        """The item with what became of it."""
        return replace(self, result=result, reason=reason)


class OutboxEntry(NamedTuple):
    """One row of the outbox: an offer's changes, and where they are. Times are aware UTC."""

    id: int
    account: str
    emag_id: int
    items: tuple[Item, ...]
    state: OutboxState
    attempts: int
    reason: Reason | None
    push_id: str | None
    batch_id: str | None
    created_at: datetime
    updated_at: datetime
    # Of an entry that is being sent: eMAG took it, and it is read back then. None: no answer is known.
    next_at: datetime | None
    sent_at: datetime | None
    finished_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    alarm: str | None
    hold_id: int | None


def items_text(items: Iterable[Item]) -> str:
    """The items as JSON."""
    stored = ({**vars(item), **reason_fields(item.reason)} for item in items)
    return orjson.dumps([{name: value for name, value in one.items() if value is not None} for one in stored]).decode()


def items_of(text: str) -> tuple[Item, ...]:
    """What `items_text` made."""
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
    """The item with the value that eMAG has and the one that it is to have. A stock is never below 0."""
    before = current.get(item.key)
    target = item.value
    if item.is_relative:
        target = str(min(max(int(before or 0) + int(item.value), 0), MOST_STOCK))
    aimed_at = replace(item, before=before, target=target)
    return aimed_at.done(Result.ALREADY) if target == before else aimed_at


def price_problem(items: Sequence[Item], current: Values) -> Reason | None:
    """Why eMAG would refuse the offer's prices as they would be, if it would."""
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
    """What to send: only the changes that are not done with."""
    values: dict[str, Any] = {}
    for item in items:
        if item.result is not None or item.target is None:
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
    """Whether the row goes before those that change prices only."""
    return any(item.field == "stock" for item in items)


def judge_accepted(item: Item, read: Values) -> Item:
    """After eMAG said that it took the change: done, unless it still shows the value from before."""
    if item.result is not None:
        return item
    shown = read.get(item.key)
    if shown == item.target:
        return item.done(Result.APPLIED)
    if shown == item.before:
        return item
    return item.done(Result.CHANGED_SINCE, Reason.of(ReasonCode.CHANGED_SINCE, target=item.target, shown=shown))


def judge_uncertain(item: Item, read: Values) -> Item:
    """After an answer that did not say whether eMAG took the change: done, to be sent again (no result), or given up.

    With a third value nobody can tell whether pieces were sold before or after our change: a stock, and whatever is
    relative, is not sent again. Any other field goes back to the merge, which knows what to do with two changes.
    """
    if item.result is not None:
        return item
    shown = read.get(item.key)
    if shown == item.target:
        return item.done(Result.APPLIED)
    if shown == item.before:
        return item
    if item.field == "stock" or item.is_relative:
        unknown = Reason.of(ReasonCode.OUTCOME_UNKNOWN, target=item.target, shown=shown, before=item.before)
        return item.done(Result.REJECTED, unknown)
    return item.done(
        Result.REOPENED, Reason.of(ReasonCode.THIRD_VALUE, shown=shown, before=item.before, target=item.target)
    )


def judge_refused(item: Item, read: Values, reason: Reason) -> Item:
    """After eMAG refused the change in words: believed, unless it shows the change all the same."""
    if item.result is not None:
        return item
    took = item.target is not None and read.get(item.key) == item.target
    return item.done(Result.APPLIED) if took else item.done(Result.REJECTED, reason)


def end_state(items: Sequence[Item]) -> OutboxState | None:
    """The row's state when everything of it is done with; None while something is not."""
    results = {item.result for item in items}
    if None in results:
        return None
    if Result.REJECTED in results:
        return OutboxState.REJECTED
    return OutboxState.APPLIED if results & set(DONE_WELL) else OutboxState.DROPPED


def reasons(items: Iterable[Item]) -> Reason | None:
    """Why not everything went as asked, in one line of words; the codes are with the items."""
    given = dict.fromkeys(f"{item.field}: {reason_text(item.reason)}" for item in items if item.reason)
    return Reason.quoted("; ".join(given)) if given else None


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
