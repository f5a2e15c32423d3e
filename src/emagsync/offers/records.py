"""Offers as they are read and stored, and the change log entries that they cause. No SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from emagsync.core import money
from emagsync.offers.value_lists import plain_list

# The field of the change log whose values are `created`, `removed` and `returned`.
LIFECYCLE = "lifecycle"

# The fields whose changes are logged: those that matter in business. Rank and competition change all day and are in the
# payload; `sellable` is here because a person asks why an offer stopped selling.
LOGGED_FIELDS = (
    "part_number",
    "part_number_key",
    "name",
    "brand",
    "eans",
    "category_id",
    "status",
    "sale_price",
    "recommended_price",
    "min_sale_price",
    "max_sale_price",
    "currency",
    "vat_id",
    "stock",
    "handling_time",
    "validation_status",
    "translation_validation_status",
    "offer_validation_status",
    "buy_button_rank",
    "best_offer_sale_price",
    "main_offer_price",
    "warranty",
    "sellable",
)


class OfferRecord(NamedTuple):
    """One offer as it is stored: the columns of `offers` by name, and its row as eMAG sent it (JSON in UTF-8).

    `rewrites_payload`: the row is stored although the content is the same, because it says more than the stored one.
    """

    emag_id: int
    part_number: str | None
    part_number_key: str | None
    name: str | None
    brand: str | None
    category_id: int | None
    status: int | None
    sale_price: Decimal | None
    recommended_price: Decimal | None
    min_sale_price: Decimal | None
    max_sale_price: Decimal | None
    currency: str
    currency_type: str | None
    vat_id: int | None
    stock: int
    estimated_stock: int | None
    handling_time: int | None
    validation_status: int | None
    translation_validation_status: int | None
    offer_validation_status: int | None
    buy_button_rank: int | None
    number_of_offers: int | None
    best_offer_sale_price: Decimal | None
    main_offer_price: Decimal | None
    ownership: int | None
    genius_eligibility: int | None
    genius_eligibility_type: int | None
    genius_computed: int | None
    warranty: int | None
    main_image: str | None
    eans: str  # as `value_lists.list_text` writes them
    sellable: bool
    not_sellable: str
    remarks: str | None
    fingerprint: str
    raw_digest: bytes
    payload: bytes
    rewrites_payload: bool = False


class UpsertResult(NamedTuple):
    """What storing some offers did: the ids that were new, that changed, and that were stored already."""

    created: tuple[int, ...]
    updated: tuple[int, ...]
    unchanged: tuple[int, ...]


class StoredOffer(NamedTuple):
    """What is stored of an offer, for deciding whether a row that was read is new.

    The digest of the row's bytes, the token of its content (fingerprint), whether it is marked removed, and the run
    that stored it if that run asked eMAG later than the caller did.
    """

    digest: bytes
    token: str
    is_removed: bool
    asked_later_by: str | None = None


class ChangeLogEntry(NamedTuple):
    """One row of the change log, without its `seq`. `old` and `new` as `as_text` writes them."""

    account: str
    emag_id: int
    field: str
    old: str | None
    new: str | None
    run_id: str | None
    at: datetime
    source: str


class Observation(NamedTuple):
    """Who read the offers, and when they are stored (`at`).

    `asked_at`: when eMAG was asked, where that is what counts as seen; else `at`. `is_first_copy`: the account's offers
    are copied for the first time, so none of them is news.
    """

    account: str
    run_id: str
    at: datetime
    source: str = "sync"
    asked_at: datetime | None = None
    is_first_copy: bool = False

    @property
    def seen_at(self) -> datetime:
        """What `last_seen_at` says."""
        return self.asked_at or self.at


class StoredRow(Protocol):
    """A stored offer: its fingerprint and when it was marked removed; LOGGED_FIELDS are further attributes."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def removed_at(self) -> datetime | None: ...


class Comparison(NamedTuple):
    """Offers that were read, by what is stored of them.

    `respelled` have the stored content in other bytes, or were read by a newer parser: nothing of them changed.
    """

    created: list[OfferRecord]
    updated: list[OfferRecord]
    respelled: list[OfferRecord]

    def result(self, same: Sequence[int]) -> UpsertResult:
        """What storing these offers does, and seeing those of `same` unchanged."""
        return UpsertResult(
            created=tuple(record.emag_id for record in self.created),
            updated=tuple(record.emag_id for record in self.updated),
            unchanged=(*same, *(record.emag_id for record in self.respelled)),
        )


def compare(read: Sequence[OfferRecord], stored: Mapping[int, StoredRow]) -> Comparison:
    """Sort the offers that were read by whether they are stored, and with the same content."""
    comparison = Comparison([], [], [])
    for record in read:
        before = stored.get(record.emag_id)
        if before is None:
            comparison.created.append(record)
        elif before.fingerprint == record.fingerprint:
            comparison.respelled.append(record)
        else:
            comparison.updated.append(record)
    return comparison


def logged_changes(
    observation: Observation, comparison: Comparison, stored: Mapping[int, StoredRow]
) -> list[ChangeLogEntry]:
    """The change log entries of these offers: which are new or returned, and every logged field that changed."""
    changes = _creations(observation, comparison.created)
    changes.extend(
        lifecycle(observation, record.emag_id, "removed", "returned")
        for record in (*comparison.updated, *comparison.respelled)
        if stored[record.emag_id].removed_at is not None
    )
    for record in comparison.updated:
        changes.extend(field_changes(observation, stored[record.emag_id], record))
    return changes


def _creations(observation: Observation, created: Sequence[OfferRecord]) -> list[ChangeLogEntry]:
    # As `lifecycle` of each, without its calls: a first copy logs nothing else, and this for every offer.
    account, run_id, at, source = observation.account, observation.run_id, observation.at, observation.source
    return [
        ChangeLogEntry(account, record.emag_id, LIFECYCLE, None, "created", run_id, at, source) for record in created
    ]


def field_changes(observation: Observation, before: StoredRow | None, record: OfferRecord) -> Iterator[ChangeLogEntry]:
    """One entry for each logged field whose value is not what it was; None before a new offer."""
    for field in LOGGED_FIELDS:
        old, new = getattr(before, field, None), getattr(record, field)
        if old != new:
            yield _entry(observation, record.emag_id, field, _logged(field, old), _logged(field, new))


def lifecycle(observation: Observation, emag_id: int, old: str | None, new: str) -> ChangeLogEntry:
    """The entry for an offer that was created, removed or returned."""
    return _entry(observation, emag_id, LIFECYCLE, old, new)


def _entry(observation: Observation, emag_id: int, field: str, old: str | None, new: str | None) -> ChangeLogEntry:
    at, run_id, source = observation.at, observation.run_id, observation.source
    return ChangeLogEntry(observation.account, emag_id, field, old, new, run_id, at, source)


def _logged(field: str, value: Any) -> str | None:
    return plain_list(value) if field == "eans" and value is not None else as_text(value)


def as_text(value: Any) -> str | None:
    """A value as the change log writes it: amounts with four decimals, truth as `true` or `false`."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return money.text(value)
    return str(value)
