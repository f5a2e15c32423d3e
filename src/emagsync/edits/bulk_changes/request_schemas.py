"""The bodies of requests about bulk changes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from emagsync.core.vocabulary import RequestModel
from emagsync.edits.bulk.selection import ChangeForAll
from emagsync.offers.product_parameters import OfferSelection


class FoundChange(ChangeForAll):
    """One change to all that `filter` finds, however many; an empty one finds every offer there is."""

    filter: OfferSelection


class PastChangeChoice(RequestModel):
    """What is to be undone: the edits of a batch, or what a push has sent."""

    batch_id: Annotated[str, Field(max_length=36)] | None = None
    push_id: Annotated[str, Field(max_length=36)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> PastChangeChoice:
        if (self.batch_id is None) == (self.push_id is None):
            raise ValueError("give either batch_id or push_id")
        return self


class ApplyOptions(RequestModel):
    """With what a previewed change is applied."""

    confirm: bool = Field(default=False, description="Accepts all values that look like a mistake.")
    skip_invalid: bool = Field(
        default=False, description="Keep what is valid; without, it is all or nothing. An undo keeps what is valid."
    )
