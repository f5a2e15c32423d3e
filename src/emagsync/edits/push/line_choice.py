"""What the routes of the outbox take: which lines a decision is about."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from emagsync.core.account_names import AccountName
from emagsync.core.vocabulary import RequestModel
from emagsync.edits.push.outbox import Lines
from emagsync.edits.states import OutboxState
from emagsync.rest.timestamps import UtcTimestamp

Ids = Annotated[list[Annotated[int, Field(ge=1, lt=2**63)]], Field(min_length=1, max_length=10_000)]


class LineFilter(RequestModel):
    """Every line that was not sent yet and that `GET /outbox` finds with the same filters."""

    account: AccountName | None = None
    emag_id: int | None = Field(default=None, ge=1, lt=2**63)
    state: list[Literal[OutboxState.WAITING, OutboxState.PENDING]] | None = Field(default=None, max_length=2)
    push_id: str | None = Field(default=None, max_length=36)
    seen_at: UtcTimestamp | None = Field(
        default=None,
        description="Leave out the lines that came or changed after it: nobody has seen those. `GET /outbox` says it.",
    )


class LineChoice(RequestModel):
    """Which waiting lines are meant: these, all of an account, or all that a filter finds (an empty one: all)."""

    ids: Ids | None = None
    account: AccountName | None = None
    filter: LineFilter | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> LineChoice:
        if sum(given is not None for given in (self.ids, self.account, self.filter)) != 1:
            raise ValueError("give ids, account for all of an account, or filter")
        return self

    def lines(self) -> Lines:
        """The choice as the outbox takes it."""
        if self.filter is None:
            return Lines(ids=self.ids, account=self.account)
        return Lines(
            account=self.filter.account,
            emag_id=self.filter.emag_id,
            states=tuple(self.filter.state or ()),
            push_id=self.filter.push_id,
            unchanged_since=self.filter.seen_at,
        )
