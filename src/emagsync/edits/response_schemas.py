"""The responses of the edit and conflict routes, and the edits that products show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.decimal_marks import DecimalMark
from emagsync.core.edit_rules import EditableField
from emagsync.core.vocabulary import OfAccount, OfPartNumber
from emagsync.edits import repository
from emagsync.edits.bulk.file_limits import MOST_SHOWN_CHARACTERS
from emagsync.edits.bulk.file_reading import FileNote
from emagsync.edits.change_request import GivenCell
from emagsync.edits.fields import ABSOLUTE, HANDLING_TIME, NO_WAREHOUSE, STATUS, STOCK, VAT_ID, Values, warehouses
from emagsync.edits.model import Conflict, Edit
from emagsync.edits.offer_repository import stored_offers
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.planning import Effect, Plan, change_of, version_of
from emagsync.edits.push.brake_preview import BrakePreview
from emagsync.edits.reasons import ReasonView, reason_text, reason_view
from emagsync.edits.results import BulkResult, LineResult
from emagsync.edits.states import ConflictState, EditSource, EditState, Resolution
from emagsync.edits.validation import FieldChange, Issue, effective
from emagsync.offers.export_columns import EXPORTED
from emagsync.offers.product_schemas import EffectiveValues, OfferEdits, PendingEdit
from emagsync.rest.problems import FieldProblem

Text = str | None


class EditView(OfAccount):
    """A local edit. Values are text, amounts with four decimals; `base` is what eMAG had when it was made."""

    model_config = ConfigDict(frozen=True)

    id: int
    emag_id: int
    part_number: str | None = Field(
        default=None, description="The offer's SKU as it is now, in answers of lists; null where it has none."
    )
    field: EditableField
    warehouse_id: int | None
    kind: Literal["absolute", "relative"]
    base: Text
    value: str = Field(description="Of a relative edit the difference, with its sign.")
    state: EditState
    reason: Text = Field(description="Why it ended, or what a sync did to it.")
    why: ReasonView | None = Field(description="The reason for programs. Null: there is none, or words without a code.")
    confirmed: bool
    made_by: str
    made_at: datetime
    source: EditSource
    batch_id: Text
    currency: Text = Field(description="Of a price: what `base` and `value` are in. Null: not known.")
    emag_changed_at: datetime | None = Field(
        description="When we first saw that eMAG's value is not the base any more."
    )
    closed_at: datetime | None
    closed_by_run: Text
    closed_value: Text = Field(description="What eMAG had then.")
    remarks: Text = Field(description="What eMAG remarked when it took the change, in its own words.")


class ConflictView(OfAccount):
    """An offer's field that was edited here and changed on eMAG. `base` is what both sides started from."""

    model_config = ConfigDict(frozen=True)

    id: int
    emag_id: int
    part_number: str | None = Field(
        default=None, description="The offer's SKU as it is now, in answers of lists; null where it has none."
    )
    field: EditableField
    warehouse_id: int | None
    edit_id: int
    base: Text
    local: str
    emag: Text
    currency: Text = Field(description="Of a price: what `base` and `local` are in. Null: not known.")
    emag_currency: Text = Field(description="Of a price: what `emag` is in. Null: not known.")
    opened_at: datetime
    run_id: Text
    state: ConflictState
    resolution: Resolution | None
    value: Text
    resolved_by: Text
    resolved_at: datetime | None


class ChangeView(BaseModel):
    """One field before and after. `old` is eMAG's value with the edits that waited before."""

    field: str
    warehouse_id: int | None
    kind: Literal["absolute", "relative"]
    old: str | None
    new: str


class EditedData(OfAccount):
    """The changes made to a product, and its pending edits."""

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


class CellView(BaseModel):
    """A cell of a file: where it stands, its text and that of its heading, and what was understood."""

    place: str
    heading: str
    field: str = Field(description="What it was taken for.")
    text: str
    value: str | None = Field(description="As canonical text. Null: it could not be read.")
    notes: list[str] = Field(description="`rounded`, or `by_locale` where another locale would mean another number.")


class BulkRow(OfAccount, OfPartNumber):
    """The effect of one row. `row` is its number in the file, the row of the columns being 1, or in the list."""

    row: int
    emag_id: int | None
    product_id: int | None
    name: str | None = Field(default=None, description="Of the product, where it is known.")
    currency: str | None = Field(default=None, description="Of the offer's prices.")
    effect: Effect
    changes: list[ChangeView]
    errors: list[FieldProblem] = Field(description="Values that eMAG would refuse, or that make no sense.")
    doubts: list[FieldProblem] = Field(description="Values that look like a mistake; `confirm` accepts them.")
    cells: list[CellView] = Field(default_factory=list, description="Of a file: what stood in its cells.")


class FileView(BaseModel):
    """What a file holds beside its rows. CSV hides nothing and has no sheets."""

    hidden_rows: int = Field(description="Rows with something in them that are hidden, by a filter or by hand.")
    hidden_columns: list[str] = Field(description="Columns with something in them that are hidden.")
    sheet: str | None = Field(description="The sheet that was read.")
    other_sheets: list[str] = Field(description="Sheets that are shown and were not read: they name no known columns.")
    ignored_columns: list[str] = Field(description="Headings of columns that cannot be edited, or are not known.")
    rows_above: int = Field(description="Filled rows above the one that names the columns.")
    decimal: DecimalMark | None = Field(description="How its numbers write decimals. Null: they do not show it.")
    decimal_by: Literal["answer", "file", "locale"] | None = Field(description="What that was decided by.")
    by_locale: int = Field(description="Cells that could be two numbers, and were read by `locale`.")
    ambiguous: int = Field(description="Cells that could be two numbers and were not read: send `decimal`.")


class BulkData(BaseModel):
    """The effect of every row. `token` stands for exactly this; without `applied` nothing was stored."""

    applied: bool
    batch_id: str | None = Field(description="Of the stored edits; for `GET /edits` and undo.")
    token: str
    kept: int = Field(description="Rows whose edits were stored.")
    counts: dict[Effect, int]
    brakes: list[BrakePreview] = Field(
        description="Of a preview: what the brake would say, by account; empty where nothing is repriced and the like."
    )
    rows: list[BulkRow]
    file: FileView | None = Field(
        default=None,
        description="Of a file. What is hidden in it changes nothing without `include_hidden`.",
    )


class BulkAnswer(BaseModel):
    """A bulk edit, or its preview."""

    status: Literal["success"] = "success"
    data: BulkData


def edit_view(edit: Edit) -> EditView:
    """The edit as the API shows it."""
    values = edit._asdict()
    return EditView.model_validate(
        values
        | {
            "warehouse_id": edit.warehouse_id or None,
            "reason": reason_text(edit.reason),
            "why": reason_view(edit.reason),
        }
    )


def conflict_view(conflict: Conflict) -> ConflictView:
    """The conflict as the API shows it."""
    values = conflict._asdict()
    return ConflictView.model_validate(values | {"warehouse_id": conflict.warehouse_id or None})


async def edits_of(
    connection: AsyncConnection, offers: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int], OfferEdits]:
    """The waiting edits of offers, by `(account, emag_id)`. Where nobody edits, this reads an empty index once."""
    by_account: dict[str, list[int]] = defaultdict(list)
    for account, emag_id in offers:
        by_account[account].append(emag_id)
    found: dict[tuple[str, int], OfferEdits] = {}
    for account, ids in by_account.items():
        edits: dict[int, list[Edit]] = defaultdict(list)
        for edit in sorted(await repository.list_waiting(connection, account, ids), key=lambda one: one.id):
            edits[edit.emag_id].append(edit)
        stored = await stored_offers(connection, account, list(edits)) if edits else {}
        found |= {(account, emag_id): offer_edits(offer, edits[emag_id]) for emag_id, offer in stored.items()}
    return found


def offer_edits(offer: StoredOffer, edits: Collection[Edit]) -> OfferEdits:
    """An offer's waiting edits as products show them."""
    values = effective(offer.values, [change_of(edit) for edit in edits if edit.is_in(offer.currency)])
    return OfferEdits([_pending(edit) for edit in edits], _effective(values), version_of(offer.fingerprint, edits))


def _pending(edit: Edit) -> PendingEdit:
    return PendingEdit.model_validate(
        {
            "id": edit.id,
            "field": edit.field,
            "warehouse_id": edit.warehouse_id or None,
            "base": edit.base,
            "value": edit.value,
            "kind": edit.kind,
            "state": edit.state.value,
            "by": edit.made_by,
            "at": edit.made_at,
        }
    )


def _effective(values: Values) -> EffectiveValues:
    def one(name: str) -> str | None:
        return values.get((name, NO_WAREHOUSE))

    days = [values[HANDLING_TIME, warehouse] for warehouse in warehouses(values, HANDLING_TIME)]
    return EffectiveValues.model_validate(
        {
            "sale_price": one("sale_price"),
            "recommended_price": one("recommended_price"),
            "min_sale_price": one("min_sale_price"),
            "max_sale_price": one("max_sale_price"),
            "stock": sum(int(values[STOCK, warehouse] or 0) for warehouse in warehouses(values, STOCK)),
            "handling_time": max((int(day) for day in days if day is not None), default=None),
            "vat_id": one(VAT_ID),
            "status_code": one(STATUS),
        }
    )


def edit_answer(plan: Plan, edits: OfferEdits | None) -> EditAnswer:
    """The response to an edit of one product; `edits` are those that wait now."""
    return EditAnswer(
        data=EditedData(
            account=plan.offer.account,
            emag_id=plan.offer.emag_id,
            product_id=plan.offer.id,
            version=plan.offer.fingerprint if edits is None else edits.version,
            changes=changes_of(plan),
            pending_edits=[] if edits is None else list(edits.pending),
            effective=None if edits is None else edits.effective,
        )
    )


def bulk_answer(result: BulkResult, brakes: Sequence[BrakePreview] = (), *, file: FileNote | None = None) -> BulkAnswer:
    """The response to a bulk edit or its preview; `file` is what is known about the file that the edits came in."""
    applied = result.batch_id is not None
    return BulkAnswer(
        data=BulkData(
            applied=applied,
            batch_id=result.batch_id,
            token=result.token,
            kept=result.count(Effect.OK) if applied else 0,
            counts={effect: result.count(effect) for effect in Effect},
            brakes=list(brakes),
            rows=[_row(line) for line in result.lines],
            file=None if file is None else FileView.model_validate(asdict(file)),
        )
    )


def changes_of(plan: Plan) -> list[ChangeView]:
    """The changes field by field, and the edits that are taken back because eMAG has the wanted value."""
    return [ChangeView.model_validate(values) for values in change_values(plan)]


def change_values(plan: Plan) -> list[dict[str, Any]]:
    """The same as values of `ChangeView`."""
    stored = {change.key for change in plan.changes}
    taken_back = [
        FieldChange(edit.field, edit.warehouse_id, ABSOLUTE, plan.offer.values.get(edit.key) or "")
        for edit in plan.replaced
        if edit.key not in stored
    ]
    return [
        {
            "field": change.field,
            "warehouse_id": change.warehouse_id or None,
            "kind": change.kind,
            "old": plan.old(change),
            "new": plan.new(change),
        }
        for change in (*plan.changes, *taken_back)
    ]


def _row(result: LineResult) -> BulkRow:
    request, plan = result.request, result.plan
    return BulkRow(
        row=request.row,
        account=request.account,
        emag_id=plan.offer.emag_id if plan else request.emag_id,
        part_number=plan.offer.part_number if plan else request.part_number,
        product_id=plan.offer.id if plan else None,
        name=plan.offer.name if plan else None,
        currency=plan.offer.currency if plan else None,
        effect=result.effect,
        changes=changes_of(plan) if plan else [],
        errors=[problem_of(one) for one in (*result.errors, *(plan.faults if plan else ()))],
        doubts=[problem_of(one) for one in plan.doubts] if plan else [],
        cells=[_cell(cell) for cell in request.cells if cell.field != EXPORTED],
    )


def _cell(cell: GivenCell) -> CellView:
    return CellView.model_validate(cell._asdict() | {"heading": _cut(cell.heading), "text": _cut(cell.text)})


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN_CHARACTERS else f"{text[:MOST_SHOWN_CHARACTERS]}…"


def problem_of(issue: Issue) -> FieldProblem:
    """The issue as the API shows it."""
    return FieldProblem(field=issue.field, message=issue.message, code=issue.code, values=dict(issue.values))
