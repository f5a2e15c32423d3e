"""Works out what a change request does to an offer, before anything is stored. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from emagsync.edits.change_request import ChangeRequest, parse_change_request
from emagsync.edits.fields import RELATIVE, Key, Values
from emagsync.edits.model import Edit
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.validation import FieldChange, Issue, doubts, effective, faults, target_of
from emagsync.marketplace.platforms import VatRates


class Effect(StrEnum):
    """The overall effect of a change request."""

    OK = "ok"
    UNCHANGED = "unchanged"  # eMAG, or an edit that waits, has these values already
    NEEDS_CONFIRMATION = "needs_confirmation"
    ERROR = "error"


@dataclass(frozen=True)
class Plan:
    """What a change request does to an offer.

    `changes` are the changes without no-ops, `replaced` the waiting edits that these replace, `before` the offer's
    values with all its waiting edits, `faults` what eMAG would refuse, and `doubts` what looks like a mistake.
    `is_unseen`: it was hidden in its file, which needs a yes of its own.
    """

    offer: StoredOffer
    version: str
    changes: tuple[FieldChange, ...]
    replaced: tuple[Edit, ...]
    before: dict[Key, str | None]
    faults: tuple[Issue, ...]
    doubts: tuple[Issue, ...]
    confirmed: bool
    is_unseen: bool = False

    @property
    def effect(self) -> Effect:
        """The overall effect."""
        if self.faults:
            return Effect.ERROR
        if self.is_unseen or (self.doubts and not self.confirmed):
            return Effect.NEEDS_CONFIRMATION
        return Effect.OK if self.changes or self.replaced else Effect.UNCHANGED

    def old(self, change: FieldChange) -> str | None:
        """The value that the change replaces: eMAG's, or that of an edit that waits."""
        return self.before.get(change.key)

    def new(self, change: FieldChange) -> str:
        """The value that the change leads to; a difference is added to eMAG's value."""
        return target_of(change, self.offer.values.get(change.key))


def plan(
    offer: StoredOffer,
    edits: Sequence[Edit],
    request: ChangeRequest,
    *,
    most_percent: int,
    vat: Sequence[VatRates] = (),
    vat_ids: Collection[int] = (),
) -> Plan:
    """What `request` does to an offer whose waiting edits are `edits`.

    `most_percent` is how much a price may change without being doubted; `vat` is that of the account's country, that in
    force first; `vat_ids` are those of the account's offers.
    """
    # An edit in another currency says nothing about a price in this one.
    comparable = [edit for edit in edits if edit.is_in(offer.currency)]
    before = effective(offer.values, [change_of(edit) for edit in comparable])
    asked, issues = parse_change_request(request, offer.values, before)
    if request.currency is not None and request.currency.upper() != offer.currency:
        message = f"the offer's currency is {offer.currency}, not {request.currency}"
        issues.append(Issue("currency", "other_currency", message))
    if offer.is_removed and (asked or issues):
        issues.append(Issue("emag_id", "offer_removed", "eMAG does not know this offer any more"))
    waiting = {edit.key: edit for edit in edits}
    keys = {change.key for change in asked}
    # A difference applies to what eMAG has, so a second one adds to the first.
    summed = [_summed(change, waiting.get(change.key)) for change in asked]
    effective_changes = [change for change in summed if _changes_something(change, waiting.get(change.key), offer)]
    replaced = [waiting[change.key] for change in summed if _replaces(change, waiting.get(change.key), offer)]
    others = [change_of(edit) for edit in comparable if edit.key not in keys]
    after = effective(offer.values, [*others, *summed])
    # What is asked for and is so already is not to blame for what eMAG has.
    touched = {key for key in keys if after.get(key) != before.get(key)}
    return Plan(
        offer=offer,
        version=version_of(offer.fingerprint, edits),
        changes=tuple(effective_changes),
        replaced=tuple(replaced),
        before=before,
        faults=(*issues, *faults(before, after, touched)),
        doubts=(
            *(request.doubts if effective_changes or replaced else ()),
            *_overtaken(request, effective_changes, before),
            *doubts(offer.values, effective_changes, most_percent=most_percent, vat=vat, vat_ids=vat_ids),
        ),
        confirmed=request.confirm,
        is_unseen=request.is_unseen and bool(effective_changes or replaced),
    )


def _overtaken(request: ChangeRequest, changes: Sequence[FieldChange], before: Values) -> Iterable[Issue]:
    """Values that were exported, changed elsewhere since, and are changed now by who knows the old one only."""
    for change in changes:
        exported, now = request.exported.get(change.field), before.get(change.key)
        if exported is not None and change.kind != RELATIVE and exported != (now or ""):
            message = f"it was {exported or 'empty'} when it was exported, and is {now} now"
            values = {"exported": exported, "now": now or ""}
            yield Issue(change.field, "changed_since_export", message, values)


def change_of(edit: Edit) -> FieldChange:
    """The change that a stored edit stands for."""
    return FieldChange(edit.field, edit.warehouse_id, edit.kind, edit.value)


def version_of(fingerprint: str, edits: Iterable[Edit]) -> str:
    """32 hex characters that differ whenever the offer's content or its waiting edits do."""
    parts = sorted((edit.id, edit.state.value, edit.base, edit.value) for edit in edits)
    if not parts:
        return fingerprint
    return hashlib.blake2b(fingerprint.encode() + orjson.dumps(parts), digest_size=16).hexdigest()


def token_of(plans: Iterable[Plan]) -> str:
    """A hash of exactly what a preview showed: the offers as they were, and the changes to them."""
    digest = hashlib.blake2b(digest_size=16)
    for one in plans:
        digest.update(orjson.dumps([one.offer.id, one.version, [list(change) for change in one.changes]]))
    return digest.hexdigest()


def _summed(change: FieldChange, waiting: Edit | None) -> FieldChange:
    if waiting is None or change.kind != RELATIVE or waiting.kind != RELATIVE:
        return change
    return change._replace(value=f"{int(change.value) + int(waiting.value):+d}")


def _changes_something(change: FieldChange, waiting: Edit | None, offer: StoredOffer) -> bool:
    """Whether the change leads to a value that neither eMAG nor the waiting edit has."""
    if _is_wanted(change, waiting, offer):
        return False
    if waiting is not None and offer.is_sent:
        # The edit that it takes back may have reached eMAG already.
        return True
    if change.kind == RELATIVE:
        return int(change.value) != 0
    return change.value != offer.values.get(change.key)


def _replaces(change: FieldChange, waiting: Edit | None, offer: StoredOffer) -> bool:
    return waiting is not None and not _is_wanted(change, waiting, offer)


def _is_wanted(change: FieldChange, waiting: Edit | None, offer: StoredOffer) -> bool:
    """Whether the waiting edit asks for the very same, in the same currency."""
    if waiting is None or not waiting.is_in(offer.currency):
        return False
    return (waiting.kind, waiting.value) == (change.kind, change.value)
