"""What a retry reads again, as a table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from emagsync.sync.ledger import PageRead
from emagsync.sync.retry_plan import plan_retry
from emagsync.sync.schemas import Run, RunError, RunParameters, RunStatus, Selection, Trouble

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_run(status: RunStatus, *errors: RunError, failed: int = 0, **parameters: Any) -> Run:
    values: dict[str, Any] = dict.fromkeys(Run.model_fields) | {"trouble": Trouble()}
    counts = ("attempt", "fence", "current_page", "pages_read", "passes", "processed", "created", "updated")
    values |= dict.fromkeys((*counts, "unchanged", "removed", "requests", "rate_limit_hits", "wait_seconds"), 0)
    asked = RunParameters.model_validate({"mode": "full"} | parameters)
    return Run.model_validate(
        values
        | {"id": "run", "sync_id": "sync", "account": "main", "mode": asked.mode, "parameters": asked}
        | {"status": status, "trigger": "test", "created_at": AT, "failed": failed}
        | {"errors": errors, "error_count": len(errors)}
    )


def a_page(page: int, *ids: int, status: str = "stored", rejected: int = 0, scope: str = "main") -> PageRead:
    return PageRead(1, scope, page, 10, status, ids, len(ids) + rejected, rejected, 1, False, None, AT, AT)


def error(code: str, **about: Any) -> RunError:
    return RunError(code=code, message="what happened", at=AT, **about)


def read_again(run: Run, *pages: PageRead, is_recent: bool = True) -> list[int] | None:
    """The known pages that are read again; None when there is nothing to retry."""
    retry = plan_retry(run, pages, is_recent=is_recent)
    return None if retry is None else [page.page for page in retry.pages if not page.is_stored]


PAGES = (a_page(1, 1, 2), a_page(2, 3, 4, status="failed"), a_page(3, 5, rejected=1))


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(a_run(RunStatus.COMPLETED), None, id="nothing is missing"),
        pytest.param(a_run(RunStatus.PARTIAL), None, id="limited as asked"),
        pytest.param(a_run(RunStatus.PARTIAL, error("field_unreadable", emag_id=1)), None, id="only remarks"),
        pytest.param(a_run(RunStatus.FAILED, error("pages_unread")), [2, 3], id="failed pages, and rejected rows"),
        pytest.param(a_run(RunStatus.CANCELLED), [2, 3], id="stopped"),
        pytest.param(
            a_run(RunStatus.PARTIAL, error("row_rejected", emag_id=2), failed=1), [1, 2, 3], id="a rejected row's page"
        ),
        pytest.param(a_run(RunStatus.PARTIAL, error("server_failure", emag_id=9)), [2, 3], id="an unanswered offer"),
    ],
)
def test_only_what_failed_is_read_again(run: Run, expected: list[int] | None) -> None:
    assert read_again(run, *PAGES) == expected


@pytest.mark.parametrize(
    ("run", "is_recent"),
    [
        pytest.param(a_run(RunStatus.FAILED), False, id="too long ago"),
        pytest.param(a_run(RunStatus.PARTIAL, error("catalogue_moving")), True, id="the list kept moving"),
        pytest.param(
            a_run(RunStatus.PARTIAL, error("row_rejected", emag_id=1), failed=2), True, id="not all are known"
        ),
    ],
)
def test_where_it_is_not_known_what_is_missing_everything_is_read_again(run: Run, is_recent: bool) -> None:
    retry = plan_retry(run, PAGES, is_recent=is_recent)
    assert retry is not None
    assert retry.pages == ()


def test_an_offer_that_was_rejected_counts_when_it_is_read_at_last() -> None:
    run = a_run(RunStatus.PARTIAL, error("row_rejected", emag_id=2), failed=1)
    retry = plan_retry(run, [a_page(1, 1, 2)], is_recent=True)
    assert retry is not None
    assert [page.ids for page in retry.pages] == [(1,)]


def test_of_a_selection_only_what_failed_is_selected_again() -> None:
    selection = Selection(ids=(1, 2, 3), part_numbers=("a", "b"), part_number_keys=("K",), max_stock=5)
    run = a_run(
        RunStatus.FAILED,
        error("server_failure", emag_id=2),
        error("offer_not_known", emag_id=3),
        mode="selective",
        selection=selection,
    )
    pages = [a_page(1, scope="pn-0"), a_page(1, scope="pn-1", status="failed"), a_page(1, scope="pnk-0")]
    retry = plan_retry(run, pages, is_recent=True)
    assert retry is not None
    assert retry.parameters.selection == Selection(ids=(2,), part_numbers=("b",), max_stock=5)


def test_a_selection_that_was_cut_short_is_read_as_a_whole() -> None:
    selection = Selection(ids=(1, 2))
    for run in (
        a_run(RunStatus.CANCELLED, mode="selective", selection=selection),
        a_run(RunStatus.FAILED, error("timeout"), mode="selective", selection=selection),
    ):
        retry = plan_retry(run, [], is_recent=True)
        assert retry is not None
        assert retry.parameters.selection == selection
