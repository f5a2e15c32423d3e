"""What the routes of the outbox take: which lines a decision is about."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from emagsync.core.account_names import AccountName
from emagsync.core.vocabulary import QueryModel, RequestModel
from emagsync.db.engine import Database
from emagsync.edits.offer_codes import OfferCodes
from emagsync.edits.push.outbox import Lines
from emagsync.edits.states import OutboxState
from emagsync.rest.paging import MOST_ROWS
from emagsync.rest.timestamps import UtcTimestamp

Ids = Annotated[list[Annotated[int, Field(ge=1, lt=2**63)]], Field(min_length=1, max_length=10_000)]


class OutboxQuery(OfferCodes, QueryModel):
    """Which lines of the outbox, and which page of them."""

    account: AccountName | None = None
    state: list[OutboxState] | None = Field(default=None, max_length=len(OutboxState))
    emag_id: int | None = Field(default=None, ge=1, lt=2**63)
    push_id: str | None = Field(default=None, max_length=36)
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)
    cursor: str | None = Field(default=None, max_length=1000)
    held: bool = Field(default=False, description="Only what a hold of the brake keeps from being sent.")

    def lines(self) -> Lines:
        """The filters but for the codes, which need the local copy."""
        return Lines(
            account=self.account,
            states=tuple(self.state or ()),
            emag_id=self.emag_id,
            push_id=self.push_id,
            held=self.held,
        )


class LineFilter(OfferCodes):
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

    async def lines(self, database: Database) -> Lines:
        """The choice as the outbox takes it."""
        if self.filter is None:
            return Lines(ids=self.ids, account=self.account)
        async with database.snapshot() as connection:
            offers = await self.filter.offers(connection)
        return Lines(
            account=self.filter.account,
            emag_id=self.filter.emag_id,
            states=tuple(self.filter.state or ()),
            push_id=self.filter.push_id,
            unchanged_since=self.filter.seen_at,
            offers=offers,
        )
