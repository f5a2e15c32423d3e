"""Three-way merge of one edit with the value that eMAG has. Pure.

`base` is what eMAG had when the edit was made, `local` what the person wants, `emag` what eMAG has now. Unchanged on
one side: the other wins. The same on both: settled. Changed on both: the strategy decides. eMAG tells no time of
change for offers, so `newest_wins` compares the edit with the moment when we first saw eMAG's change.

Stock that was sold meanwhile is a difference to apply, not a conflict: a relative edit is added to whatever eMAG has,
and an absolute one goes down by what eMAG's stock went down. A stock that went up was set by somebody, or came back
from an order, which nobody can tell apart: there the strategy decides.

A price that was wanted in one currency, where the offer has another by now, is a conflict whatever the strategy: no two
of the three numbers can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from emagsync.core.edit_rules import ConflictStrategy, Owner
from emagsync.edits.fields import RELATIVE, STOCK
from emagsync.edits.model import Edit
from emagsync.edits.states import EditState

_OF_OWNER: Final[Mapping[Owner, ConflictStrategy]] = {
    "local": ConflictStrategy.LOCAL_PRIORITY,
    "emag": ConflictStrategy.EMAG_PRIORITY,
}


@dataclass(frozen=True)
class Rules:
    """Who wins in one account: a field's owner, for the other fields the strategy."""

    strategy: ConflictStrategy = ConflictStrategy.EMAG_PRIORITY
    owners: Mapping[str, Owner] = field(default_factory=dict)

    def strategy_for(self, name: str) -> ConflictStrategy:
        """The strategy that decides about a field."""
        owner = self.owners.get(name)
        return self.strategy if owner is None else _OF_OWNER[owner]


class MergeOutcome(StrEnum):
    """What becomes of the edit."""

    KEPT = "kept"  # still wanted, against the same base
    MOVED = "moved"  # still wanted; eMAG's new value is its base now
    SETTLED = "settled"  # eMAG has the value already
    LOST = "lost"  # eMAG's value wins
    CONFLICT = "conflict"  # a person decides


class Merged(NamedTuple):
    """The outcome, and the edit's base, value and time of eMAG's change as they are then."""

    outcome: MergeOutcome
    base: str | None
    value: str
    emag_changed_at: datetime | None


def merge(
    edit: Edit, emag: str | None, strategy: ConflictStrategy, *, read_at: datetime, currency: str | None = None
) -> Merged:
    """Merge an edit with `emag`, eMAG's value in an answer that was asked for at `read_at`; `currency` is the offer's
    in that answer."""
    if edit.kind == RELATIVE:
        # Its difference holds whatever eMAG has; only what was sent and seen ends it.
        return Merged(MergeOutcome.KEPT, edit.base, edit.value, None)
    if not edit.is_in(currency):
        return _other_currency(edit, read_at)
    if emag == edit.value:
        return Merged(MergeOutcome.SETTLED, edit.base, edit.value, edit.emag_changed_at)
    if emag == edit.base:
        return Merged(MergeOutcome.KEPT, edit.base, edit.value, None)
    changed_at = edit.emag_changed_at or read_at
    if edit.made_at >= read_at:
        return _undecided(edit, changed_at)
    sold = _sold(edit, emag)
    if sold:
        return _after_sale(edit, emag, sold)
    if _in_conflict(edit) or strategy is ConflictStrategy.MANUAL:
        return Merged(MergeOutcome.CONFLICT, edit.base, edit.value, changed_at)
    if _local_wins(edit, strategy, changed_at):
        return Merged(MergeOutcome.MOVED, emag, edit.value, None)
    return Merged(MergeOutcome.LOST, edit.base, edit.value, changed_at)


def _undecided(edit: Edit, changed_at: datetime) -> Merged:
    """The answer may be older than what the edit was based on: the next one decides."""
    outcome = MergeOutcome.CONFLICT if _in_conflict(edit) else MergeOutcome.KEPT
    return Merged(outcome, edit.base, edit.value, changed_at)


def _other_currency(edit: Edit, read_at: datetime) -> Merged:
    """The numbers on both sides mean different amounts: only a person can tell which one is meant now."""
    changed_at = edit.emag_changed_at or read_at
    if edit.made_at >= read_at:
        return _undecided(edit, changed_at)
    return Merged(MergeOutcome.CONFLICT, edit.base, edit.value, changed_at)


def _in_conflict(edit: Edit) -> bool:
    return edit.state is EditState.CONFLICT


def _local_wins(edit: Edit, strategy: ConflictStrategy, changed_at: datetime) -> bool:
    if strategy is ConflictStrategy.NEWEST_WINS:
        return edit.made_at > changed_at
    return strategy is ConflictStrategy.LOCAL_PRIORITY


def _sold(edit: Edit, emag: str | None) -> int:
    """How many pieces eMAG's stock went down by, if this is about stock."""
    if edit.field != STOCK or edit.base is None or emag is None:
        return 0
    return max(int(edit.base) - int(emag), 0)


def _after_sale(edit: Edit, emag: str | None, sold: int) -> Merged:
    value = str(max(int(edit.value) - sold, 0))
    outcome = MergeOutcome.SETTLED if value == emag else MergeOutcome.MOVED
    return Merged(outcome, emag, value, None)
