"""The public shapes of a run: what was asked, how far it is, what came of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from emagsync.core.edit_rules import ConflictStrategy
from emagsync.core.settings import LONGEST_RUN_SECONDS
from emagsync.offers.change_kinds import ChangeKind


class Mode(StrEnum):
    """`full` reads every status and finds removed offers; `incremental` the active ones; `selective` what is named."""

    FULL = "full"
    INCREMENTAL = "incremental"
    SELECTIVE = "selective"


class RunStatus(StrEnum):
    """Where a run is in its life; `queued`, `running` and `interrupted` hold the account."""

    QUEUED = "queued"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.INTERRUPTED)


_FILTERS = ("validation_status", "max_stock", "status", "offer_validation_status")


class Selection(BaseModel):
    """What a selective run reads: the union of the named offers, or the lists that eMAG can filter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: tuple[int, ...] = ()
    part_numbers: tuple[str, ...] = ()
    part_number_keys: tuple[str, ...] = ()
    validation_status: int | None = Field(default=None, ge=0)
    max_stock: int | None = Field(default=None, ge=0)
    status: int | None = Field(default=None, ge=0, le=2)
    offer_validation_status: int | None = Field(default=None, ge=0)

    @property
    def is_filtered(self) -> bool:
        """Whether it names a list by eMAG's filters, which all apply together."""
        return self.without_filters() != self

    def without_filters(self) -> Selection:
        """Only the offers that it names."""
        return self.model_copy(update=dict.fromkeys(_FILTERS))

    @property
    def is_empty(self) -> bool:
        """Whether it names nothing at all."""
        return self == Selection()


class RunParameters(BaseModel):
    """What was asked of a run. Two runs with equal parameters read the same pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Mode.INCREMENTAL
    items_per_page: int = Field(default=100, ge=1, le=100)
    max_pages: int | None = Field(default=None, ge=1)
    include_inactive: bool = False
    timeout_seconds: int = Field(default=600, ge=1, le=LONGEST_RUN_SECONDS)
    conflict_strategy: ConflictStrategy | None = None  # None: as the settings say
    selection: Selection | None = None
    dry_run: bool = False
    preview_of: str | None = None  # the dry run that this run applies

    @model_validator(mode="after")
    def _selection_belongs_to_selective(self) -> RunParameters:
        selected = self.selection is not None and not self.selection.is_empty
        if self.mode is Mode.SELECTIVE and not selected:
            raise ValueError("a selective run needs a selection: ids, part numbers, part number keys, ...")
        if self.mode is not Mode.SELECTIVE and selected:
            raise ValueError(f"a selection belongs to mode selective, not {self.mode}")
        return self

    @property
    def reads_every_status(self) -> bool:
        """`full` always does; `incremental` when asked."""
        return self.mode is Mode.FULL or self.include_inactive


class RunErrorCode(StrEnum):
    """The codes of errors that only runs have; the others are those of the error classes."""

    ROW_REJECTED = "row_rejected"  # a row was not stored
    FIELD_UNREADABLE = "field_unreadable"  # a row was stored without some of its fields
    OFFER_NOT_KNOWN = "offer_not_known"  # eMAG does not know an offer that a selective run was to read
    PAGES_UNREAD = "pages_unread"  # pages could not be read
    CATALOGUE_MOVING = "catalogue_moving"  # the list never stood still: which of its offers are missing is not known
    ACCOUNT_DOWN = "account_down"  # eMAG kept failing for the account
    TIMEOUT = "timeout"  # the run took longer than it was allowed
    STUCK = "stuck"  # the run was cleaned up
    INTERRUPTED = "interrupted"  # the run was abandoned for another one
    INTERRUPTED_TOO_OFTEN = "interrupted_too_often"
    INTERNAL = "internal"  # a defect of emagsync


class RunError(BaseModel):
    """One thing that went wrong, kept with the run. At most 50 are kept; the run counts the rest."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    at: datetime
    page: int | None = None
    emag_id: int | None = None
    # The numbers in the message, for whoever says it in other words: `{"page_size": 25, ...}`.
    values: dict[str, float] | None = None


class Phase(StrEnum):
    """What a running run is doing."""

    STARTING = "starting"
    READING = "reading"
    VERIFYING = "verifying"  # the catalogue moved while it was read: reading it again
    RECONCILING = "reconciling"  # asking eMAG for the offers that were not seen
    PROBING = "probing"  # eMAG fails for this account: waiting for it to come back
    FINISHED = "finished"


class Trouble(BaseModel):
    """What a run has met of failures and slowness, of its requests rather than of what it stored.

    `failing_since` is when the first of the requests failed that have failed since one succeeded, `last_failure` the
    code of the last one. `page_size` is how many offers eMAG delivers at once, where that is fewer than was asked for.
    `waiting_for_page` are the seconds since the page was asked for that has been on its way for longest, which only
    the process knows that executes the run.
    """

    model_config = ConfigDict(frozen=True)

    failed_requests: int = 0
    failing_since: datetime | None = None
    last_failure: str | None = None
    page_size: int | None = None
    waiting_for_page: float | None = None


class FailedRequest(BaseModel):
    """One request of a run that failed: the `number`-th of them. `page` of pages of `size`, where it was for one."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    number: int
    started_at: datetime
    seconds: float
    code: str
    page: int | None = None
    size: int | None = None


class Run(BaseModel):
    """One run as its row says. Times are aware UTC; counts are offers unless the name says otherwise."""

    model_config = ConfigDict(frozen=True)

    id: str
    sync_id: str
    account: str
    mode: Mode
    parameters: RunParameters
    status: RunStatus
    trigger: str
    attempt: int
    fence: int
    worker: str | None
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None
    resumed_from: str | None
    total_items: int | None
    total_pages: int | None
    current_page: int
    pages_read: int
    passes: int
    processed: int
    created: int
    updated: int
    unchanged: int
    removed: int
    failed: int
    requests: int
    rate_limit_hits: int
    wait_seconds: float
    errors: tuple[RunError, ...]
    error_count: int
    # How many there were of each code, also of those that are not kept. None: a run of before this was counted.
    error_codes: dict[str, int] | None = None
    attempt_started_at: datetime | None = None
    phase: Phase | None = None
    items_per_second: float | None = None
    # The counts that it began with, when it goes on from another run: `{"created": 3, ...}`.
    inherited: dict[str, int] | None = None
    trouble: Trouble = Trouble()


class DifferenceKind(StrEnum):
    """What a dry run would have done to an offer."""

    CREATED = "created"
    UPDATED = "updated"
    REMOVED = "removed"


class Difference(BaseModel):
    """What a dry run would have changed of one offer: `{field: (old, new)}`, as text, amounts with four decimals.

    An update whose `fields` are empty differs only in what the change log does not follow, such as the description.
    """

    model_config = ConfigDict(frozen=True)

    emag_id: int
    kind: DifferenceKind
    fields: dict[str, tuple[str | None, str | None]]
    kinds: tuple[ChangeKind, ...] = ()


class Progress(BaseModel):
    """A running run at one moment, for people to watch. Rates are per second since the attempt began."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    account: str
    status: RunStatus
    phase: Phase
    pages_read: int
    total_pages: int | None
    processed: int
    total_items: int | None
    created: int
    updated: int
    unchanged: int
    removed: int
    failed: int
    errors: int
    requests: int
    rate_limit_hits: int
    wait_seconds: float
    elapsed_seconds: float
    items_per_second: float
    eta_seconds: float | None
    trouble: Trouble = Trouble()
