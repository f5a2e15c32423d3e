"""Which offers of the local copy, and in what order: the same filter for lists, exports and counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from emagsync.db.search_index import Search, search_for
from emagsync.offers.change_kinds import ChangeKind


class SortKey(StrEnum):
    """What a list may be sorted by; ties come by account and eMAG id, offers without a value last."""

    RELEVANCE = "relevance"  # first what the search names exactly: an SKU, a PNK, an EAN; within that as `account`
    ACCOUNT = "account"  # account, then eMAG id
    EMAG_ID = "emag_id"
    PART_NUMBER = "part_number"
    NAME = "name"  # in any case, with or without diacritics
    PRICE = "sale_price"  # by currency first: prices of different currencies are in no order
    STOCK = "stock"
    CREATED = "created_at"
    UPDATED = "updated_at"
    SYNCED = "last_synced_at"


@dataclass(frozen=True)
class Order:
    """The order of a list. `descending` reverses all of it, ties included, but leaves offers without a value last."""

    key: SortKey = SortKey.ACCOUNT
    descending: bool = False

    def reversed(self) -> Order:
        """The other direction."""
        return Order(self.key, descending=not self.descending)


@dataclass(frozen=True)
class ChangeFilter:
    """Offers by what happened to them: one of `kinds` (none: anything), from `since` on and before `until`, in the run
    or push `run_id`. `reason`: of those that became unsellable, a code of why.

    Of opposite kinds, an offer has the one that happened last within these bounds (`change_kinds.OPPOSITES`).
    """

    kinds: tuple[ChangeKind, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    run_id: str | None = None
    reason: str | None = None


class BuyButton(StrEnum):
    """Who has the buy button of an offer's product: this offer, another one, or eMAG does not say."""

    OURS = "ours"
    OTHERS = "others"
    UNKNOWN = "unknown"


class Hints(NamedTuple):
    """What is known of a selection and makes it quicker to read; the offers that it finds are the same without.

    `few_unseen`: few offers were not seen since `seen_before`. `eans_are_kept`: the tables of EANs are up to date.
    `many_match`: many offers are found, so that the first ones are soon met in order.
    """

    few_unseen: bool = False
    eans_are_kept: bool = False
    many_match: bool = False


NO_HINTS: Final = Hints()
_IN_FACETS: Final = (
    *("statuses", "sellable", "min_stock", "max_stock", "validation_statuses", "currencies", "changed_since"),
    *("reasons", "buy_buttons", "price_outside_limits", "brands", "category_ids", "vat_ids"),
    *("min_price", "max_price", "min_rank", "max_rank"),
)


@dataclass(frozen=True)
class OfferFilter:
    """A selection of offers: those that match everything that is given.

    `accounts`: none for all. `ids` are ours. `search` is words that are in the name, part number, part number key,
    EANs and brand, whole or in part, in any order and any case, with or without diacritics and punctuation.
    `statuses`: 0 inactive, 1 active, 2 end of life. `currencies`: what its prices are in. `changed_since`: content
    changed then or later.

    `reasons`: one of these codes keeps it from sale. `price_outside_limits`: whether the price is below the offer's own
    minimum or above its maximum. `seen_before`: no run has seen it since. `same_ean`: another offer of the account has
    one of its EANs too. `min_rank` and `max_rank`: the place for the buy button, 1 has it.
    """

    accounts: tuple[str, ...] = ()
    search: str | None = None
    statuses: tuple[int, ...] = ()
    sellable: bool | None = None
    max_stock: int | None = None
    include_removed: bool = False
    validation_statuses: tuple[int, ...] = ()
    currencies: tuple[str, ...] = ()
    changed_since: datetime | None = None
    emag_ids: tuple[int, ...] = ()
    ids: tuple[int, ...] = ()
    changes: ChangeFilter | None = None
    min_stock: int | None = None
    reasons: tuple[str, ...] = ()
    buy_buttons: tuple[BuyButton, ...] = ()
    price_outside_limits: bool | None = None
    seen_before: datetime | None = None
    has_image: bool | None = None
    same_ean: bool = False
    brands: tuple[str, ...] = ()
    category_ids: tuple[int, ...] = ()
    vat_ids: tuple[int, ...] = ()
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_rank: int | None = None
    max_rank: int | None = None
    hints: Hints = NO_HINTS

    @cached_property  # it is looked at several times, and to fold a text takes long
    def searched(self) -> Search | None:
        """What is searched for; None for nothing in particular."""
        return search_for((self.search or "").encode("utf-8", "replace").decode())  # half a character finds nothing

    def is_nothing_but(self, *fields: str) -> bool:
        """Whether no other filter is given than these, accounts apart; removed offers may be left out."""
        return all(
            one.name in (*fields, "accounts", "include_removed", "hints") or getattr(self, one.name) == one.default
            for one in dataclass_fields(self)
        )

    @property
    def is_by_facets(self) -> bool:
        """Whether the index of what lists filter by (`tables.FACETS`) has all that the selection looks at."""
        return self.is_nothing_but(*_IN_FACETS)

    @property
    def is_nothing_but_changes(self) -> bool:
        """Whether only accounts and what happened are given, and removed offers are among those found."""
        return self.changes is not None and replace(self, changes=None, accounts=()) == OfferFilter(
            include_removed=True, hints=self.hints
        )

    @property
    def is_nothing_but_search(self) -> bool:
        """Whether no other filter is given; removed offers may be left out."""
        return replace(self, search=None, include_removed=False) == OfferFilter()
