"""The shapes of Home."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from emagsync.core.vocabulary import OfAccount
from emagsync.offers.change_kinds import ChangeKind
from emagsync.sync.certificate.schemas import CertificateVerdict


class KindNumber(BaseModel):
    """To how many offers something happened, in all and by account."""

    kind: ChangeKind
    offers: int
    accounts: dict[str, int]


class ReasonNumber(BaseModel):
    """How many of the offers that became unsellable a code of `not_sellable` keeps from sale; one may have several."""

    code: str
    offers: int


class Number(BaseModel):
    """A number that is not of offers, in all and by account."""

    count: int
    accounts: dict[str, int]


class WaitingNow(BaseModel):
    """What waits for a person now, whenever it began."""

    conflicts: int
    approvals: int = Field(description="Lines of the outbox.")
    holds: int = Field(description="What the brake stopped.")


class CopyAge(OfAccount):
    """How old the copy of an account is: everything in it was seen at `read_at` or later.

    All but the account are null before the first run that completed.
    """

    read_at: datetime | None = Field(description="When the last completed run began to read.")
    completed_at: datetime | None
    run_id: str | None = Field(description="That run, whose certificate says what it proves.")
    verdict: CertificateVerdict | None


class HomeData(OfAccount):
    """What happened from `since` on, before `until` where one is given, and what waits.

    `changes` has every kind, also those of which there are none. A number is that of the list of products with
    `change=<kind>`, `change_since`, `change_until` and `account` of here.
    """

    since: datetime
    until: datetime | None
    as_of: datetime
    changes: list[KindNumber]
    unsellable_reasons: list[ReasonNumber] = Field(description="The most frequent first.")
    failed_runs: Number
    brakes: Number = Field(description="How often the brake stopped something.")
    waiting: WaitingNow
    copies: list[CopyAge]


class Home(BaseModel):
    """What changed, and what needs a hand."""

    status: Literal["success"] = "success"
    data: HomeData


class VisitData(BaseModel):
    """`last_visit`: when the caller last looked at Home before this visit; null the first time."""

    last_visit: datetime | None


class Visit(BaseModel):
    """A visit was noted."""

    status: Literal["success"] = "success"
    data: VisitData
