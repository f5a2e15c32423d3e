"""What webhooks are told of."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """The events: how a run ended, that a person has to decide something, or that offers changed. A stuck run has
    failed too: a webhook that subscribes only to `failed` gets that."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    STUCK = "stuck"
    CANCELLED = "cancelled"
    CONFLICT = "conflict"  # an offer changed here and on eMAG, and a person decides
    HOLD = "hold"  # the brake stopped a push, or what a sync found, until a person releases it
    OFFERS_CHANGED = "offers_changed"  # some changes of offers, with old and new values


TEST_EVENT = "test"
DEFAULT_EVENTS = (EventKind.COMPLETED, EventKind.PARTIAL, EventKind.FAILED, EventKind.STUCK)
