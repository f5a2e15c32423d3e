"""What a run proves about the copy, and why. Pure.

The verdict never says more than the run's own status: only a run that is `completed` and stored what it read can be
complete. It may say less, because the ledger is looked at once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from emagsync.sync.certificate.ledger_summary import LedgerSummary
from emagsync.sync.certificate.schemas import (
    CertificateReason,
    CertificateReasonCode,
    CertificateVerdict,
    ReadTotals,
)
from emagsync.sync.certificate.sentences import reason
from emagsync.sync.run.evidence import Evidence, LookUps, Proof, Reading
from emagsync.sync.schemas import Mode, Run, RunError, RunErrorCode, RunStatus

Code = CertificateReasonCode

# Errors of which nothing of the list is missing, or that have a reason of their own.
_OF_ROWS = frozenset({RunErrorCode.ROW_REJECTED, RunErrorCode.FIELD_UNREADABLE, RunErrorCode.OFFER_NOT_KNOWN})
_HAVE_REASONS = frozenset({RunErrorCode.PAGES_UNREAD, RunErrorCode.CATALOGUE_MOVING})


class Conclusion(NamedTuple):
    """The verdict, and its reasons: those that decide it first."""

    verdict: CertificateVerdict
    reasons: tuple[CertificateReason, ...]


def conclude(run: Run, ledger: LedgerSummary, evidence: Evidence | None) -> Conclusion:
    """`evidence` is None of a run that noted nothing."""
    facts = _Facts(run, ledger, evidence)
    if not run.status.is_finished:
        return Conclusion(CertificateVerdict.NOT_COMPLETE, (reason(Code.NOT_ENDED, status=run.status.value),))
    missing = list(facts.what_is_missing())
    requested = list(facts.what_was_left_out())
    rows = list(facts.which_rows_are_missing())
    if not missing and _must_be_explained(run, evidence, left_out=bool(requested or rows)):
        missing = [reason(Code.UNEXPLAINED, status=run.status.value)]
    if missing:
        verdict = CertificateVerdict.NOT_COMPLETE
    elif requested:
        verdict = CertificateVerdict.PARTIAL_BY_REQUEST
    elif rows:
        verdict = CertificateVerdict.COMPLETE_WITH_UNREADABLE_ROWS
    else:
        verdict = CertificateVerdict.COMPLETE
    return Conclusion(verdict, (*missing, *requested, *rows, *facts.what_is_known()))


def _must_be_explained(run: Run, evidence: Evidence | None, *, left_out: bool) -> bool:
    """Whether something has to be missing although nothing says what."""
    if run.status in (RunStatus.FAILED, RunStatus.CANCELLED) or (evidence and evidence.proof is Proof.UNREAD):
        return True
    return run.status is RunStatus.PARTIAL and not left_out


class _Facts:
    def __init__(self, run: Run, ledger: LedgerSummary, evidence: Evidence | None) -> None:
        self._run = run
        self._evidence = evidence or Evidence()
        self._noted = evidence is not None
        self._number = max(ledger.readings, default=0)
        self._selective = run.mode is Mode.SELECTIVE
        self._offers_found = ledger.offers_found
        self._read = ledger.selected if self._selective else ledger.readings.get(self._number, ReadTotals())

    @property
    def _reading(self) -> Reading | None:
        return self._evidence.readings.get(self._number)

    @property
    def _look_ups(self) -> LookUps:
        return self._evidence.look_ups or LookUps()

    def what_is_missing(self) -> Iterator[CertificateReason]:
        run = self._run
        if run.status is RunStatus.CANCELLED:
            yield reason(Code.CANCELLED)
        if self._read.unread_pages:
            yield reason(Code.PAGES_UNREAD, count=len(self._read.unread_pages), pages=self._read.unread_pages)
        if run.status is RunStatus.FAILED:
            for error in run.errors:
                if _is_of_the_run(error) and error.code not in _HAVE_REASONS:
                    yield reason(Code.ENDED_EARLY, code=error.code, message=error.message)
        moved = any(error.code == RunErrorCode.CATALOGUE_MOVING for error in run.errors)
        if moved or self._evidence.proof is Proof.MOVING:
            yield reason(Code.LIST_MOVED, count=run.passes)
        unanswered = self._look_ups.unanswered if self._noted else self._unanswered_by_errors()
        if unanswered:
            yield reason(Code.OFFERS_UNANSWERED, count=unanswered)

    def _unanswered_by_errors(self) -> int:
        errors = self._run.errors
        answers_failed = sum(error.emag_id is not None and error.code not in _OF_ROWS for error in errors)
        return answers_failed + max(self._run.error_count - len(errors), 0)  # what was not kept may be one too

    def what_was_left_out(self) -> Iterator[CertificateReason]:
        run = self._run
        if run.parameters.dry_run:
            yield reason(Code.DRY_RUN)
        if self._selective:
            yield reason(Code.SELECTION)
        limited = self._evidence.proof is Proof.LIMITED if self._noted else run.status is not RunStatus.COMPLETED
        if run.parameters.max_pages is not None and limited:
            yield reason(Code.PAGE_LIMIT, count=run.parameters.max_pages)

    def which_rows_are_missing(self) -> Iterator[CertificateReason]:
        if self._run.failed:
            yield reason(Code.ROWS_UNREADABLE, count=self._run.failed)
        kept = self._look_ups.unknown - self._run.removed
        if kept > 0 and not self._selective and self._run.status is not RunStatus.COMPLETED:
            yield reason(Code.UNKNOWN_KEPT, count=kept)

    def what_is_known(self) -> Iterator[CertificateReason]:
        run, looked_up = self._run, self._look_ups
        proved = self._evidence.proof is Proof.WHOLE or run.status is RunStatus.COMPLETED
        if proved and not self._selective:
            yield reason(Code.WHOLE_LIST, count=self._offers_read, pages=self._read.pages)
            if not run.parameters.reads_every_status:
                yield reason(Code.ACTIVE_ONLY)
            if self._reading is not None:
                yield from self._how_it_is_known(self._reading)
        if looked_up.asked:
            yield reason(Code.LOOKED_UP, count=looked_up.asked, unknown=looked_up.unknown)
        if looked_up.confirmed:
            yield reason(Code.CONFIRMED, count=looked_up.confirmed)
        if self._read.inherited_pages:
            yield reason(Code.RESUMED, count=self._read.inherited_pages)
        if not self._noted and run.status in (RunStatus.COMPLETED, RunStatus.PARTIAL):
            yield reason(Code.NO_EVIDENCE)

    def _how_it_is_known(self, reading: Reading) -> Iterator[CertificateReason]:
        counts = _counts(reading)
        differing = sorted(counts - {self._offers_read})
        if reading.movements or counts - {self._offers_of_the_last}:
            yield reason(Code.READINGS_AGREE, count=len(self._evidence.readings))
        else:
            yield reason(Code.STOOD_STILL)
        if differing:
            yield reason(Code.COUNT_DIFFERS, count=differing[-1])
        elif counts:
            yield reason(Code.COUNT_AGREES, count=self._offers_read)
        else:
            yield reason(Code.COUNT_MISSING)

    @property
    def _offers_of_the_last(self) -> int:
        return self._read.distinct_offers + self._read.unreadable_rows

    @property
    def _offers_read(self) -> int:
        """How many offers the list has, as eMAG would count them."""
        last = self._offers_of_the_last
        if self._reading is None or not _counts(self._reading) - {last}:
            return last
        # A list that moves shows in each reading only some of its offers: all of them together are what it has. Not
        # where the last reading stood still: what an earlier one showed besides has left the list since.
        together = self._offers_found + self._read.unreadable_rows
        return together if self._reading.movements or together in _counts(self._reading) else last


def _counts(reading: Reading) -> set[int]:
    """What eMAG said that there are."""
    return {count for count in (reading.count_before, reading.count_after) if count is not None}


def _is_of_the_run(error: RunError) -> bool:
    return error.page is None and error.emag_id is None and error.code not in _OF_ROWS
