"""The counts of a run: each offer once, errors capped, another attempt goes on from the row."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from emagsync.marketplace import CallRecord
from emagsync.marketplace.errors import ServerFailure
from emagsync.marketplace.rows.field_reader import Remark
from emagsync.marketplace.rows.parse import ParsedRow
from emagsync.offers.records import UpsertResult
from emagsync.sync.run.progress import KEPT_ERRORS, KEPT_FAILED_REQUESTS, RunProgress
from emagsync.sync.schemas import Phase, RunError, RunErrorCode, RunParameters, Trouble
from sync.run_rows import AT, a_run


def rejected(emag_id: int | None = None) -> ParsedRow:
    return ParsedRow(emag_id, None, (), "the row is null, not an object", b"null")


def error(code: str, **values: int) -> RunError:
    return RunError(code=code, message="m", at=AT, **values)


def test_an_offer_that_comes_twice_counts_where_it_was_first_met() -> None:
    progress = RunProgress(a_run(), 0.0)
    progress.count(UpsertResult(created=(1, 2), updated=(3,), unchanged=(4,)))
    progress.count(UpsertResult(created=(), updated=(1,), unchanged=(2, 3, 5)))
    assert (progress.created, progress.updated, progress.unchanged, progress.processed) == (2, 1, 2, 5)


def test_a_pass_that_begins_anew_forgets_what_the_one_before_rejected_and_keeps_the_offers() -> None:
    progress = RunProgress(a_run(), 0.0)
    progress.count(UpsertResult((1,), (), ()))
    progress.reject(rejected(), AT)
    progress.begin_pass(2)
    assert (progress.failed, progress.errors, progress.processed, progress.passes) == (0, (), 1, 2)


def test_only_fifty_errors_are_kept_and_all_are_counted() -> None:
    progress = RunProgress(a_run(), 0.0)
    for _ in range(200):
        progress.reject(rejected(), AT)
    for _ in range(100):
        progress.note(error("note"))
    progress.page_failed("main", 7, ServerFailure("eMAG failed", 500, None), AT)
    assert len(progress.errors) == KEPT_ERRORS
    assert progress.error_count == 301
    assert progress.error_codes == {"row_rejected": 200, "note": 100, ServerFailure.code: 1}
    assert json.loads(progress.columns()["error_codes"]) == progress.error_codes


def test_an_attempt_that_goes_on_counts_on_what_was_not_kept() -> None:
    unreadable = RunErrorCode.FIELD_UNREADABLE
    kept = (error(unreadable),) * KEPT_ERRORS
    run = a_run(errors=kept, error_count=240, failed=40, error_codes={str(unreadable): 200, "row_rejected": 40})
    assert RunProgress.of(run, 0.0).error_codes == {str(unreadable): 200, "row_rejected": 40}


def test_unreadable_pages_come_first_and_vanish_once_they_are_read() -> None:
    progress = RunProgress(a_run(), 0.0)
    progress.reject(rejected(9), AT)
    for page in (7, 3):
        progress.page_failed("main", page, ServerFailure("eMAG failed", 500, None), AT)
    assert [found.page for found in progress.errors] == [3, 7, None]
    assert progress.unread_pages == [3, 7]
    progress.page_read("main", 3)
    assert (progress.unread_pages, progress.error_count) == ([7], 2)


@pytest.mark.parametrize(("emag_id", "who"), [(7, "offer 7"), (None, "a row without a usable id")])
def test_a_rejected_row_is_told_with_its_id_and_reason(emag_id: int | None, who: str) -> None:
    progress = RunProgress(a_run(), 0.0)
    progress.reject(rejected(emag_id), AT)
    [told] = progress.errors
    assert told.message == f"{who} was not stored: the row is null, not an object"
    assert (told.code, told.emag_id) == (RunErrorCode.ROW_REJECTED, emag_id)


def test_a_dry_run_says_what_would_be_stored() -> None:
    progress = RunProgress(a_run(parameters=RunParameters(dry_run=True)), 0.0)
    progress.reject(rejected(7), AT)
    progress.remark(ParsedRow(8, None, (Remark("price", "no number"),), None, b"{}"), AT)
    assert [told.message for told in progress.errors] == [
        "offer 7 would not be stored: the row is null, not an object",
        "offer 8 would be stored without what could not be read: price: no number",
    ]


def test_another_attempt_goes_on_from_the_row_and_tries_unread_pages_again() -> None:
    run = a_run(
        processed=10,
        created=4,
        unchanged=6,
        failed=1,
        errors=(error("server_failure", page=3), error(RunErrorCode.ROW_REJECTED)),
    )
    progress = RunProgress.of(run, 0.0)
    assert (progress.processed, progress.created, progress.failed) == (10, 4, 1)
    assert [found.code for found in progress.errors] == [RunErrorCode.ROW_REJECTED]
    assert progress.unread_pages == []


def test_the_rate_is_that_of_this_attempt_and_tells_the_time_left() -> None:
    progress = RunProgress.of(a_run(processed=100, total_items=300), 50.0)
    progress.phase = Phase.READING
    progress.count(UpsertResult(tuple(range(1, 101)), (), ()))
    progress = progress.snapshot(60.0)
    assert progress.items_per_second == 10.0
    assert progress.eta_seconds == 10.0
    assert progress.elapsed_seconds == 10.0


def test_without_a_count_or_an_offer_no_time_left_is_invented() -> None:
    assert RunProgress(a_run(), 0.0).snapshot(5.0).eta_seconds is None
    assert RunProgress.of(a_run(total_items=5), 0.0).snapshot(5.0).eta_seconds is None


def a_call(outcome: str, at: datetime = AT, **changes: Any) -> CallRecord:
    values: dict[str, Any] = {
        "account": "main",
        "route": "product_offer/read",
        "started_at": at,
        "seconds": 1.5,
        "waited_seconds": 0.0,
        "attempt": 1,
        "status": 500,
        "outcome": outcome,
        "error": None,
        "rows": None,
        "filters": {"currentPage": 4, "itemsPerPage": 100},
    }
    return CallRecord(**(values | changes))


def half_read() -> RunProgress:
    """Half of 200 offers within ten seconds."""
    progress = RunProgress(a_run(), 0.0)
    progress.phase, progress.total_items = Phase.READING, 200
    progress.count(UpsertResult(tuple(range(1, 101)), (), ()))
    return progress


def test_while_emag_fails_nobody_knows_how_long_it_takes_and_the_failures_are_told() -> None:
    progress = half_read()
    assert progress.snapshot(10.0).eta_seconds == 10.0
    progress.call(a_call("server_failure"))
    progress.call(a_call("read_timeout", AT + timedelta(seconds=5)))
    told = progress.snapshot(10.0)
    assert told.eta_seconds is None
    assert told.trouble == Trouble(failed_requests=2, failing_since=AT, last_failure="read_timeout")
    progress.call(a_call("ok", AT + timedelta(seconds=9)))
    told = progress.snapshot(10.0)
    assert told.eta_seconds == 10.0
    assert (told.trouble.failing_since, told.trouble.failed_requests) == (None, 2)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.READING])
def test_where_offers_are_looked_for_no_time_left_is_invented(phase: Phase) -> None:
    progress = half_read()
    progress.phase = phase
    assert progress.snapshot(10.0).eta_seconds is None


def test_a_request_that_its_caller_gave_up_has_not_failed() -> None:
    progress = half_read()
    progress.call(a_call("cancelled"))
    assert progress.snapshot(10.0).trouble == Trouble()


def test_the_page_that_is_awaited_for_longest_is_told() -> None:
    progress = half_read()
    with progress.page_under_way(2.0), progress.page_under_way(7.0):
        assert progress.snapshot(10.0).trouble.waiting_for_page == 8.0
    assert progress.snapshot(10.0).trouble.waiting_for_page is None


def test_failed_requests_are_kept_once_and_up_to_a_limit_and_all_are_counted() -> None:
    progress = half_read()
    progress.call(a_call("server_failure"))
    [first] = progress.not_noted
    assert (first.number, first.page, first.size, first.code, first.seconds) == (1, 4, 100, "server_failure", 1.5)
    progress.call(a_call("server_failure", filters={}))
    progress.noted([first])  # the second came while the first was being written
    assert [(one.number, one.page) for one in progress.not_noted] == [(2, None)]
    for _ in range(KEPT_FAILED_REQUESTS):
        progress.call(a_call("server_failure"))
    assert progress.failed_requests == KEPT_FAILED_REQUESTS + 2
    assert progress.not_noted[-1].number == KEPT_FAILED_REQUESTS


def test_another_attempt_counts_failed_requests_on() -> None:
    progress = RunProgress.of(a_run(trouble=Trouble(failed_requests=3, last_failure="read_timeout")), 0.0)
    progress.call(a_call("server_failure"))
    assert [one.number for one in progress.not_noted] == [4]
