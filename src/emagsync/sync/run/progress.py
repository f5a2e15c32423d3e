"""What a run has done so far, in memory: the counts and errors that are written to its row with every page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from weakref import ref

from emagsync.core.clock import Clock
from emagsync.core.errors import EmagsyncError
from emagsync.marketplace import CallRecord
from emagsync.marketplace.request import CANCELLED, OK
from emagsync.marketplace.rows.parse import ParsedRow
from emagsync.offers.records import UpsertResult
from emagsync.sync.run.id_set import IdSet
from emagsync.sync.run_rows import KEPT_ERRORS, codes_text, errors_text
from emagsync.sync.schemas import FailedRequest, Phase, Progress, Run, RunError, RunErrorCode, RunStatus, Trouble

# Failed requests that are kept of a run; all of them are counted.
KEPT_FAILED_REQUESTS: Final = 1_000


@dataclass
class RunProgress:
    """The counts of one run. `created + updated + unchanged` is `processed`: an offer counts where it was first met."""

    run: Run
    started: float  # monotonic seconds at which this attempt began
    phase: Phase = Phase.STARTING
    total_items: int | None = None
    total_pages: int | None = None
    current_page: int = 0
    pages_read: int = 0
    passes: int = 0
    processed: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    requests: int = 0
    rate_limit_hits: int = 0
    wait_seconds: float = 0.0
    failed_requests: int = 0
    failing_since: datetime | None = None
    last_failure: str | None = None
    page_size: int | None = None  # offers that eMAG delivers at once, where that is fewer than was asked for
    seen: IdSet = field(init=False)
    _sets: list[ref[IdSet]] = field(default_factory=list)
    _rejections: list[RunError] = field(default_factory=list)
    _notes: list[RunError] = field(default_factory=list)
    _note_codes: Counter[str] = field(default_factory=Counter)
    _page_errors: dict[tuple[str, int], RunError] = field(default_factory=dict)
    _processed_before: int = 0
    _under_way: dict[object, float] = field(default_factory=dict)  # pages, and when they were asked for
    _not_noted: list[FailedRequest] = field(default_factory=list)
    _waited_until: float = 0.0  # seconds since 1970 up to which waiting has been counted

    def __post_init__(self) -> None:
        self.seen = self.new_set()

    @classmethod
    def of(cls, run: Run, started: float) -> RunProgress:
        """The progress that the run's row tells. Errors of pages are dropped: those pages are read again."""
        progress = cls(run, started)
        for name in _COUNTS:
            setattr(progress, name, getattr(run, name))
        for error in run.errors:
            if error.code == RunErrorCode.ROW_REJECTED:
                progress._rejections.append(error)
            elif error.code == RunErrorCode.FIELD_UNREADABLE:
                progress._notes.append(error)
        unreadable = str(RunErrorCode.FIELD_UNREADABLE)
        progress._note_codes[unreadable] = (run.error_codes or {}).get(unreadable, len(progress._notes))
        progress._processed_before = run.processed
        progress.failed_requests = run.trouble.failed_requests
        progress.last_failure = run.trouble.last_failure
        return progress

    def new_set(self) -> IdSet:
        """An empty set of ids that lives as long as the run at most."""
        ids = IdSet()
        self._sets.append(ref(ids))
        return ids

    def close(self) -> None:
        """The run has ended: its sets of ids give their memory back, megabytes each.

        An error that is kept keeps everything that was at work when it was raised, until the garbage collector comes.
        """
        for one in self._sets:
            ids = one()
            if ids is not None:
                ids.release()

    @property
    def errors(self) -> tuple[RunError, ...]:
        """Unreadable pages first, then rejected rows, then the rest; at most 50."""
        pages = [self._page_errors[key] for key in sorted(self._page_errors)]
        every = [*pages, *self._rejections, *self._notes]
        if len(every) > KEPT_ERRORS:
            # Why the run itself went wrong is kept in any case.
            own = [note for note in self._notes if _is_of_the_run(note)]
            others = [error for error in every if not _is_of_the_run(error)]
            every = [*others[: KEPT_ERRORS - len(own)], *own]
        return tuple(every[:KEPT_ERRORS])

    @property
    def error_count(self) -> int:
        """All errors, also those that are not kept."""
        return sum(self.error_codes.values())

    @property
    def error_codes(self) -> dict[str, int]:
        """How many of them there are of each code."""
        pages = Counter(str(error.code) for error in self._page_errors.values())
        # Adding counters drops what is 0.
        return dict(pages + self._note_codes + Counter({str(RunErrorCode.ROW_REJECTED): self.failed}))

    @property
    def unread_pages(self) -> list[int]:
        """The pages that could not be read, ascending."""
        return sorted(page for _, page in self._page_errors)

    def call(self, record: CallRecord) -> None:
        """A request was made. Requests wait for the limit side by side; a second in which several wait counts once."""
        self.requests += 1
        self.rate_limit_hits += record.status == HTTPStatus.TOO_MANY_REQUESTS
        granted = record.started_at.timestamp()
        since = max(granted - record.waited_seconds, self._waited_until)
        self.wait_seconds += max(granted - since, 0.0)
        self._waited_until = max(granted, self._waited_until)
        if record.outcome == OK:
            self.failing_since = None
        elif record.outcome != CANCELLED:
            self._request_failed(record)

    def _request_failed(self, record: CallRecord) -> None:
        self.failed_requests += 1
        self.failing_since = self.failing_since or record.started_at
        self.last_failure = record.outcome
        if self.failed_requests <= KEPT_FAILED_REQUESTS:
            failed = FailedRequest(
                number=self.failed_requests,
                started_at=record.started_at,
                seconds=record.seconds,
                code=record.outcome,
                page=record.filters.get("currentPage"),
                size=record.filters.get("itemsPerPage"),
            )
            self._not_noted.append(failed)

    @property
    def not_noted(self) -> Sequence[FailedRequest]:
        """Failed requests that the database does not have yet."""
        return tuple(self._not_noted)

    def noted(self, failed: Sequence[FailedRequest]) -> None:
        """The database has them."""
        last = failed[-1].number if failed else 0
        self._not_noted = [one for one in self._not_noted if one.number > last]

    @contextmanager
    def page_under_way(self, now: float) -> Iterator[None]:
        """A page is read during the block, retries and waits included. `now` is monotonic seconds."""
        one = object()
        self._under_way[one] = now
        try:
            yield
        finally:
            del self._under_way[one]

    def begin_pass(self, number: int) -> None:
        """A pass begins anew: what it rejects replaces what the one before rejected."""
        self.passes = number
        self.pages_read = 0
        self.failed = 0
        self._rejections.clear()

    def count(self, applied: UpsertResult) -> None:
        """Offers were stored. Each counts once a run, as what it was when it was first met."""
        for ids, name in ((applied.created, "created"), (applied.updated, "updated"), (applied.unchanged, "unchanged")):
            new = sum(map(self.seen.add, ids))
            setattr(self, name, getattr(self, name) + new)
            self.processed += new

    def reject(self, row: ParsedRow, at: datetime) -> None:
        """A row could not be stored."""
        self.failed += 1
        if len(self._rejections) < KEPT_ERRORS:
            who = "a row without a usable id" if row.emag_id is None else f"offer {row.emag_id}"
            was = "would not be" if self.run.parameters.dry_run else "was not"
            message = f"{who} {was} stored: {row.rejected}"
            self._rejections.append(
                RunError(code=RunErrorCode.ROW_REJECTED, message=message, at=at, emag_id=row.emag_id)
            )

    def remark(self, row: ParsedRow, at: datetime) -> None:
        """A row was stored without some fields that could not be read."""
        what = "; ".join(f"{remark.field}: {remark.reason}" for remark in row.remarks)
        was = "would be" if self.run.parameters.dry_run else "was"
        message = f"offer {row.emag_id} {was} stored without what could not be read: {what}"
        self.note(RunError(code=RunErrorCode.FIELD_UNREADABLE, message=message[:1000], at=at, emag_id=row.emag_id))

    def note(self, error: RunError) -> None:
        """An error of the run itself, or a remark about a row."""
        self._note_codes[str(error.code)] += 1
        if len(self._notes) < KEPT_ERRORS:
            self._notes.append(error)
        elif _is_of_the_run(error):
            self._notes[-1] = error

    def page_failed(self, scope: str, page: int, error: EmagsyncError, at: datetime) -> None:
        """A page could not be read, so far."""
        self._page_errors[scope, page] = RunError(code=error.code, message=f"page {page}: {error}", at=at, page=page)

    def page_read(self, scope: str, page: int) -> None:
        """The page could be read after all."""
        self._page_errors.pop((scope, page), None)

    def columns(self) -> dict[str, Any]:
        """The counts as columns of `sync_runs`."""
        values: dict[str, Any] = {name: getattr(self, name) for name in _COUNTS}
        return values | self.error_columns()

    def error_columns(self) -> dict[str, Any]:
        """The errors as columns: those that are kept, and how many there are."""
        return {
            "errors": errors_text(self.errors),
            "error_count": self.error_count,
            "error_codes": codes_text(self.error_codes),
        }

    def meters(self) -> dict[str, Any]:
        """The columns that also change between pages."""
        return {name: getattr(self, name) for name in _METERS}

    def pace(self, now: float) -> dict[str, Any]:
        """What the run is doing and how fast, as columns. `now` is monotonic seconds."""
        return {"phase": self.phase, "items_per_second": round(self._rate(now), 1)}

    def _rate(self, now: float) -> float:
        return (self.processed - self._processed_before) / max(now - self.started, 0.001)

    def snapshot(self, now: float) -> Progress:
        """The progress at this moment, for people to watch. `now` is monotonic seconds."""
        elapsed = max(now - self.started, 0.001)
        return Progress(
            run_id=self.run.id,
            account=self.run.account,
            status=RunStatus.RUNNING,
            phase=self.phase,
            pages_read=self.pages_read,
            total_pages=self.total_pages,
            processed=self.processed,
            total_items=self.total_items,
            created=self.created,
            updated=self.updated,
            unchanged=self.unchanged,
            removed=self.removed,
            failed=self.failed,
            errors=self.error_count,
            requests=self.requests,
            rate_limit_hits=self.rate_limit_hits,
            wait_seconds=round(self.wait_seconds, 3),
            elapsed_seconds=round(elapsed, 3),
            items_per_second=round(self._rate(now), 1),
            eta_seconds=self.seconds_left(now) if is_foreseeable(self.phase, self.failing_since) else None,
            trouble=Trouble(
                failed_requests=self.failed_requests,
                failing_since=self.failing_since,
                last_failure=self.last_failure,
                page_size=self.page_size,
                waiting_for_page=round(now - min(self._under_way.values()), 1) if self._under_way else None,
            ),
        )

    def seconds_left(self, now: float) -> float | None:
        """What the rest takes at the pace so far, should nothing else happen. `now` is monotonic seconds."""
        rate = self._rate(now)
        if self.total_items is None or rate <= 0:
            return None
        return round(max(self.total_items - self.processed, 0) / rate, 1)


def is_foreseeable(phase: Phase | None, failing_since: datetime | None) -> bool:
    """Whether the pace so far says when a run will end: not while eMAG fails, nor when offers are looked for."""
    return phase is Phase.READING and failing_since is None


class ProgressReport:
    """Tells a run's watcher, if it has one, how far the run is, whenever it is called.

    An object of its own, so that those who call it need not know the engine: a cycle between the engine and its parts
    would keep each run's sets of ids, megabytes, until the garbage collector comes by.
    """

    def __init__(self, progress: RunProgress, clock: Clock, watcher: Callable[[Progress], None] | None) -> None:
        self._progress = progress
        self._clock = clock
        self._watcher = watcher

    def __call__(self) -> None:
        """Report the progress of this moment."""
        if self._watcher is not None:
            self._watcher(self._progress.snapshot(self._clock.monotonic()))


def _is_of_the_run(error: RunError) -> bool:
    return error.page is None and error.emag_id is None and error.code != RunErrorCode.ROW_REJECTED


_METERS = (
    "requests",
    "rate_limit_hits",
    "wait_seconds",
    "failed_requests",
    "failing_since",
    "last_failure",
    "page_size",
)
_COUNTS = (
    "total_items",
    "total_pages",
    "current_page",
    "pages_read",
    "passes",
    "processed",
    "created",
    "updated",
    "unchanged",
    "removed",
    "failed",
    "requests",
    "rate_limit_hits",
    "wait_seconds",
)
