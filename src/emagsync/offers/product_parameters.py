"""Query and path parameters of the product routes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from starlette.requests import Request

from emagsync.core import account_names
from emagsync.core.older_names import newer_word
from emagsync.core.vocabulary import QueryModel
from emagsync.offers.change_kinds import ChangeKind
from emagsync.offers.explanations import Language
from emagsync.offers.product_schemas import STATUS_NUMBERS, StatusName
from emagsync.offers.selection import BuyButton, ChangeFilter, OfferFilter, Order, SortKey
from emagsync.rest.paging import MOST_ROWS
from emagsync.rest.query_reader import QueryReader
from emagsync.rest.refused_values import refusal_of
from emagsync.rest.timestamps import UtcTimestamp
from emagsync.rest.unknown_names import name_nearest

_LARGEST = 2**53  # what every JSON reader still takes for a whole number
# Of a cursor: it has all that a list is sorted by, such as the searchable text of an offer.
LONGEST_PLACE = 8_000
_DEFAULT_LANGUAGE: Language = "en"
_LANGUAGES: dict[str, Language] = {"ro": "ro", "en": "en", "bg": "bg", "hu": "hu"}

SortName = Literal[
    "relevance", "account", "-account", "emag_id", "-emag_id", "part_number", "-part_number", "name", "-name",
    "sale_price", "-sale_price", "stock", "-stock", "created_at", "-created_at", "updated_at", "-updated_at",
    "last_synced_at", "-last_synced_at",
]  # fmt: skip
AccountName = Annotated[
    account_names.AccountName,
    Field(
        description="`main`, `fbe` or any other account; `both` is these two, `all` is every account.",
    ),
]


ProductId = Annotated[int, Field(ge=1, le=_LARGEST, description="The product's `id`, which is ours.")]
Place = Annotated[int, Field(ge=0, le=_LARGEST)]


PriceBound = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]


class ProductQuery(QueryModel):
    """The filters that lists and exports share: a product must match all that are given."""

    account: AccountName | None = None
    emag_id: list[Annotated[int, Field(ge=0, le=_LARGEST)]] | None = Field(
        default=None, max_length=100, description="eMAG's id; repeat it for more than one."
    )
    search: str | None = Field(
        default=None,
        max_length=200,
        description="Words, or parts of them, that are in the name, part number, PNK, EANs or brand: in any order and "
        "any case, with or without diacritics and punctuation.",
    )
    status: list[StatusName] | None = Field(default=None, max_length=3, description="Repeat it for more than one.")
    sellable: bool | None = None
    stock_max: int | None = Field(default=None, ge=0, le=_LARGEST, description="At most this stock.")
    validation_status: list[Annotated[int, Field(ge=0, le=1000)]] | None = Field(
        default=None, max_length=20, description="eMAG's number; repeat it for more than one."
    )
    category_id: list[Annotated[int, Field(ge=0, le=_LARGEST)]] | None = Field(
        default=None, max_length=100, description="An older name of `category`."
    )
    currency: list[Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")]] | None = Field(
        default=None,
        max_length=20,
        description="Only offers whose prices are in it, such as `EUR`; repeat it for more than one.",
    )
    changed_since: UtcTimestamp | None = None
    stock_min: int | None = Field(default=None, ge=0, le=_LARGEST, description="At least this stock.")
    reason: list[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]] | None = Field(
        default=None, max_length=50, description="A code of `not_sellable`; repeat it for more than one."
    )
    buy_button: list[BuyButton] | None = Field(
        default=None,
        max_length=3,
        description="`ours`: it has the buy button; `others`: another offer has it; `unknown`: eMAG does not say.",
    )
    price_outside_limits: bool | None = Field(
        default=None, description="Whether its price is below its minimum or above its maximum."
    )
    seen_before: UtcTimestamp | None = Field(default=None, description="No run has seen it since.")
    has_image: bool | None = None
    same_ean: bool = Field(default=False, description="Another offer of the account has one of its EANs too.")
    brand: list[Annotated[str, Field(max_length=255)]] | None = Field(
        default=None, max_length=100, description="Exactly this brand; repeat it for more than one."
    )
    category: list[Annotated[int, Field(ge=0, le=_LARGEST)]] | None = Field(
        default=None, max_length=100, description="eMAG's category; repeat it for more than one."
    )
    vat_id: list[Annotated[int, Field(ge=0, le=_LARGEST)]] | None = Field(
        default=None, max_length=20, description="eMAG's VAT rate; repeat it for more than one."
    )
    price_min: PriceBound | None = Field(default=None, description="At least this price, without VAT.")
    price_max: PriceBound | None = Field(default=None, description="At most this price, without VAT.")
    buy_button_rank_min: int | None = Field(
        default=None, ge=1, le=_LARGEST, description="At best this place for the buy button; 1 has it."
    )
    buy_button_rank_max: int | None = Field(
        default=None, ge=1, le=_LARGEST, description="At worst this place for the buy button."
    )
    include_removed: bool = Field(default=False, description="Also offers that eMAG does not know any more.")
    change: list[ChangeKind] | None = Field(
        default=None,
        max_length=len(ChangeKind),
        description="Offers to which this happened; repeat it for more than one. Removed offers are among them.",
    )
    change_since: UtcTimestamp | None = Field(default=None, description="What happened then or later; with a zone.")
    change_until: UtcTimestamp | None = Field(default=None, description="What happened before then.")
    change_run: str | None = Field(default=None, max_length=36, description="What this run or push brought.")
    change_reason: str | None = Field(
        default=None, max_length=64, description="With `change=unsellable`: a code of `not_sellable`, as it was then."
    )

    @field_validator("category_id", "currency", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        """The bodies of older callers have one value as it is."""
        return [value] if isinstance(value, int | str) else value

    def changes(self) -> ChangeFilter | None:
        """What happened to the offers, if that is asked for."""
        found = ChangeFilter(
            kinds=tuple(sorted(set(self.change or ()))),
            since=self.change_since,
            until=self.change_until,
            run_id=self.change_run,
            reason=self.change_reason,
        )
        return None if found == ChangeFilter() else found

    def filter(self) -> OfferFilter:
        """These parameters as a filter."""
        return OfferFilter(
            accounts=accounts_of(self.account),
            emag_ids=tuple(sorted(set(self.emag_id or ()))),
            search=self.search,
            statuses=tuple(sorted({STATUS_NUMBERS[name] for name in self.status or ()})),
            sellable=self.sellable,
            max_stock=self.stock_max,
            include_removed=self.include_removed or self.changes() is not None,
            validation_statuses=tuple(sorted(set(self.validation_status or ()))),
            currencies=tuple(sorted({currency.upper() for currency in self.currency or ()})),
            changed_since=self.changed_since,
            changes=self.changes(),
            min_stock=self.stock_min,
            reasons=tuple(sorted(set(self.reason or ()))),
            buy_buttons=tuple(sorted(set(self.buy_button or ()))),
            price_outside_limits=self.price_outside_limits,
            seen_before=self.seen_before,
            has_image=self.has_image,
            same_ean=self.same_ean,
            brands=tuple(sorted(set(self.brand or ()))),
            category_ids=tuple(sorted({*(self.category or ()), *(self.category_id or ())})),
            vat_ids=tuple(sorted(set(self.vat_id or ()))),
            min_price=self.price_min,
            max_price=self.price_max,
            min_rank=self.buy_button_rank_min,
            max_rank=self.buy_button_rank_max,
        )


class OfferSelection(ProductQuery):
    """Which offers, by the filters of the list. Unknown names are refused: they would select everything."""

    model_config = ConfigDict(extra="forbid")


def selection_filter(values: Mapping[str, Any], place: str) -> OfferFilter:
    """The filter that a selection in JSON stands for. Raises a 422 problem that names what is wrong with it at `place`,
    such as `changes.selection`."""
    try:
        return OfferSelection.model_validate(values).filter()
    except ValidationError as error:
        found = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        named = name_nearest(found, OfferSelection)
        raise refusal_of({**one, "loc": ("body", place, *one["loc"][1:])} for one in named) from error


class ProductListQuery(ProductQuery):
    """A page of a selection, in order."""

    skip: int = Field(default=0, ge=0, le=_LARGEST)
    after: str | None = Field(
        default=None,
        max_length=LONGEST_PLACE,
        description="`next_cursor` of the page before, in place of `skip` and with the same filters and `sort`: what "
        "stays where it is comes once, whatever is inserted or moves meanwhile.",
    )
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)
    sort: Annotated[SortName, BeforeValidator(newer_word)] = Field(
        default="relevance",
        description="`-` reverses it; `account` is by account and `emag_id`, `sale_price` by currency and then price: "
        "amounts of different currencies are in no order. `relevance` begins with the offers whose SKU, PNK or EAN is "
        "exactly what is searched for, and goes on as `account`. The older words `sku`, `price` and "
        "`stock_quantity` are still taken.",
    )

    def order(self) -> Order:
        """The `sort` parameter as an order."""
        return Order(SortKey(self.sort.removeprefix("-")), descending=self.sort.startswith("-"))


class FacetQuery(QueryModel):
    """Which values of a filter."""

    account: AccountName | None = None
    search: str = Field(default="", max_length=200, description="Words that are in the value or in what it is called.")
    value: list[Annotated[str, Field(max_length=255)]] | None = Field(
        default=None, max_length=100, description="Values to tell of first, whatever is searched for; repeat it."
    )
    limit: int = Field(default=50, ge=1, le=MOST_ROWS)


ListQuery = Annotated[ProductListQuery, Depends(QueryReader(ProductListQuery))]


def accounts_of(account: str | None) -> tuple[str, ...]:
    """The accounts that an `account` names; none for all of them."""
    name = (account or "all").lower()
    if name == "all":
        return ()
    return ("fbe", "main") if name == "both" else (name,)


LanguageParameter = Annotated[
    Language | None, Query(description="The language of explanations; else `Accept-Language`, else English.")
]


def accepted_language(request: Request) -> Language:
    """The language that the caller accepts, else English."""
    return _accepted(request.headers.get("accept-language", ""))


def _accepted(header: str) -> Language:
    """The language that `Accept-Language` ranks highest of those we have."""
    best: tuple[float, Language] = (0.0, _DEFAULT_LANGUAGE)
    for part in header.split(","):
        tag, _, weight = part.partition(";")
        language = _LANGUAGES.get(tag.strip().lower().partition("-")[0])
        if language is not None and _weight(weight) > best[0]:
            best = (_weight(weight), language)
    return best[1]


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
