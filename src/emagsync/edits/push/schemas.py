"""What is kept of a push, and of what the brake stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from emagsync.edits.reasons import ReasonView


class PushStatus(StrEnum):
    """How a push ended, if it has. `held`: the brake stopped it; `partial`: not everything was applied."""

    RUNNING = "running"
    COMPLETED = "completed"
    PARTIAL = "partial"
    HELD = "held"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Push(BaseModel):
    """One push: the sending of an account's edits, and reading them back. `counts`: its outbox lines by state."""

    model_config = ConfigDict(frozen=True)

    id: str
    account: str
    trigger: str
    status: PushStatus
    counts: Mapping[str, int]
    created_at: datetime
    finished_at: datetime | None
    error: str | None
    why: ReasonView | None = Field(description="The error for programs.", json_schema_extra={"readOnly": True})


class HoldKind(StrEnum):
    """What the brake holds: the sending of a push, or, after a sync, the merging and sending of the account's edits."""

    PUSH = "push"
    SYNC = "sync"


class HoldState(StrEnum):
    """Whether a person has decided. A refused hold of a sync stays in force until it is released."""

    WAITING = "waiting"
    RELEASED = "released"
    REFUSED = "refused"


class Alarm(StrEnum):
    """What the brake counts, the gravest first."""

    DEACTIVATED = "deactivated"
    ZEROED = "zeroed"
    REPRICED = "repriced"


class Hold(BaseModel):
    """What the brake stopped. `counts`: offers repriced, zeroed and deactivated; `most` would have been let through.

    `recalculated` among them are offers that were not counted: eMAG recalculates the prices that are kept in another
    currency at the start of each month.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    account: str
    kind: str
    source_id: str | None
    reason: str
    counts: Mapping[str, int]
    most: int
    state: str
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
