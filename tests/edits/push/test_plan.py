"""What a push does next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from emagsync.edits.push.items import Item
from emagsync.edits.push.outbox import OutboxEntry
from emagsync.edits.push.plan import BatchKind, Step, Unread, after_sending, next_batch
from emagsync.edits.states import OutboxState

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("unread", "has_pending", "step", "due", "seconds"),
    [
        pytest.param([], False, Step.END, [], 0, id="nothing is left"),
        pytest.param([], True, Step.SEND, [], 0, id="something came to be sent"),
        pytest.param([Unread(7, None)], True, Step.READ_BACK, [7], 0, id="to be read now"),
        pytest.param([Unread(7, at(0)), Unread(8, at(1))], False, Step.READ_BACK, [7], 0, id="one is due"),
        pytest.param([Unread(7, at(2)), Unread(8, at(1))], False, Step.WAIT, [], 1, id="none is due yet"),
        pytest.param([Unread(7, at(5))], False, Step.WAIT, [], 5, id="the longest wait"),
        pytest.param([Unread(7, at(5.1))], False, Step.END, [], 0, id="too long to wait"),
    ],
)
def test_after_sending(unread: list[Unread], has_pending: bool, step: Step, due: list[int], seconds: float) -> None:
    following = after_sending(unread, has_pending=has_pending, longest_wait=5, now=NOW)
    assert (following.step, list(following.due), following.seconds) == (step, due, seconds)


def entry(number: int, *fields: str, kind: str = "absolute", target: str | None = None) -> OutboxEntry:
    items = tuple(Item(number, field, 0, kind, "1", target=target) for field in fields)
    values = dict.fromkeys(OutboxEntry._fields)
    return OutboxEntry(**{**values, "id": number, "emag_id": number, "items": items, "state": OutboxState.PENDING})


PRICE, STOCK = entry(1, "sale_price"), entry(2, "stock")
LESS = entry(3, "stock", kind="relative")
SENT_BEFORE = entry(4, "stock", kind="relative", target="17")
MANY = [entry(number, "stock", kind="relative") for number in range(10, 40)]


@pytest.mark.parametrize(
    ("pending", "kind", "entries"),
    [
        pytest.param([], BatchKind.VALUES, [], id="nothing"),
        pytest.param([STOCK, PRICE], BatchKind.VALUES, [2, 1], id="prices fill up a batch of stock"),
        pytest.param([LESS, STOCK, PRICE], BatchKind.DIFFERENCES, [3], id="differences go alone"),
        pytest.param([STOCK, LESS, PRICE], BatchKind.VALUES, [2], id="prices do not go before differences"),
        pytest.param([SENT_BEFORE, PRICE], BatchKind.VALUES, [4, 1], id="a difference that became a value"),
        pytest.param(MANY, BatchKind.DIFFERENCES, list(range(10, 20)), id="few differences at once"),
    ],
)
def test_the_next_batch(pending: list[OutboxEntry], kind: BatchKind, entries: list[int]) -> None:
    batch = next_batch(pending)
    assert (batch.kind, [one.id for one in batch.entries]) == (kind, entries)
