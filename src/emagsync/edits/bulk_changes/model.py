"""Bulk changes as values: their states, and what the tables hold of them. Pure.

    previewing ── ready ── applying ── applied
         │          │          │
         └──────────┴── discarded ── withdrawing (from applying)

`failed` ends a preview that broke, and a change that was taken up again and again without coming further. One that is
`applying` or `withdrawing` is taken up by whichever process looks next after a kill, and none of its edits is sent
before all of it is kept (`push.outbox_repository`). What a failed one has kept waits until somebody stops it, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from emagsync.edits.planning import Effect
from emagsync.edits.push.schemas import Alarm
from emagsync.edits.reasons import Reason


class BulkKind(StrEnum):
    """What a bulk change is of."""

    SELECTION = "selection"  # all that a filter finds
    UNDO = "undo"  # what a batch of edits, or a push, has changed


class BulkState(StrEnum):
    """Where a bulk change is. The last three are final."""

    PREVIEWING = "previewing"
    READY = "ready"  # to be applied, or discarded
    APPLYING = "applying"
    WITHDRAWING = "withdrawing"  # somebody stopped it: what was kept so far is taken back
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


WORKING: Final = (BulkState.PREVIEWING, BulkState.APPLYING, BulkState.WITHDRAWING)


class BulkOutcome(StrEnum):
    """What became of a row that was to be kept."""

    KEPT = "kept"
    CHANGED_SINCE = "changed_since"  # the offer or its edits are not what was previewed: left as they are


AlarmsByAccount = Mapping[str, Counter[Alarm]]


@dataclass(frozen=True)
class BulkChange:
    """A row of `bulk_changes`.

    `asked` is the request as JSON, `found` how many offers it is about (None: they are still being gathered),
    `position` the last row that the state has dealt with, `counts` the rows by effect. `fence` is that of the process
    that works on it, `attempts` how often it was taken up since it came further, `reason` why it was given up.
    """

    id: int
    kind: BulkKind
    asked: Mapping[str, Any]
    batch_id: str
    state: BulkState
    made_by: str
    made_at: datetime
    found: int | None
    position: int
    counts: Mapping[Effect, int]
    alarms: AlarmsByAccount
    confirm: bool
    kept: int
    changed_since: int
    came_since: int | None
    applied_by: str | None
    finished_at: datetime | None
    has_rows: bool
    fence: int
    attempts: int
    reason: Reason | None

    def count(self, effect: Effect) -> int:
        """How many rows have this effect."""
        return self.counts.get(effect, 0)

    @property
    def has_kept(self) -> bool:
        """Whether its rows up to its position were kept, where they were to be."""
        return self.state in (BulkState.APPLYING, BulkState.APPLIED) or (
            self.state is BulkState.FAILED and self.kept > 0
        )

    @property
    def kept_effects(self) -> tuple[Effect, ...]:
        """The effects of the rows that are kept."""
        return (Effect.OK, Effect.NEEDS_CONFIRMATION) if self.confirm else (Effect.OK,)


class ChangeRow(NamedTuple):
    """A row of `bulk_change_rows`: what the change comes to for one offer.

    `changes` are values of `ChangeView`, `problems` errors and doubts by these names.
    """

    row: int
    account: str
    emag_id: int
    effect: Effect | None = None
    version: str | None = None
    changes: Sequence[Mapping[str, Any]] = ()
    problems: Mapping[str, Sequence[Mapping[str, Any]]] | None = None
    outcome: BulkOutcome | None = None
