"""What names an offer exactly: eMAG's id in its account, or a part number, PNK or EAN that it alone has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from emagsync.core.vocabulary import QueryModel, RequestModel
from emagsync.db.engine import Database
from emagsync.offers.code_repository import CodeKind, NamedOffer, named_offers, offers_with
from emagsync.offers.finding import offer_by_code
from emagsync.offers.product_parameters import AccountName, accounts_of

# The most offers that are read by one call.
MOST_KEYS: Final = 500
_LARGEST: Final = 2**53
_CODES: Final = tuple(kind.value for kind in CodeKind)

EmagId = Annotated[int, Field(ge=1, le=_LARGEST, description="eMAG's id: the seller's own, unique in the account.")]
Code = Annotated[str, Field(min_length=1, max_length=255)]


class OfferCode(QueryModel):
    """One offer by one of its codes, which has to be exact."""

    account: AccountName | None = Field(default=None, description="Only of it; needed where several have the code.")
    part_number: Code | None = Field(default=None, description="The seller's own number of the product (SKU).")
    part_number_key: Code | None = Field(default=None, description="eMAG's number of the product page (PNK).")
    ean: Code | None = None

    @model_validator(mode="after")
    def _is_one(self) -> OfferCode:
        if sum(getattr(self, name) is not None for name in _CODES) != 1:
            raise ValueError(f"name the offer by exactly one of {', '.join(_CODES)}")
        return self

    @property
    def kind(self) -> CodeKind:
        """Which code is given."""
        return next(kind for kind in CodeKind if getattr(self, kind.value) is not None)

    @property
    def code(self) -> str:
        """The code."""
        return str(getattr(self, self.kind.value))

    async def find(self, database: Database) -> NamedOffer:
        """The one offer with this code. Raises NoOfferWithCode, and SeveralOffers, which names those that have it."""
        return await offer_by_code(database, self.kind, self.code, accounts_of(self.account))


class OfferKey(RequestModel):
    """An offer by `account` and `emag_id`, or by one of its codes."""

    account: AccountName | None = Field(default=None, description="Needed with `emag_id`.")
    emag_id: EmagId | None = None
    part_number: Code | None = None
    part_number_key: Code | None = None
    ean: Code | None = None

    @model_validator(mode="after")
    def _is_one(self) -> OfferKey:
        names = ("emag_id", *_CODES)
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"name the offer by exactly one of {', '.join(names)}")
        return self


class OfferKeys(RequestModel):
    """Offers to read."""

    account: AccountName | None = Field(default=None, description="Of the keys that name none.")
    keys: list[OfferKey] = Field(min_length=1, max_length=MOST_KEYS)

    @model_validator(mode="after")
    def _ids_have_accounts(self) -> OfferKeys:
        for number, key in enumerate(self.keys):
            if key.emag_id is not None and len(accounts_of(key.account or self.account)) != 1:
                raise ValueError(f"keys.{number}: an emag_id is unique in its account only: give `account`")
        return self


async def matches_of(connection: AsyncConnection, asked: OfferKeys) -> list[Sequence[NamedOffer]]:
    """For each of the keys, in their order, the offers that it names: none, one, or of a code several."""
    by_field: dict[tuple[str, tuple[str, ...]], list[str | int]] = defaultdict(list)
    named = [_field_and_value(key, asked.account) for key in asked.keys]
    for field, accounts, value in named:
        by_field[field, accounts].append(value)
    found: dict[tuple[str, tuple[str, ...], str | int], Sequence[NamedOffer]] = {}
    for (field, accounts), values in by_field.items():
        matches: Mapping[Any, Sequence[NamedOffer]]
        if field == "emag_id":
            matches = await named_offers(connection, accounts[0], [int(value) for value in values])
        else:
            matches = await offers_with(connection, CodeKind(field), [str(value) for value in values], accounts)
        found |= {(field, accounts, value): offers for value, offers in matches.items()}
    return [found.get(key, ()) for key in named]


def _field_and_value(key: OfferKey, usual_account: str | None) -> tuple[str, tuple[str, ...], str | int]:
    field = next(name for name in ("emag_id", *_CODES) if getattr(key, name) is not None)
    return field, accounts_of(key.account or usual_account), getattr(key, field)
