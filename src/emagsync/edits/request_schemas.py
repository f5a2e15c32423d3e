"""The bodies of requests that edit offers or resolve conflicts."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from emagsync.core.edit_rules import EditableField
from emagsync.core.vocabulary import RequestModel
from emagsync.edits.change_request import MOST_ROWS, STOCK_CHANGE, ChangeRequest
from emagsync.edits.fields import FIELDS
from emagsync.edits.states import Resolution
from emagsync.offers.product_parameters import AccountName


def _as_text(value: object) -> object:
    """A JSON number by its shortest spelling, which is how it was written."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise PydanticCustomError("text_or_number", "a text or a number is needed")
    if isinstance(value, str):
        return value
    return repr(value) if isinstance(value, float) else str(value)


def _written_plainly(value: object) -> object:
    """A whole number that comes as a text is written with digits: Python takes `1_000`, too."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("int_parsing", "a whole number is needed")
    return value


def _no_difference(value: object) -> object:
    """In a file `+5` is five more: here it would be five, for who writes the same in both."""
    if isinstance(value, str) and value.lstrip().startswith("+"):
        raise PydanticCustomError(
            "difference", "a + reads as a difference: leave it out; a difference of stock is given as a change"
        )
    return value


_DIGITS = re.compile(r"\s*[+-]?[0-9]+(\.0+)?\s*", re.ASCII)
_Text = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | float), Field(max_length=40)]
_Amount = Annotated[
    _Text, Field(description="Without VAT, at most four decimals; text or number.", examples=["121.84"])
]
_Difference = Annotated[int, Field(ge=-65_535, le=1_000_000), BeforeValidator(_written_plainly)]
_Whole = Annotated[_Difference, BeforeValidator(_no_difference)]
_Status = Annotated[
    Literal[0, 1, 2, "inactive", "active", "end_of_life"],
    # eMAG's numbers are taken too, but a type of numbers and texts is one that few languages can write.
    WithJsonSchema({"type": "string", "enum": ["inactive", "active", "end_of_life"]}),
]
WarehouseId = Annotated[int, Field(ge=1, le=2**31)]


class LevelEdit(RequestModel):
    """A value of one warehouse, or of stock by how many pieces it changes."""

    warehouse_id: WarehouseId | None = Field(default=None, description="Needed where the offer has several.")
    value: _Whole | None = None
    change: _Difference | None = None


class OfferValues(RequestModel):
    """The values to set; what is left out, or null, stays."""

    sale_price: _Amount | None = None
    recommended_price: _Amount | None = None
    min_sale_price: _Amount | None = None
    max_sale_price: _Amount | None = None
    stock: _Whole | list[LevelEdit] | None = Field(
        default=None, description="Pieces in the offer's only warehouse, or a list by warehouse."
    )
    stock_change: _Difference | None = Field(
        default=None, description="Pieces to add to what eMAG has when it is sent, or to take from it."
    )
    handling_time: _Whole | list[LevelEdit] | None = Field(default=None, description="Days until dispatch.")
    vat_id: _Whole | None = None
    status: _Status | None = None
    currency: str | None = Field(default=None, max_length=8, description="If given, it must be the offer's.")
    confirm: bool = Field(default=False, description="Accepts values that look like a mistake.")

    @model_validator(mode="after")
    def _has_values(self) -> OfferValues:
        if not self.given():
            raise ValueError(f"nothing to change: give one of {', '.join((*FIELDS, STOCK_CHANGE))}")
        return self

    def given(self) -> dict[str, Any]:
        """The values by field."""
        values = self.model_dump(include={*FIELDS, STOCK_CHANGE}, exclude_none=True)
        return {name: value if isinstance(value, list) else str(value) for name, value in values.items()}

    def change_request(self, *, version: str | None = None, confirm: bool = False) -> ChangeRequest:
        """The request, which does not name its offer yet."""
        return ChangeRequest(self.given(), currency=self.currency, version=version, confirm=self.confirm or confirm)


class ProductEdit(OfferValues):
    """An edit of one product."""


class BulkLine(OfferValues):
    """An edit of one offer: named by `emag_id`, else by the first that is given of `part_number`, `part_number_key`
    and `ean`, where that is of one offer only. The others that are given have to be the same offer's."""

    account: AccountName | None = None
    emag_id: int | None = Field(default=None, ge=1, le=2**31)
    part_number: str | None = Field(default=None, max_length=255)
    part_number_key: str | None = Field(default=None, max_length=255)
    ean: str | None = Field(default=None, max_length=255)
    version: str | None = Field(default=None, max_length=64, description="If given, it must be the product's.")


class ListOptions(RequestModel):
    """Options of every request with many edits."""

    preview: bool = False
    confirm: bool = Field(default=False, description="Accepts all values that look like a mistake.")
    skip_invalid: bool = Field(default=False, description="Store what is valid; without, it is all or nothing.")
    token: str | None = Field(
        default=None, max_length=64, description="Of a preview: apply exactly what it showed, or nothing (409)."
    )


class BulkOptions(ListOptions):
    """Options of a list of edits."""

    account: AccountName | None = Field(default=None, description="Of the rows that name none.")


class BulkEdit(BulkOptions):
    """Edits of many offers."""

    edits: list[BulkLine] = Field(min_length=1, max_length=MOST_ROWS)

    def change_requests(self) -> list[ChangeRequest]:
        """A request for each edit, numbered from 1."""
        return [
            replace(
                one.change_request(version=one.version, confirm=self.confirm),
                row=number,
                account=(one.account or self.account or "").lower(),
                emag_id=one.emag_id,
                part_number=one.part_number,
                part_number_key=one.part_number_key,
                eans=() if one.ean is None else (one.ean,),
                is_exact=True,
            )
            for number, one in enumerate(self.edits, start=1)
        ]


class ConflictChoice(RequestModel):
    """Who wins: `emag` keeps eMAG's value, `local` sends ours, `other` sends `value`."""

    resolution: Literal["emag", "local", "other"]
    value: Annotated[_Text, Field(description="Text or number, as the field takes it.")] | None = None

    @model_validator(mode="after")
    def _has_value(self) -> ConflictChoice:
        if (self.resolution == "other") != (self.value is not None):
            raise ValueError("`value` belongs to the resolution `other`, and to no other one")
        return self

    @property
    def chosen(self) -> Resolution:
        """The resolution, typed."""
        return Resolution(self.resolution)


class ConflictChoices(RequestModel):
    """Many conflicts at once: those named, or every open one that the filter finds."""

    resolution: Literal["emag", "local"]
    ids: list[Annotated[int, Field(ge=1, le=2**53)]] | None = Field(default=None, min_length=1, max_length=1000)
    account: AccountName | None = None
    emag_id: int | None = Field(default=None, ge=1, le=2**31)
    field: EditableField | None = None
    all: bool = Field(default=False, description="Every open one; needed where nothing else selects.")

    @model_validator(mode="after")
    def _selects(self) -> ConflictChoices:
        filtered = self.account is not None or self.emag_id is not None or self.field is not None
        if (self.ids is not None) == (filtered or self.all):
            raise ValueError("name the conflicts by `ids`, or select them by a filter or by `all`: one of both")
        return self
