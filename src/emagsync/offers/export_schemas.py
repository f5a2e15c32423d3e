"""What is asked of an export, and the presets of exports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from emagsync.offers.export_columns import EXPORT_FIELDS, HeadingLanguage
from emagsync.offers.export_formats import ExportFormat
from emagsync.offers.export_layout import ExportLayout
from emagsync.offers.product_parameters import ProductId, ProductQuery
from emagsync.rest.time_zones import TimeZone

MOST_IDS = 10_000


def _each_once(names: list[str]) -> list[str]:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(twice)}: give a column once")
    return names


# As names that the document lists; `EXPORT_FIELDS` has them in order.
ColumnName = Literal[
    "account", "emag_id", "part_number", "part_number_key", "name", "brand", "sale_price", "currency", "stock",
    "status", "sellable", "not_sellable", "recommended_price", "min_sale_price", "max_sale_price",
    "best_offer_sale_price", "buy_button_rank", "number_of_offers", "estimated_stock", "handling_time", "vat_id",
    "category_id", "warranty", "validation_status", "translation_validation_status", "offer_validation_status",
    "ownership", "genius_eligibility", "genius_eligibility_type", "genius_computed", "eans", "main_image",
    "first_seen_at", "changed_at", "last_seen_at", "removed_at", "main_offer_price", "currency_type", "vat_rate",
    "category_name", "sale_price_with_vat",
]  # fmt: skip
Columns = Annotated[list[ColumnName], Field(min_length=1, max_length=len(EXPORT_FIELDS)), AfterValidator(_each_once)]
_LANGUAGE = "For people: headings and words of this language, as the page has them. Without it: names for programs."
_ZONE = "Of the times, such as `Europe/Bucharest`; without it they are UTC."


class ExportOptions(BaseModel):
    """How an export is laid out."""

    format: ExportFormat = ExportFormat.CSV
    language: HeadingLanguage | None = Field(default=None, description=_LANGUAGE)
    time_zone: TimeZone | None = Field(default=None, description=_ZONE)

    def layout_of(self, columns: list[ColumnName] | None) -> ExportLayout:
        """The layout with these columns, or with all."""
        zone = None if self.time_zone is None else ZoneInfo(self.time_zone)
        return ExportLayout(tuple(columns or EXPORT_FIELDS), self.language, zone)


class ExportQuery(ExportOptions, ProductQuery):
    """A whole selection as a file."""

    column: Columns | None = Field(
        default=None, description="Repeat it for more than one, in the order that the file is to have; without it: all."
    )
    preset: int | None = Field(
        default=None,
        ge=1,
        le=2**53,
        description="The id of a preset, which gives what is not given here.",
    )


class ExportBody(ExportOptions):
    """Chosen offers as a file."""

    model_config = ConfigDict(extra="forbid")

    ids: list[ProductId] = Field(min_length=1, max_length=MOST_IDS, description="Those of products, ours.")
    columns: Columns | None = None


PresetName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class PresetFilter(ProductQuery):
    """The filters of the list."""

    model_config = ConfigDict(extra="forbid")


class PresetBody(BaseModel):
    """An export under a name."""

    model_config = ConfigDict(extra="forbid")

    name: PresetName
    format: ExportFormat = ExportFormat.XLSX
    language: HeadingLanguage | None = Field(default=None, description=_LANGUAGE)
    columns: Columns | None = Field(default=None, description="In this order; without it: all.")
    filter: PresetFilter | None = Field(default=None, description="Without it, that of each export.")
    shared: bool = Field(default=False, description="Whether all users see it. Its owner and admins change it.")


class Preset(BaseModel):
    """An export under a name, as it is kept."""

    id: int
    name: str
    owner: str
    is_mine: bool = Field(description="Whether the caller may change it: its owner, or an admin where it is shared.")
    format: ExportFormat
    language: HeadingLanguage | None
    columns: list[ColumnName] | None
    filter: dict[str, Any] | None = Field(description="The parameters of the list that were given.")
    shared: bool
    updated_at: datetime


class PresetList(BaseModel):
    """One's own presets and the shared ones, by name."""

    presets: list[Preset]
