"""Edits and conflicts as values: the rows of their tables, what ends them, and what selects them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from emagsync.edits.fields import Key
from emagsync.edits.reasons import Reason
from emagsync.edits.states import ConflictState, EditSource, EditState, Resolution


class Edit(NamedTuple):
    """A row of `local_edits`: one value of an offer that somebody wants eMAG to have.

    `base` and `value` are canonical text; `base` None: eMAG had no value. `id` is 0 before the edit is stored.
    """

    id: int
    account: str
    emag_id: int
    field: str
    warehouse_id: int  # 0 where the field is not per warehouse
    kind: str  # absolute or relative
    base: str | None
    value: str
    confirmed: bool
    made_by: str
    made_at: datetime
    source: EditSource
    batch_id: str | None = None
    currency: str | None = None  # of a price; None also for prices of before it was kept
    needs_approval: bool = False  # by a person in the outbox, whatever the account's push setting is
    state: EditState = EditState.OPEN
    reason: Reason | None = None
    emag_changed_at: datetime | None = None  # when we first saw that eMAG's value is not the base any more
    closed_at: datetime | None = None
    closed_by_run: str | None = None
    closed_value: str | None = None
    remarks: str | None = None  # eMAG's, about a change that it took

    @property
    def key(self) -> Key:
        """Field and warehouse."""
        return self.field, self.warehouse_id

    def is_in(self, currency: str | None) -> bool:
        """Whether its values may be compared with those of an offer in this currency, and sent for it."""
        return self.currency is None or currency is None or self.currency == currency


class EditClosing(NamedTuple):
    """How edits end: the state, when, why, by which run or push, and what eMAG had then."""

    state: EditState
    at: datetime
    reason: Reason | None = None
    by_run: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class EditFilter:
    """A filter of edits; None or empty does not filter. `offers`: eMAG's ids by account; an empty one finds none."""

    account: str | None = None
    emag_id: int | None = None
    states: tuple[EditState, ...] = ()
    field: str | None = None
    batch_id: str | None = None
    offers: Mapping[str, Collection[int]] | None = None


class Conflict(NamedTuple):
    """A row of `conflicts`: an edit whose value eMAG changed too, from `base` to `emag`, or whose currency."""

    id: int
    account: str
    emag_id: int
    field: str
    warehouse_id: int
    edit_id: int
    base: str | None
    local: str
    emag: str | None
    currency: str | None  # of a price: what base and local are in
    emag_currency: str | None  # and what eMAG's value is in
    opened_at: datetime
    run_id: str | None
    state: ConflictState
    resolution: Resolution | None
    value: str | None
    resolved_by: str | None
    resolved_at: datetime | None

    @property
    def is_of_currency(self) -> bool:
        """Whether the two sides are in different currencies, so that the edit's number says nothing any more."""
        return None not in (self.currency, self.emag_currency) and self.currency != self.emag_currency


class ConflictEnding(NamedTuple):
    """How a conflict ends: the resolution, when, by whom (None: nobody), and the value that the field has then."""

    resolution: Resolution
    at: datetime
    by: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class ConflictFilter:
    """A filter of conflicts; None does not filter. `of_currency`: those between two currencies, or all others.
    `offers`: as of edits."""

    account: str | None = None
    emag_id: int | None = None
    field: str | None = None
    state: ConflictState | None = None
    of_currency: bool | None = None
    offers: Mapping[str, Collection[int]] | None = None
