"""What the API shows of bulk changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Row

from emagsync.edits.bulk_changes.model import BulkChange, BulkKind, BulkOutcome, BulkState, ChangeRow
from emagsync.edits.planning import Effect
from emagsync.edits.push.brake_preview import BrakePreview
from emagsync.edits.reasons import ReasonView, reason_text, reason_view
from emagsync.edits.response_schemas import BulkRow


class BulkChangeView(BaseModel):
    """One change to any number of offers, or its undoing; its rows are at `GET /bulk-changes/{id}/rows`."""

    id: int
    kind: BulkKind
    state: BulkState
    asked: dict[str, Any] = Field(description="The filter and the change, or what is undone.")
    batch_id: str = Field(description="Of the edits that it makes; for `GET /edits` and for undoing it.")
    made_by: str
    made_at: datetime
    found: int | None = Field(description="Offers that it is about. Null: they are still being gathered.")
    done: int = Field(description="Of these, so many were previewed; while it is applied, so many are done with.")
    counts: dict[Effect, int] = Field(description="Rows by effect, of those that were previewed.")
    brakes: list[BrakePreview] = Field(description="What the brake would say, by account; not in lists.")
    kept: int = Field(description="Offers whose edits were stored.")
    changed_since: int = Field(description="Left as they are: the offer, or its edits, changed since the preview.")
    came_since: int | None = Field(
        description="Offers that the filter finds since the preview: they are not changed. Null: not counted yet."
    )
    applied_by: str | None
    finished_at: datetime | None
    reason: str | None = Field(description="Why it has failed: what it had kept until then (`kept`) is not sent.")
    why: ReasonView | None = Field(description="The same as a code with its values.")
    has_rows: bool = Field(description="Whether its rows are still there; they are kept for seven days.")


class BulkChangeAnswer(BaseModel):
    """A bulk change."""

    status: Literal["success"] = "success"
    data: BulkChangeView


class BulkChangeList(BaseModel):
    """Newest first."""

    changes: list[BulkChangeView]
    next_cursor: str | None


class BulkChangeRow(BulkRow):
    """What a bulk change comes to for one offer, and what became of that: null where it was not, or not yet, kept."""

    outcome: BulkOutcome | None


class BulkChangeRows(BaseModel):
    """In the order of accounts and eMAG's ids."""

    rows: list[BulkChangeRow]
    next_cursor: str | None


def change_view(change: BulkChange, brakes: Sequence[BrakePreview]) -> BulkChangeView:
    """The change as the API shows it."""
    return BulkChangeView(
        id=change.id,
        kind=change.kind,
        state=change.state,
        asked=dict(change.asked),
        batch_id=change.batch_id,
        made_by=change.made_by,
        made_at=change.made_at,
        found=change.found,
        done=change.found or 0 if change.state is BulkState.READY else change.position,
        counts={effect: change.count(effect) for effect in Effect},
        brakes=list(brakes),
        kept=change.kept,
        changed_since=change.changed_since,
        came_since=change.came_since,
        applied_by=change.applied_by,
        finished_at=change.finished_at,
        reason=reason_text(change.reason),
        why=reason_view(change.reason),
        has_rows=change.has_rows,
    )


def row_view(row: ChangeRow, offer: Row[Any] | None, outcome: BulkOutcome | None) -> BulkChangeRow:
    """The row as the API shows it; `offer` is what the local copy has of it now."""
    problems = row.problems or {}
    return BulkChangeRow.model_validate(
        {
            "row": row.row,
            "account": row.account,
            "emag_id": row.emag_id,
            "part_number": None if offer is None else offer.part_number,
            "product_id": None if offer is None else offer.id,
            "name": None if offer is None else offer.name,
            "currency": None if offer is None else offer.currency,
            "effect": row.effect or Effect.UNCHANGED,
            "changes": row.changes,
            "errors": problems.get("errors", ()),
            "doubts": problems.get("doubts", ()),
            "outcome": outcome,
        }
    )
