"""The REST API's schemas of notifications. No answer holds an address's secret part or a password."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from emagsync.core.vocabulary import RequestModel
from emagsync.deliveries.states import MessageStatus, OffReason
from emagsync.rest.time_zones import TimeZone


class Service(StrEnum):
    """By what a recipient is told."""

    EMAIL = "email"
    TELEGRAM = "telegram"
    SLACK = "slack"
    TEAMS = "teams"
    NTFY = "ntfy"
    OTHER = "other"


class RuleKind(StrEnum):
    """What a recipient is told of."""

    RUN = "run"  # a run that failed or is partial
    HOLD = "hold"  # the brake stopped something
    CONFLICT = "conflict"  # a person decides between two values
    NOT_SELLABLE = "not_sellable"  # an offer was rejected or became unsellable
    BUY_BUTTON = "buy_button"  # the buy button of an offer was lost
    PRICE = "price"  # a price changed by more than `threshold` percent
    STOCK = "stock"  # a stock fell below `threshold`
    LATE = "late"  # offers are older than their freshness target
    SUMMARY = "summary"  # what changed within a day, whatever it is


class Timing(StrEnum):
    """When: as soon as it is known, or once a day at the recipient's hour."""

    INSTANT = "instant"
    DAILY = "daily"


THRESHOLDS = {RuleKind.PRICE: (1, 1000), RuleKind.STOCK: (1, 1_000_000)}


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Account = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")]
Hour = Annotated[int, Field(ge=0, le=23)]
Address = Annotated[SecretStr, Field(min_length=3, max_length=2000)]
PageUrl = Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/[^\s@?#]*)?$", max_length=300)]


class Rule(RequestModel):
    """What a recipient is told of, and when. `account` null: of all accounts.

    `threshold`: for `price` the percentage that a change has to exceed, for `stock` the number that it falls below.
    """

    model_config = ConfigDict(frozen=True)

    kind: RuleKind
    account: Account | None = None
    threshold: int | None = None
    timing: Timing = Timing.INSTANT

    def __str__(self) -> str:
        """Such as `stock 3 of fbe daily`, for the audit log and the commands."""
        threshold = "" if self.threshold is None else f" {self.threshold}"
        account = "" if self.account is None else f" of {self.account}"
        return f"{self.kind}{threshold}{account}{' daily' if self.timing is Timing.DAILY else ''}"

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        limits = THRESHOLDS.get(self.kind)
        if limits is None and self.threshold is not None:
            raise ValueError(f"A rule of the kind {self.kind} has no threshold.")
        if limits is not None and (self.threshold is None or not limits[0] <= self.threshold <= limits[1]):
            raise ValueError(f"A rule of the kind {self.kind} needs a threshold of {limits[0]} to {limits[1]}.")
        if self.kind is RuleKind.SUMMARY and self.timing is not Timing.DAILY:
            raise ValueError("A summary is daily.")
        return self


Rules = Annotated[list[Rule], Field(max_length=50)]


class RecipientRequest(BaseModel):
    """A new recipient. `address`: an e-mail address for `email`, else an address of apprise's, such as
    `tgram://token/chat`, or the one that Slack, Teams or Discord gives for a webhook."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    address: Address
    language: Literal["en", "ro"] = "ro"
    time_zone: TimeZone = "Europe/Bucharest"
    daily_hour: Hour = 8
    page_url: PageUrl | None = Field(default=None, description="Where this recipient finds the page, for links.")
    enabled: bool = True
    rules: Rules = Field(default_factory=list)


class RecipientChange(BaseModel):
    """What to change; what is left out, or null, stays. `rules` replaces all of them."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    address: Address | None = None
    language: Literal["en", "ro"] | None = None
    time_zone: TimeZone | None = None
    daily_hour: Hour | None = None
    page_url: PageUrl | None = None
    enabled: bool | None = None
    rules: Rules | None = None


class Recipient(BaseModel):
    """Somebody who is told. `address` is what of it is no secret.

    `paused_until`: the service did not answer for a while, and gets nothing before then. `off_reason`: why it was
    disabled by itself.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    service: Service
    address: str
    language: Literal["en", "ro"]
    time_zone: str
    daily_hour: int
    page_url: str | None
    enabled: bool
    rules: list[Rule]
    created_at: datetime
    updated_at: datetime
    paused_until: datetime | None
    off_reason: OffReason | None


class RecipientList(BaseModel):
    """All recipients."""

    recipients: list[Recipient]


class Notification(BaseModel):
    """One message to one recipient. `event` is what it told of, or `several`, `daily` or `test`.

    `answer` is the number that the service answered with (of HTTP or SMTP), `error` a code for why it did not arrive.
    `status` `unknown`: nobody knows whether it arrived, and it is not sent again by itself.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    recipient_id: str
    event: str
    title: str
    text: str
    status: MessageStatus
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None
    answer: int | None
    error: str | None


class NotificationList(BaseModel):
    """Messages, newest first."""

    deliveries: list[Notification]


class MailServer(BaseModel):
    """By what mail is sent, without its password."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str | None
    sender: str
    has_password: bool


class MailServerRequest(BaseModel):
    """By what mail is sent. `password` left out, or null, stays as it is."""

    model_config = ConfigDict(extra="forbid")

    host: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)] | None = None
    password: Annotated[SecretStr, Field(max_length=1000)] | None = None
    sender: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)]


class MailServerAnswer(BaseModel):
    """The mail server, if there is one."""

    mail_server: MailServer | None
