"""The REST API's schemas of webhooks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from emagsync.deliveries.states import OffReason


class EventKind(StrEnum):
    """The events: how a run ended, or that a person has to decide something. A stuck run has failed too: a webhook
    that subscribes only to `failed` gets that."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    STUCK = "stuck"
    CANCELLED = "cancelled"
    CONFLICT = "conflict"  # an offer changed here and on eMAG, and a person decides
    HOLD = "hold"  # the brake stopped a push, or what a sync found, until a person releases it


TEST_EVENT = "test"
DEFAULT_EVENTS = (EventKind.COMPLETED, EventKind.PARTIAL, EventKind.FAILED, EventKind.STUCK)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Events = Annotated[list[EventKind], Field(min_length=1, max_length=len(EventKind))]


class WebhookRequest(BaseModel):
    """A new webhook."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    url: Url
    events: Events = Field(default_factory=lambda: list(DEFAULT_EVENTS))
    enabled: bool = True


class WebhookChange(BaseModel):
    """What to change; what is left out, or null, stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    url: Url | None = None
    events: Events | None = None
    enabled: bool | None = None


class Webhook(BaseModel):
    """An address and the events that it gets. `settings`: it is from `EMAGSYNC_WEBHOOKS__URL` and changed there.

    `paused_until`: it did not answer for a while, and gets nothing before then. `off_reason`: why it was disabled by
    itself.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    url: str
    events: tuple[EventKind, ...]
    enabled: bool
    settings: bool
    created_at: datetime
    updated_at: datetime
    paused_until: datetime | None = None
    off_reason: OffReason | None = None


class NewWebhook(Webhook):
    """A webhook with its secret, which is shown only now."""

    secret: str


class WebhookList(BaseModel):
    """All webhooks."""

    webhooks: list[Webhook]


class DeliveryStatus(StrEnum):
    """The state of a message."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Delivery(BaseModel):
    """One message to one webhook. `answer` is the last answer's HTTP status, `error` why the last attempt failed."""

    model_config = ConfigDict(frozen=True)

    id: str
    webhook_id: str
    event: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None
    answer: int | None
    error: str | None


class DeliveryList(BaseModel):
    """Messages, newest first."""

    deliveries: list[Delivery]
