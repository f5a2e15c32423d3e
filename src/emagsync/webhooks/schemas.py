"""The REST API's schemas of webhooks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from emagsync.core.account_names import AccountName
from emagsync.deliveries.states import OffReason
from emagsync.offers.changed_fields import CHANGED_FIELDS, ChangedField
from emagsync.webhooks.events import DEFAULT_EVENTS, EventKind

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Events = Annotated[list[EventKind], Field(min_length=1, max_length=len(EventKind))]


class ChangeOptions(BaseModel):
    """Of which changes of offers a webhook with the event `offers_changed` is told, and how many at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accounts: tuple[AccountName, ...] = Field(default=(), max_length=100, description="None: of all accounts.")
    fields: tuple[ChangedField, ...] = Field(default=(), max_length=len(CHANGED_FIELDS), description="None: of all.")
    selection: dict[str, Any] | None = Field(
        default=None,
        description="The filters of the list of products, as for a bulk edit: only of offers that it finds after the "
        'change, whether removed or not. `{"brand": ["Nordika"], "stock_max": 4}`',
        examples=[{"brand": ["Nordika"], "stock_max": 4}],
    )
    batch_size: int = Field(default=500, ge=1, le=1000, description="At most so many changes in a message.")
    wait_seconds: int = Field(
        default=5, ge=0, le=3600, description="A message that is not full waits so long for further changes."
    )


class WebhookRequest(BaseModel):
    """A new webhook."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    url: Url
    events: Events = Field(default_factory=lambda: list(DEFAULT_EVENTS))
    enabled: bool = True
    changes: ChangeOptions = ChangeOptions()


class WebhookChange(BaseModel):
    """What to change; what is left out, or null, stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    url: Url | None = None
    events: Events | None = None
    enabled: bool | None = None
    changes: ChangeOptions | None = None


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
    changes: ChangeOptions = ChangeOptions()
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


class DeliveryDetail(Delivery):
    """One message with what it says: `body` is what was signed and sent."""

    body: dict[str, Any]


class DeliveryList(BaseModel):
    """Messages, newest first. `next_cursor` is null on the last page."""

    deliveries: list[Delivery]
    next_cursor: str | None = None
