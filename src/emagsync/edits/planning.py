"""What an edit comes to, before it is kept: the same for one offer, a list, a file, and an undo."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from emagsync.edits.change_request import ChangeRequest, parse_change_request
from emagsync.edits.fields import RELATIVE, Key
from emagsync.edits.offer_snapshot import StoredOffer
from emagsync.edits.repository import Edit
from emagsync.edits.validation import Change, Objection, aim, doubts, effective, faults


class Effect(StrEnum):
    """What a wish comes to."""

    OK = "ok"
    UNCHANGED = "unchanged"  # eMAG has these values, and nothing else waits
    NEEDS_CONFIRMATION = "needs_confirmation"
    ERROR = "error"


@dataclass(frozen=True)
class Plan:
    """What a wish comes to: `changes` are those that are no news left out; `replaced` the edits that give way."""

    offer: StoredOffer
    version: str
    changes: tuple[Change, ...]
    replaced: tuple[Edit, ...]
    before: dict[Key, str | None]
    faults: tuple[Objection, ...]
    doubts: tuple[Objection, ...]
    confirmed: bool

    @property
    def effect(self) -> Effect:
        """In one word."""
        if self.faults:
            return Effect.ERROR
        if self.doubts and not self.confirmed:
            return Effect.NEEDS_CONFIRMATION
        return Effect.OK if self.changes or self.replaced else Effect.UNCHANGED

    def old(self, change: Change) -> str | None:
        """The value that the change replaces: eMAG's with the edits that waited."""
        return self.before.get(change.key)

    def new(self, change: Change) -> str:
        """The value that comes of it: a difference is taken of eMAG's."""
        return aim(change, self.offer.values.get(change.key))


def plan(
    offer: StoredOffer,
    edits: Sequence[Edit],
    wish: ChangeRequest,
    *,
    most_percent: int,
    vat_ids: Collection[int] = (),
) -> Plan:
    """What `wish` comes to for an offer whose edits that wait are `edits`."""
    before = effective(offer.values, [change_of(edit) for edit in edits])
    asked, objections = parse_change_request(wish, offer.values, before)
    if wish.currency is not None and wish.currency.upper() != offer.currency:
        message = f"the offer's currency is {offer.currency}, not {wish.currency}"
        objections.append(Objection("currency", "other_currency", message))
    if offer.is_removed:
        objections.append(Objection("emag_id", "offer_removed", "eMAG does not know this offer any more"))
    waiting = {edit.key: edit for edit in edits}
    keys = {change.key for change in asked}
    # A difference is of what eMAG has, and a second one adds to the first.
    summed = [_summed(change, waiting.get(change.key)) for change in asked]
    kept = [change for change in summed if _is_news(change, waiting.get(change.key), offer)]
    replaced = [waiting[change.key] for change in summed if _gives_way(change, waiting.get(change.key))]
    others = [change_of(edit) for edit in edits if edit.key not in keys]
    after = effective(offer.values, [*others, *summed])
    return Plan(
        offer=offer,
        version=version_of(offer.fingerprint, edits),
        changes=tuple(kept),
        replaced=tuple(replaced),
        before=before,
        faults=(*objections, *faults(before, after, keys)),
        doubts=tuple(doubts(offer.values, kept, currency=offer.currency, most_percent=most_percent, vat_ids=vat_ids)),
        confirmed=wish.confirm,
    )


def change_of(edit: Edit) -> Change:
    """The change that an edit asks for."""
    return Change(edit.field, edit.warehouse_id, edit.kind, edit.value)


def version_of(fingerprint: str, edits: Iterable[Edit]) -> str:
    """Another one whenever the offer's content or its edits that wait are others: 32 hex characters."""
    parts = sorted((edit.id, edit.state.value, edit.base, edit.value) for edit in edits)
    if not parts:
        return fingerprint
    return hashlib.blake2b(fingerprint.encode() + orjson.dumps(parts), digest_size=16).hexdigest()


def token_of(plans: Iterable[Plan]) -> str:
    """Stands for exactly what a preview showed: the offers as they were, and what would come of them."""
    digest = hashlib.blake2b(digest_size=16)
    for one in plans:
        digest.update(orjson.dumps([one.offer.id, one.version, [list(change) for change in one.changes]]))
    return digest.hexdigest()


def _summed(change: Change, waiting: Edit | None) -> Change:
    if waiting is None or change.kind != RELATIVE or waiting.kind != RELATIVE:
        return change
    return change._replace(value=f"{int(change.value) + int(waiting.value):+d}")


def _is_news(change: Change, waiting: Edit | None, offer: StoredOffer) -> bool:
    """Whether it asks for something that neither eMAG nor the edit that waits has."""
    if waiting is not None and (waiting.kind, waiting.value) == (change.kind, change.value):
        return False
    if waiting is not None and offer.is_sent:
        # What it takes back may be on eMAG already.
        return True
    if change.kind == RELATIVE:
        return int(change.value) != 0
    return change.value != offer.values.get(change.key)


def _gives_way(change: Change, waiting: Edit | None) -> bool:
    return waiting is not None and (waiting.kind, waiting.value) != (change.kind, change.value)
