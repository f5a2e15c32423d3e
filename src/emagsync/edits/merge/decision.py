"""Decides what happens to open edits when values of their offers were read; writes nothing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from emagsync.edits.fields import CURRENCY, Values
from emagsync.edits.merge.three_way import Merged, MergeOutcome, Rules, merge
from emagsync.edits.model import ConflictEnding, Edit, EditClosing
from emagsync.edits.reasons import Reason, ReasonCode
from emagsync.edits.states import EditState, Resolution


class Reading(NamedTuple):
    """A reading of offers: the run or push that made it, when it asked eMAG, and when the result is written."""

    account: str
    source_id: str
    read_at: datetime
    at: datetime


class MergeDecision(NamedTuple):
    """The decision about one edit, the value that eMAG has, and the currency of the offer."""

    edit: Edit
    merged: Merged
    emag: str | None
    currency: str | None = None

    @property
    def changes_edit(self) -> bool:
        """Whether anything about the edit is to be written."""
        edit, merged = self.edit, self.merged
        same = (merged.base, merged.value, merged.emag_changed_at) == (edit.base, edit.value, edit.emag_changed_at)
        in_conflict = edit.state is EditState.CONFLICT
        return not (same and merged.outcome is MergeOutcome.KEPT and not in_conflict)

    @property
    def reason(self) -> Reason | None:
        """Why the edit ended, or what the merge changed; None where there is nothing new to say."""
        base, emag, outcome = self.edit.base, self.emag, self.merged.outcome
        if outcome is MergeOutcome.LOST:
            return Reason.of(ReasonCode.CHANGED_MEANWHILE, base=base, emag=emag)
        if outcome is MergeOutcome.SETTLED:
            return Reason.of(ReasonCode.ALREADY, emag=emag)
        if outcome is MergeOutcome.CONFLICT and not self.edit.is_in(self.currency):
            return Reason.of(ReasonCode.OTHER_CURRENCY, was=self.edit.currency, now=self.currency)
        if outcome is not MergeOutcome.MOVED:
            return None
        if self.merged.value == self.edit.value:
            return Reason.of(ReasonCode.EDIT_STANDS, base=base, emag=emag)
        left = self.merged.value
        return Reason.of(ReasonCode.TAKEN_OFF, base=base, emag=emag, value=self.edit.value, left=left)


_CLOSED_AS: Final[Mapping[MergeOutcome, EditState]] = {
    MergeOutcome.SETTLED: EditState.SETTLED,
    MergeOutcome.LOST: EditState.LOST,
}
_RESOLVED_AS: Final[Mapping[MergeOutcome, Resolution]] = {
    MergeOutcome.SETTLED: Resolution.SETTLED,
    MergeOutcome.KEPT: Resolution.REVERTED,
    MergeOutcome.MOVED: Resolution.MERGED,
    MergeOutcome.LOST: Resolution.EMAG,
}


def decide(
    reading: Reading,
    edits: Sequence[Edit],
    values: Mapping[int, Values],
    rules: Rules,
    *,
    in_flight: Collection[int] = (),
    is_held: bool = False,
) -> list[MergeDecision]:
    """What becomes of `edits` by the `values` that were read, by eMAG's id of the offer.

    Edits of offers that were not read are left out, and of those `in_flight`: what was sent for them may have changed
    eMAG's values, so their push decides. `is_held`: the brake holds the account's edits.
    """
    decisions: list[MergeDecision] = []
    for edit in edits:
        if edit.emag_id in in_flight or edit.emag_id not in values:
            continue
        read = values[edit.emag_id]
        emag, currency = read.get(edit.key), read.get(CURRENCY)
        merged = merge(edit, emag, rules.strategy_for(edit.field), read_at=reading.read_at, currency=currency)
        # That the currency is another one is beyond doubt, and asks a person in any case.
        if is_held and edit.is_in(currency):
            merged = _while_held(edit, merged, reading)
        decisions.append(MergeDecision(edit, merged, emag, currency))
    return decisions


def edit_closing(decision: MergeDecision, reading: Reading) -> EditClosing | None:
    """How the edit ends; None where it still waits."""
    state = _CLOSED_AS.get(decision.merged.outcome)
    if state is None:
        return None
    return EditClosing(state, reading.at, decision.reason, reading.source_id, decision.emag)


def conflict_ending(decision: MergeDecision, reading: Reading) -> ConflictEnding | None:
    """How the edit's open conflict ends; None where it has none, or goes on."""
    if decision.edit.state is not EditState.CONFLICT or decision.merged.outcome is MergeOutcome.CONFLICT:
        return None
    return ConflictEnding(_RESOLVED_AS[decision.merged.outcome], reading.at, value=decision.emag)


def _while_held(edit: Edit, merged: Merged, reading: Reading) -> Merged:
    """Only what is beyond doubt is decided; that eMAG's value changed, and when, is noted."""
    if merged.outcome in (MergeOutcome.SETTLED, MergeOutcome.KEPT):
        return merged
    outcome = MergeOutcome.CONFLICT if edit.state is EditState.CONFLICT else MergeOutcome.KEPT
    return Merged(outcome, edit.base, edit.value, edit.emag_changed_at or reading.read_at)
