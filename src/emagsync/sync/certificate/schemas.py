"""The public shape of a run's certificate."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from emagsync.core.vocabulary import OfAccount
from emagsync.sync.schemas import Mode, RunStatus


class CertificateVerdict(StrEnum):
    """What a run proves about the copy."""

    COMPLETE = "complete"  # every offer of the list that was to be read is stored as eMAG showed it
    COMPLETE_WITH_UNREADABLE_ROWS = "complete_with_unreadable_rows"  # the same, but for rows that could not be stored
    PARTIAL_BY_REQUEST = "partial_by_request"  # what was asked for was done, and that was less than the whole list
    NOT_COMPLETE = "not_complete"  # something of what was asked for is missing, or not known


class CertificateReasonCode(StrEnum):
    """Why; the codes are stable. The first reasons of a certificate decide its verdict, the rest supports it."""

    # Not complete
    NOT_ENDED = "not_ended"
    CANCELLED = "cancelled"
    ENDED_EARLY = "ended_early"
    PAGES_UNREAD = "pages_unread"
    LIST_MOVED = "list_moved"
    OFFERS_UNANSWERED = "offers_unanswered"
    UNEXPLAINED = "unexplained"
    # Partial by request
    DRY_RUN = "dry_run"
    SELECTION = "selection"
    PAGE_LIMIT = "page_limit"
    # Complete but for rows
    ROWS_UNREADABLE = "rows_unreadable"
    UNKNOWN_KEPT = "unknown_kept"
    # Complete, and how that is known
    WHOLE_LIST = "whole_list"
    ACTIVE_ONLY = "active_only"
    STOOD_STILL = "stood_still"
    READINGS_AGREE = "readings_agree"
    COUNT_AGREES = "count_agrees"
    COUNT_DIFFERS = "count_differs"
    COUNT_MISSING = "count_missing"
    LOOKED_UP = "looked_up"
    CONFIRMED = "confirmed"
    RESUMED = "resumed"
    NO_EVIDENCE = "no_evidence"


ReasonValue = int | str | list[int]


class CertificateReason(BaseModel):
    """One reason: its code, the values in its sentence, and the sentence in English."""

    model_config = ConfigDict(frozen=True)

    code: CertificateReasonCode
    values: dict[str, ReasonValue]
    message: str


class ReadTotals(BaseModel):
    """What the page ledger says of one reading, or of all lists of a selection. `pages` are those with rows.

    A repeat is a row whose offer was on an earlier page or row of the same list; a hole is an empty page before a page
    with rows. Both show that the list moved while it was read.
    """

    model_config = ConfigDict(frozen=True)

    pages: int = 0
    inherited_pages: int = Field(default=0, description="Of these: read by the run that this one goes on from.")
    rows: int = 0
    distinct_offers: int = 0
    repeats: int = 0
    holes: int = 0
    unreadable_rows: int = Field(default=0, description="Rows without a usable id; those of `stored.failed` have one.")
    unread_pages: list[int] = Field(default_factory=list)
    first_read_at: datetime | None = None
    last_read_at: datetime | None = None


class ReadingView(ReadTotals):
    """One reading of the whole list. eMAG's counts are null where it gave none or nobody noted them."""

    number: int
    count_before: int | None
    count_after: int | None
    movements: list[str] | None = Field(
        description="What showed that the list moved: `repeated_row`, `hole`, `short_page`, `changed_tail`, "
        "`moved_meanwhile` (pages that were stored before an interruption). "
        "null: the reading did not come to its end, or nobody noted it."
    )
    found_new: bool | None = Field(description="Whether it saw an offer that no reading before it had seen.")


class LookedUp(BaseModel):
    """Offers that the list did not show, or that were named, and what became of them; counts of offers."""

    model_config = ConfigDict(frozen=True)

    listed: int = Field(description="Found in eMAG's lists of inactive offers.")
    asked: int = Field(description="Asked for by id.")
    found: int
    unknown: int = Field(description="eMAG does not know them.")
    unanswered: int
    confirmed: int = Field(default=0, description="Not asked for: another complete reading did not show them either.")


class StoredCounts(BaseModel):
    """What came of the offers that were read. In a dry run: what would have."""

    model_config = ConfigDict(frozen=True)

    processed: int
    created: int
    updated: int
    unchanged: int
    removed: int
    failed: int


class DigestState(StrEnum):
    """Whether there is a digest of the copy as the run left it."""

    MADE = "made"
    CHANGED_SINCE = "changed_since"  # nobody made one before the copy changed
    NONE = "none"  # the run stored nothing, or did not come to its end


class CopyView(BaseModel):
    """The account's copy when the run ended. Equal digests (`emagsync db digest`) mean equal copies."""

    model_config = ConfigDict(frozen=True)

    at: datetime | None
    offers: int | None = Field(description="Offers in the copy, without those marked removed.")
    digest: str | None
    digest_version: int | None = Field(description="Only digests of the same version can be compared.")
    digest_state: DigestState


class Certificate(OfAccount):
    """What one run read, counted, looked up and stored, and what that proves."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    sync_id: str
    mode: Mode
    status: RunStatus
    attempts: int
    resumed_from: str | None
    started_at: datetime | None
    completed_at: datetime | None
    verdict: CertificateVerdict
    reasons: list[CertificateReason]
    read: ReadTotals = Field(description="The last reading, or all lists of a selection.")
    readings: list[ReadingView]
    count_before: int | None = Field(description="The number of offers as eMAG said when the last reading began.")
    count_after: int | None = Field(description="The same, when every row of it had been read.")
    looked_up: LookedUp | None
    stored: StoredCounts
    copied: CopyView
