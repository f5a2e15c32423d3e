"""The public shapes of webhooks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class EventKind(StrEnum):
    """What is told: how a run ended, or that a person has to decide something. A stuck run has failed too: whoever
    listens only to `failed` is told that."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    STUCK = "stuck"
    CANCELLED = "cancelled"
    CONFLICT = "conflict"  # an offer changed here and on eMAG, and a person decides
    HOLD = "hold"  # the brake stopped a push, or what a sync found, until a person says yes


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
    """Who is told what. `settings` says that it comes from `EMAGSYNC_WEBHOOKS__URL` and is changed there."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    url: str
    events: tuple[EventKind, ...]
    enabled: bool
    settings: bool
    created_at: datetime
    updated_at: datetime


class NewWebhook(Webhook):
    """A webhook with its secret, which is shown only now."""

    secret: str


class WebhookList(BaseModel):
    """All webhooks."""

    webhooks: list[Webhook]


class DeliveryStatus(StrEnum):
    """Where a message is."""

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
