"""The shapes of the run routes. Names, defaults and ranges are fixed: existing scripts send and read them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from emagsync.core import account_names
from emagsync.core.edit_rules import ConflictStrategy
from emagsync.core.settings import LONGEST_RUN_SECONDS
from emagsync.core.vocabulary import OfAccount, RequestModel
from emagsync.sync.ledger import PageRead
from emagsync.sync.run.progress import is_foreseeable
from emagsync.sync.schemas import (
    Difference,
    FailedRequest,
    Mode,
    Phase,
    Run,
    RunError,
    RunParameters,
    RunStatus,
    Selection,
    Trouble,
)

# eMAG's ids are 1..16777215 (its documentation, product_offer); room is left, because production had larger ones.
EmagId = Annotated[int, Field(ge=1, le=2**53)]
Words = Annotated[str, Field(min_length=1, max_length=255)]
AccountName = Annotated[
    account_names.AccountName,
    Field(description="`main`, `fbe`, any configured account, or `both` or `all`."),
]


class SelectionRequest(RequestModel):
    """What a selective run reads."""

    ids: list[EmagId] = Field(default_factory=list, max_length=1000)
    part_numbers: list[Words] = Field(default_factory=list, max_length=1000)
    part_number_keys: list[Words] = Field(default_factory=list, max_length=1000)
    validation_status: int | None = Field(default=None, ge=0, le=1000)
    max_stock: int | None = Field(default=None, ge=0, le=65_535)
    status: int | None = Field(default=None, ge=0, le=2)
    offer_validation_status: int | None = Field(default=None, ge=0, le=1000)


class SyncRequest(RequestModel):
    """What to sync, and how."""

    account: AccountName = "both"
    mode: Mode = Mode.INCREMENTAL
    max_pages: int | None = Field(default=None, ge=1, le=1_000_000)
    items_per_page: int = Field(default=100, ge=1, le=100)
    include_inactive: bool = False
    conflict_strategy: ConflictStrategy | None = Field(
        default=None,
        description="Who wins where an offer was edited here and changed on eMAG, for fields without an owner; "
        "null: as EMAGSYNC_EDITS__CONFLICT_STRATEGY says.",
    )
    run_async: bool = Field(default=False, description="Answer at once (202) instead of when the runs have ended.")
    timeout_seconds: int = Field(default=600, ge=30, le=LONGEST_RUN_SECONDS, description="For each run as a whole.")
    selection: SelectionRequest | None = None
    dry_run: bool = Field(default=False, description="Report what would change, and change nothing.")
    skip_busy: bool = Field(default=False, description="Start the free accounts although another one is being synced.")

    @model_validator(mode="after")
    def _makes_sense(self) -> SyncRequest:
        self.parameters()
        return self

    def parameters(self) -> RunParameters:
        """What is asked of each run."""
        selection = Selection.model_validate(self.selection.model_dump()) if self.selection else Selection()
        return RunParameters(
            mode=self.mode,
            items_per_page=self.items_per_page,
            max_pages=self.max_pages,
            include_inactive=self.include_inactive,
            timeout_seconds=self.timeout_seconds,
            conflict_strategy=self.conflict_strategy,
            selection=None if selection.is_empty else selection,
            dry_run=self.dry_run,
        )


class RunView(OfAccount):
    """One run. Times are UTC; counts are offers; `duration_seconds` goes on growing while it runs."""

    id: str
    sync_id: str
    operation: str
    mode: Mode
    status: RunStatus
    started_at: datetime | None
    completed_at: datetime | None
    duration_seconds: float | None
    total_items: int | None
    processed_items: int
    created_items: int
    updated_items: int
    unchanged_items: int
    removed_items: int
    failed_items: int
    current_page: int
    total_pages: int | None
    percentage: float
    items_per_second: float | None
    eta_seconds: float | None
    api_requests_made: int
    rate_limit_hits: int
    attempt: int
    attempt_started_at: datetime | None = Field(
        description="When the last attempt began, from which its time limit counts; null before the first."
    )
    triggered_by: str
    heartbeat_at: datetime | None
    errors: list[RunError]
    error_count: int
    error_codes: dict[str, int] | None = Field(
        description="How many errors there were of each code, also of those that `errors` leaves out; null for a run "
        "of before this was counted."
    )
    phase: Phase | None
    pages_read: int
    wait_seconds: float
    dry_run: bool
    resumed_from: str | None
    created_at: datetime
    parameters: RunParameters
    trouble: Trouble


def run_view(run: Run, now: datetime) -> RunView:
    """The run as routes, events and webhooks show it."""
    active = not run.status.is_finished
    end = run.finished_at or (now if run.status is RunStatus.RUNNING else run.heartbeat_at)
    return RunView(
        id=run.id,
        sync_id=run.sync_id,
        account=run.account,
        operation=f"{run.mode}_sync",
        mode=run.mode,
        status=run.status,
        started_at=run.started_at,
        completed_at=run.finished_at,
        duration_seconds=_seconds(run.started_at, end),
        total_items=run.total_items,
        processed_items=run.processed,
        created_items=run.created,
        updated_items=run.updated,
        unchanged_items=run.unchanged,
        removed_items=run.removed,
        failed_items=run.failed,
        current_page=run.current_page,
        total_pages=run.total_pages,
        percentage=_percentage(run),
        items_per_second=run.items_per_second,
        eta_seconds=_eta(run) if active and is_foreseeable(run.phase, run.trouble.failing_since) else None,
        api_requests_made=run.requests,
        rate_limit_hits=run.rate_limit_hits,
        attempt=run.attempt,
        attempt_started_at=run.attempt_started_at,
        triggered_by=run.trigger,
        heartbeat_at=run.heartbeat_at,
        errors=list(run.errors),
        error_count=run.error_count,
        error_codes=run.error_codes,
        phase=run.phase if run.status is RunStatus.RUNNING else None,
        pages_read=run.pages_read,
        wait_seconds=round(run.wait_seconds, 3),
        dry_run=run.parameters.dry_run,
        resumed_from=run.resumed_from,
        created_at=run.created_at,
        parameters=run.parameters,
        trouble=run.trouble,
    )


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    return round(max((end - start).total_seconds(), 0.0), 3)


def _percentage(run: Run) -> float:
    # A partial run too has read all that it was to read.
    if run.status in (RunStatus.COMPLETED, RunStatus.PARTIAL):
        return 100.0
    done, total = (run.processed, run.total_items) if run.total_items else (run.pages_read, run.total_pages)
    return round(min(100.0 * done / total, 100.0), 1) if total else 0.0


def _eta(run: Run) -> float | None:
    if run.total_items is None or not run.items_per_second:
        return None
    return round(max(run.total_items - run.processed, 0) / run.items_per_second, 1)


class NotStarted(OfAccount):
    """An account that was asked for and left out, and why."""

    code: str
    message: str
    run_id: str | None = None


class AcceptedData(BaseModel):
    """The runs that were made."""

    runs: list[RunView]
    not_started: list[NotStarted]


class Accepted(BaseModel):
    """The runs go on by themselves."""

    status: Literal["accepted"] = "accepted"
    message: str
    sync_id: str
    data: AcceptedData


class FinishedData(BaseModel):
    """Sums over the runs, and each of them."""

    total_processed: int
    created: int
    updated: int
    unchanged: int
    removed: int
    failed: int
    errors: list[RunError]
    runs: list[RunView]
    not_started: list[NotStarted]
    differences: dict[str, list[Difference]] | None = Field(
        default=None, description="Dry runs: by run, the first offers that would change; GET /sync/{id} has them too."
    )


class Finished(BaseModel):
    """What came of the runs: `partial` when some of what was asked for is missing."""

    status: Literal["completed", "partial", "failed"]
    message: str
    sync_id: str
    data: FinishedData


class StatusView(BaseModel):
    """What runs now, in any process, and what ran last."""

    is_running: bool
    current_sync: RunView | None
    running: list[RunView]
    recent_syncs: list[RunView]


class HistoryData(BaseModel):
    """One page of the history, newest first; `next_cursor` is null on the last one."""

    syncs: list[RunView]
    count: int
    next_cursor: str | None


class HistoryView(BaseModel):
    """Runs, newest first."""

    status: Literal["success"] = "success"
    data: HistoryData


class PageView(BaseModel):
    """One page of a run's ledger. `status` is `stored` or `failed`; `items` and `rejected` are rows."""

    pass_number: int
    scope: str
    page: int
    size: int
    status: str
    items: int
    rejected: int
    attempts: int
    inherited: bool
    error: str | None
    started_at: datetime
    finished_at: datetime


def page_view(page: PageRead) -> PageView:
    """Without the ids."""
    return PageView.model_validate(page, from_attributes=True)


class DifferencesView(BaseModel):
    """What a dry run would have changed: how many offers are kept, and some of them by id."""

    count: int
    items: list[Difference]
    next_after: int | None


class UnreadOfferView(BaseModel):
    """An offer of the copy that a run should have read and did not."""

    product_id: int
    emag_id: int
    part_number: str | None
    name: str | None


class UnreadOffers(BaseModel):
    """How many there are, and some of them by eMAG's id."""

    count: int
    items: list[UnreadOfferView]


class RunDetail(RunView):
    """A run with its page ledger and its failed requests; `differences` is there for a dry run."""

    unread_offers: UnreadOffers | None = Field(
        default=None,
        description="Of a run that could not read parts of the list: offers of the copy that neither it nor a later "
        "run has seen. They were in those parts, or are gone. Offers that the copy does not have yet have no ids.",
    )

    pages: list[PageView]
    failed_requests: list[FailedRequest] = Field(
        description="The requests that failed, as far as they are kept: the first thousand, a few seconds after each."
    )
    differences: DifferencesView | None


class SyncData(BaseModel):
    """One sync: its runs, each with its ledger. `status` sums them up; it is `running` until all have ended, and
    `cancelled` when every run was."""

    sync_id: str
    status: Literal["running", "completed", "partial", "failed", "cancelled"]
    runs: list[RunDetail]


class SyncDetail(BaseModel):
    """One sync or run."""

    status: Literal["success"] = "success"
    data: SyncData


class StoppedData(BaseModel):
    """The runs that were stopped."""

    sync_id: str
    runs: list[RunView]


class Stopped(BaseModel):
    """They write nothing more."""

    status: Literal["cancelled"] = "cancelled"
    message: str
    data: StoppedData


class CleanedData(BaseModel):
    """The runs that were ended, by the id of their sync."""

    cleaned_count: int
    timeout_minutes: int
    sync_ids: list[str]
    run_ids: list[str]


class Cleaned(BaseModel):
    """What a clean-up ended."""

    status: Literal["success"] = "success"
    message: str
    data: CleanedData
