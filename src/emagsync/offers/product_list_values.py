"""The values of products as lists show them: many at a time, without a model or a dictionary for each step.

What `product_schemas.product_values` makes of one offer, of which a test makes sure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from emagsync.core import money
from emagsync.core.older_names import OLDER_WORDS
from emagsync.offers.product_schemas import (
    COMPUTED_FROM,
    PRODUCT_FIELDS,
    OfferEdits,
    Product,
    is_active,
    status_name,
    sync_status,
)
from emagsync.offers.reference_data import References
from emagsync.offers.value_lists import read_lists

_READ: Final = tuple(PRODUCT_FIELDS)
_place: Final = _READ.index
_ACCOUNT, _EMAG_ID, _PRICE = _place("account"), _place("emag_id"), _place("sale_price")
_VAT_ID, _CATEGORY, _EANS, _REASONS = _place("vat_id"), _place("category_id"), _place("eans"), _place("not_sellable")
_STATUS, _REMOVED_AT, _SEEN_AT, _VERSION = (
    *(_place("status_code"), _place("removed_at")),
    *(_place("last_synced_at"), _place("version")),
)
# What is made of a row, in the order in which `_of_row` makes it: the amounts as texts first.
_AMOUNTS: Final = (
    *("sale_price", "recommended_price", "min_sale_price", "max_sale_price"),
    *("best_offer_sale_price", "main_offer_price"),
)
_amounts_of: Final = itemgetter(*map(_place, _AMOUNTS))
_MADE: Final = (*_AMOUNTS, "eans", "not_sellable", "version", *COMPUTED_FROM)
# Where each is; what is made counts, where a row has a value of that name too.
_SOURCES: Final = {name: index for index, name in enumerate((*_READ, *_MADE))}
_SHOWN: Final = {**{name: name for name in Product.model_fields}, **{old: new for new, old in OLDER_WORDS.items()}}
_NAMES: Final = tuple(_SHOWN)
_in_order: Final = itemgetter(*(_SOURCES[source] for source in _SHOWN.values()))

Pending = Mapping[tuple[str, int], OfferEdits]


def listed_values(
    rows: Sequence[Sequence[Any]], pending: Pending, now: datetime, known: References
) -> list[dict[str, Any]]:
    """The values of a `Product` of each row, which begins with those of PRODUCT_FIELDS; amounts as texts."""
    eans = read_lists(row[_EANS] for row in rows)
    return [_of_row(row, each, pending, now, known) for row, each in zip(rows, eans, strict=True)]


def _of_row(row: Sequence[Any], eans: list[str], pending: Pending, now: datetime, known: References) -> dict[str, Any]:
    account, price, vat_id, removed_at = row[_ACCOUNT], row[_PRICE], row[_VAT_ID], row[_REMOVED_AT]
    edits = pending.get((account, row[_EMAG_ID])) if pending else None
    rate = None if vat_id is None else known.vat_rates.get((account, vat_id))
    made = (
        # `money.text` of each: those of the database have four places (`db.types.Money`).
        *[None if amount is None else str(amount) for amount in _amounts_of(row)],
        eans,
        row[_REASONS].split(),
        row[_VERSION] if edits is None else edits.version,
        is_active(row[_STATUS], removed_at),
        status_name(row[_STATUS]),
        sync_status(removed_at, row[_SEEN_AT], now, edits),
        [] if edits is None else edits.pending,
        None if edits is None else edits.effective,
        money.text(rate),
        None if rate is None or price is None else money.text(money.with_vat(price, rate)),
        known.categories.get((account, row[_CATEGORY])),
    )
    return dict(zip(_NAMES, _in_order((*row[: len(_READ)], *made)), strict=True))
