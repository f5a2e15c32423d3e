"""The public shapes of edits and conflicts, and how products show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.edits import repository
from emagsync.edits.conflict_repository import Conflict
from emagsync.edits.fields import HANDLING_TIME, NO_WAREHOUSE, STATUS, STOCK, VAT_ID, Values, warehouses
from emagsync.edits.offer_repository import stored_offers
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.planning import change_of, version_of
from emagsync.edits.reasons import ReasonView, reason_text, reason_view
from emagsync.edits.repository import Edit
from emagsync.edits.states import ConflictState, EditSource, EditState, Resolution
from emagsync.edits.validation import effective
from emagsync.offers.product_schemas import EffectiveValues, OfferEdits, PendingEdit

Text = str | None


class EditView(BaseModel):
    """A local edit. Values are text, amounts with four decimals; `base` is what eMAG had when it was made."""

    model_config = ConfigDict(frozen=True)

    id: int
    account_type: str
    emag_id: int
    field: str
    warehouse_id: int | None
    kind: Literal["absolute", "relative"]
    base: Text
    value: str = Field(description="Of a relative edit the difference, with its sign.")
    state: EditState
    reason: Text = Field(description="Why it ended, or what a sync did to it.")
    why: ReasonView | None = Field(description="The reason for programs. Null: there is none, or it is eMAG's words.")
    confirmed: bool
    made_by: str
    made_at: datetime
    source: EditSource
    batch_id: Text
    emag_changed_at: datetime | None = Field(
        description="When we first saw that eMAG's value is not the base any more."
    )
    closed_at: datetime | None
    closed_by_run: Text
    closed_value: Text = Field(description="What eMAG had then.")


class ConflictView(BaseModel):
    """An offer's field that was edited here and changed on eMAG. `base` is what both sides started from."""

    model_config = ConfigDict(frozen=True)

    id: int
    account_type: str
    emag_id: int
    field: str
    warehouse_id: int | None
    edit_id: int
    base: Text
    local: str
    emag: Text
    opened_at: datetime
    run_id: Text
    state: ConflictState
    resolution: Resolution | None
    value: Text
    resolved_by: Text
    resolved_at: datetime | None


def edit_view(edit: Edit) -> EditView:
    """As the API shows it."""
    values = edit._asdict()
    values["account_type"] = values.pop("account")
    return EditView.model_validate(
        values
        | {
            "warehouse_id": edit.warehouse_id or None,
            "reason": reason_text(edit.reason),
            "why": reason_view(edit.reason),
        }
    )


def conflict_view(conflict: Conflict) -> ConflictView:
    """As the API shows it."""
    values = conflict._asdict()
    values["account_type"] = values.pop("account")
    return ConflictView.model_validate(values | {"warehouse_id": conflict.warehouse_id or None})


async def edits_of(
    connection: AsyncConnection, offers: Collection[tuple[str, int]]
) -> Mapping[tuple[str, int], OfferEdits]:
    """The edits that wait of offers, `(account, emag_id)`; where none do, this is one look into an empty index."""
    by_account: dict[str, list[int]] = defaultdict(list)
    for account, emag_id in offers:
        by_account[account].append(emag_id)
    found: dict[tuple[str, int], OfferEdits] = {}
    for account, ids in by_account.items():
        edits: dict[int, list[Edit]] = defaultdict(list)
        for edit in sorted(await repository.waiting_among(connection, account, ids), key=lambda one: one.id):
            edits[edit.emag_id].append(edit)
        stored = await stored_offers(connection, account, list(edits)) if edits else {}
        found |= {(account, emag_id): offer_edits(offer, edits[emag_id]) for emag_id, offer in stored.items()}
    return found


def offer_edits(offer: StoredOffer, edits: Collection[Edit]) -> OfferEdits:
    """An offer's edits that wait, as products show them."""
    values = effective(offer.values, [change_of(edit) for edit in edits])
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
            "price": one("sale_price"),
            "recommended_price": one("recommended_price"),
            "min_sale_price": one("min_sale_price"),
            "max_sale_price": one("max_sale_price"),
            "stock_quantity": sum(int(values[STOCK, warehouse] or 0) for warehouse in warehouses(values, STOCK)),
            "handling_time": max((int(day) for day in days if day is not None), default=None),
            "vat_id": one(VAT_ID),
            "status_code": one(STATUS),
        }
    )
