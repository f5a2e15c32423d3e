"""What the API shows and takes of the outbox, of pushes, of the brake and of undo.

Apart from `schemas`, which a sync imports too: making these models takes it longer than everything else here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from emagsync.core.account_names import AccountName
from emagsync.core.vocabulary import OfAccount, RequestModel
from emagsync.edits.push.items import Result
from emagsync.edits.push.schemas import Hold, Push
from emagsync.edits.reasons import ReasonView
from emagsync.edits.states import OutboxState

Ids = Annotated[list[Annotated[int, Field(ge=1, lt=2**63)]], Field(min_length=1, max_length=10_000)]


class PushList(BaseModel):
    """Pushes, newest first."""

    pushes: list[Push]
    next_cursor: str | None


class ItemView(BaseModel):
    """One change. `before` and `target` are eMAG's value before and the one sent, once it is sent."""

    edit_id: int
    field: str
    warehouse_id: int
    kind: str
    value: str
    before: str | None
    target: str | None
    result: Result | None
    reason: str | None
    why: ReasonView | None = Field(description="The reason for programs. Null: there is none, or words without a code.")
    remarks: str | None = Field(description="What eMAG remarked when it took the change, in its own words.")


class OutboxView(OfAccount):
    """One offer's changes on their way to eMAG."""

    id: int
    emag_id: int
    part_number: str | None = Field(
        default=None, description="The offer's SKU as it is now, in answers of lists; null where it has none."
    )
    state: OutboxState
    items: list[ItemView]
    attempts: int
    reason: str | None
    why: ReasonView | None = Field(description="Null where the reason is that of `items`.")
    push_id: str | None
    alarm: str | None = Field(description="What the brake counts it as: repriced, zeroed or deactivated.")
    created_at: datetime
    updated_at: datetime
    next_at: datetime | None = Field(description="Not sent, or read back, before then.")
    sent_at: datetime | None
    finished_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None


class OutboxList(BaseModel):
    """Lines of the outbox, newest first."""

    lines: list[OutboxView]
    next_cursor: str | None
    undecided: Mapping[OutboxState, int] = Field(
        description="How many lines the filters find that were not sent yet, `waiting` and `pending`, on all pages."
    )
    seen_at: datetime = Field(description="Of when this is: `filter.seen_at` of a decision about what is found here.")


class Decided(BaseModel):
    """How many lines were decided about."""

    lines: int


class PushRequest(RequestModel):
    """Which account is pushed now."""

    account: AccountName


class PushStarted(OfAccount):
    """The account is pushed now; `GET /pushes` shows the result. `push` is its setting: on or approve."""

    push: str


class HoldList(BaseModel):
    """Holds, newest first."""

    holds: list[Hold]


class UndoRequest(RequestModel):
    """What is to be put back: a push, a run, a time span of an account, or the last push of some of its offers.

    `preview`: only say what would be done.
    """

    push_id: Annotated[str, Field(max_length=36)] | None = None
    run_id: Annotated[str, Field(max_length=36)] | None = None
    account: AccountName | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: Ids | None = None
    preview: bool = True
    confirm: bool = False

    @model_validator(mode="after")
    def _says_what(self) -> UndoRequest:
        if self.push_id is not None and self.run_id is not None:
            raise ValueError("give push_id or run_id, not both")
        if self.push_id is None and self.run_id is None:
            if self.account is None:
                raise ValueError("give push_id, run_id, or account with since or ids")
            if self.since is None and self.ids is None:
                raise ValueError("account needs since, or ids")
        for moment in (self.since, self.until):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("times need a zone, such as 2026-01-31T12:00:00Z")
        return self


class UndoRow(OfAccount):
    """One value and what undoing does about it: `action` is `put_back`, or `left` with the reason."""

    emag_id: int
    field: str
    warehouse_id: int
    now: str | None
    put_back: str | None
    action: str
    reason: str | None = None
    why: ReasonView | None = None


class UndoAnswer(BaseModel):
    """What undoing does, or did. `batch_id` names the edits that it made."""

    preview: bool
    put_back: int
    left: int
    batch_id: str | None = None
    rows: list[UndoRow]
