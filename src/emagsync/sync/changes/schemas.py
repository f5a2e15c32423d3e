"""The shapes of what a run changed."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field

from emagsync.core.vocabulary import OfAccount, OfPartNumber
from emagsync.offers.change_kinds import ChangeKind

Fields = dict[str, tuple[str | None, str | None]]


class ChangedOffer(OfPartNumber):
    """An offer that a run changed, or that a dry run would have: `{field: [old, new]}`, values as in the change log.

    Where `fields` are empty, nothing changed that the change log follows.
    """

    product_id: int | None = Field(description="Ours; null for an offer that the copy does not have.")
    emag_id: int
    name: str | None
    currency: str | None
    kinds: list[ChangeKind]
    fields: Fields


class KindTotal(BaseModel):
    """How many of the run's offers a kind has."""

    kind: ChangeKind
    offers: int


class RunChangesData(OfAccount):
    """Some of a run's offers in the order of their ids, and how many there are in all and of each kind.

    `dry_run`: nothing was changed; this is what would have been. Of a dry run at most 10,000 offers are kept.
    """

    run_id: str
    dry_run: bool
    count: int
    kinds: list[KindTotal]
    items: list[ChangedOffer]
    next_after: int | None


class RunChanges(BaseModel):
    """What a run changed."""

    data: RunChangesData


class Outcome(StrEnum):
    """What became of an offer that a preview and the run that follows it differ about."""

    NOT_CHANGED = "not_changed"  # the preview said that it would change, and it did not
    NOT_FORESEEN = "not_foreseen"  # it changed, and the preview did not say so
    OTHERWISE = "otherwise"  # it changed to something else


class PreviewDifference(OfPartNumber):
    """An offer about which a preview and the run differ: what was foreseen, and what happened."""

    product_id: int | None
    emag_id: int
    name: str | None
    currency: str | None
    outcome: Outcome
    foreseen: Fields
    happened: Fields


class PreviewComparison(BaseModel):
    """How a run compares with the dry run that it applied: numbers of offers, and the first that differ."""

    run_id: str
    preview_id: str
    as_foreseen: int
    not_changed: int
    not_foreseen: int
    otherwise: int
    is_whole: bool = Field(
        description="false where the preview found more offers than are kept: of the rest is said nothing."
    )
    items: list[PreviewDifference]


class PreviewComparisonAnswer(BaseModel):
    """How a run compares with its preview."""

    data: PreviewComparison
