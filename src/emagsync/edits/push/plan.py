"""What a push does next. Pure: the engine reads the outbox and the clock, asks here, and does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from emagsync.edits.push.items import changes_stock
from emagsync.edits.push.outbox import OutboxEntry

# A difference is computed from a value that was read just before: so few at a time that reading them takes seconds.
DIFFERENCES_AT_ONCE: Final = 10


class Step(StrEnum):
    """What follows once everything that could be sent was sent."""

    SEND = "send"  # something else may be sent by now
    READ_BACK = "read_back"
    WAIT = "wait"  # nothing is to be read back yet
    END = "end"


class NextStep(NamedTuple):
    """A step, with the offers that are to be read back now, or the seconds to wait."""

    step: Step
    due: Sequence[int] = ()
    seconds: float = 0.0


class Unread(NamedTuple):
    """An offer that is to be read back, because something was or may have been sent for it; `at` None: now."""

    emag_id: int
    at: datetime | None


def after_sending(unread: Sequence[Unread], *, has_pending: bool, longest_wait: float, now: datetime) -> NextStep:
    """What a push does after sending. A push that would have to wait longer than `longest_wait` seconds ends, and the
    next one reads back what is left."""
    if not unread:
        return NextStep(Step.SEND if has_pending else Step.END)
    due = [emag_id for emag_id, at in unread if at is None or at <= now]
    if due:
        return NextStep(Step.READ_BACK, due=due)
    seconds = (min(at for _, at in unread if at is not None) - now).total_seconds()
    return NextStep(Step.WAIT, seconds=seconds) if seconds <= longest_wait else NextStep(Step.END)


class BatchKind(StrEnum):
    """What the entries of one save have in common."""

    VALUES = "values"  # what is to be sent is known: the offers need only be read if that was too long ago
    DIFFERENCES = "differences"  # computed from eMAG's value: the offers are read immediately before


class Batch(NamedTuple):
    """Entries that may go out in one save."""

    kind: BatchKind
    entries: Sequence[OutboxEntry]


def next_batch(pending: Sequence[OutboxEntry]) -> Batch:
    """The batch to send next. `pending` are the first entries of the outbox, those that change stock before the others,
    and as many as fit into one save."""
    differences = [entry for entry in pending if entry.asks_for_difference]
    if pending and pending[0].asks_for_difference:
        return Batch(BatchKind.DIFFERENCES, differences[:DIFFERENCES_AT_ONCE])
    values = [entry for entry in pending if not entry.asks_for_difference]
    if differences:
        # Prices fill up a batch of stock, but do not go before differences of stock.
        values = [entry for entry in values if changes_stock(entry.items)]
    return Batch(BatchKind.VALUES, values)
