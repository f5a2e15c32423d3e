"""What the edit routes answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from emagsync.edits.planning import Effect, Plan
from emagsync.edits.push.brake_preview import BrakePreview
from emagsync.edits.service import Outcome, Outlook
from emagsync.edits.validation import Change, Objection
from emagsync.offers.product_schemas import EffectiveValues, OfferEdits, PendingEdit
from emagsync.rest.problems import FieldProblem


class ChangeView(BaseModel):
    """One field before and after. `old` is eMAG's value with the edits that waited before."""

    field: str
    warehouse_id: int | None
    kind: Literal["absolute", "relative"]
    old: str | None
    new: str


class EditedData(BaseModel):
    """What was changed of a product, and what waits of it now."""

    account_type: str
    emag_id: int
    product_id: int
    version: str
    changes: list[ChangeView] = Field(description="Empty where eMAG, or an edit that waits, has these values already.")
    pending_edits: list[PendingEdit]
    effective: EffectiveValues | None


class EditAnswer(BaseModel):
    """An edit of one product."""

    status: Literal["success"] = "success"
    data: EditedData


class BulkRow(BaseModel):
    """What one row comes to. `row` is its number in the file, the row of the columns being 1, or in the list."""

    row: int
    account_type: str
    emag_id: int | None
    sku: str | None
    product_id: int | None
    effect: Effect
    changes: list[ChangeView]
    errors: list[FieldProblem] = Field(description="What eMAG would refuse, or cannot be meant.")
    doubts: list[FieldProblem] = Field(description="What looks like a slip; `confirm` says that it is meant.")


class BulkData(BaseModel):
    """What every row comes to. `token` stands for exactly this; without `applied` nothing was kept."""

    applied: bool
    batch_id: str | None = Field(description="Of the edits that were kept; for `GET /edits` and undo.")
    token: str
    kept: int = Field(description="Rows whose edits were kept.")
    counts: dict[Effect, int]
    brakes: list[BrakePreview] = Field(
        description="Of a preview: what the brake would say, by account; empty where nothing is repriced and the like."
    )
    rows: list[BulkRow]


class BulkAnswer(BaseModel):
    """A bulk edit, or its preview."""

    status: Literal["success"] = "success"
    data: BulkData


def edit_answer(plan: Plan, edits: OfferEdits | None) -> EditAnswer:
    """What `plan` has changed; `edits` are those that wait now."""
    return EditAnswer(
        data=EditedData(
            account_type=plan.offer.account,
            emag_id=plan.offer.emag_id,
            product_id=plan.offer.id,
            version=plan.offer.fingerprint if edits is None else edits.version,
            changes=changes_of(plan),
            pending_edits=[] if edits is None else list(edits.pending),
            effective=None if edits is None else edits.effective,
        )
    )


def bulk_answer(outcome: Outcome, brakes: Sequence[BrakePreview] = ()) -> BulkAnswer:
    """What a list came to, or would."""
    applied = outcome.batch_id is not None
    return BulkAnswer(
        data=BulkData(
            applied=applied,
            batch_id=outcome.batch_id,
            token=outcome.token,
            kept=outcome.count(Effect.OK) if applied else 0,
            counts={effect: outcome.count(effect) for effect in Effect},
            brakes=list(brakes),
            rows=[_row(line) for line in outcome.lines],
        )
    )


def changes_of(plan: Plan) -> list[ChangeView]:
    """Field by field; also an edit that is taken back because eMAG has the value that is wanted."""
    kept = {change.key for change in plan.changes}
    taken_back = [
        Change(edit.field, edit.warehouse_id, "absolute", plan.offer.values.get(edit.key) or "")
        for edit in plan.replaced
        if edit.key not in kept
    ]
    return [
        ChangeView.model_validate(
            {
                "field": change.field,
                "warehouse_id": change.warehouse_id or None,
                "kind": change.kind,
                "old": plan.old(change),
                "new": plan.new(change),
            }
        )
        for change in (*plan.changes, *taken_back)
    ]


def _row(outlook: Outlook) -> BulkRow:
    line, plan = outlook.line, outlook.plan
    return BulkRow(
        row=line.number,
        account_type=line.account,
        emag_id=plan.offer.emag_id if plan else line.emag_id,
        sku=plan.offer.part_number if plan else line.part_number,
        product_id=plan.offer.id if plan else None,
        effect=outlook.effect,
        changes=changes_of(plan) if plan else [],
        errors=[_problem(one) for one in (*outlook.errors, *(plan.faults if plan else ()))],
        doubts=[_problem(one) for one in plan.doubts] if plan else [],
    )


def _problem(objection: Objection) -> FieldProblem:
    return FieldProblem(field=objection.field, message=objection.message, code=objection.code)
