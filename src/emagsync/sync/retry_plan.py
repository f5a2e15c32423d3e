"""Plans a retry of an ended run: only what failed is read again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from emagsync.marketplace.errors import ListRepeats
from emagsync.sync.ledger import PageRead
from emagsync.sync.run.selective import lists
from emagsync.sync.schemas import Mode, Run, RunErrorCode, RunParameters, RunStatus

# Errors about an offer of which nothing is missing.
_REMARKS = frozenset({RunErrorCode.FIELD_UNREADABLE, RunErrorCode.OFFER_NOT_KNOWN})


class Retry(NamedTuple):
    """The parameters of a retry, and the pages that it starts from; those not `stored` are read again."""

    parameters: RunParameters
    pages: tuple[PageRead, ...]


def plan_retry(run: Run, pages: Sequence[PageRead], *, is_recent: bool) -> Retry | None:
    """What to do again of an ended run, or None when nothing of it failed.

    Where the pages are too old to be believed, or it is not known which offers are missing, everything is read again.
    """
    if run.status is RunStatus.COMPLETED or (run.status is RunStatus.PARTIAL and not _something_failed(run)):
        return None
    if run.mode is Mode.SELECTIVE:
        return _plan_selection(run, pages)
    rejected = [error for error in run.errors if error.code == RunErrorCode.ROW_REJECTED]
    every_rejected_row_is_known = run.failed <= len(rejected)
    if not (is_recent and every_rejected_row_is_known) or _list_moved(run):
        return Retry(run.parameters, ())
    ids = {error.emag_id for error in rejected if error.emag_id is not None}
    return Retry(run.parameters, tuple(_without(page, ids) for page in pages))


def _list_moved(run: Run) -> bool:
    return any(error.code in (RunErrorCode.CATALOGUE_MOVING, ListRepeats.code) for error in run.errors)


def _something_failed(run: Run) -> bool:
    failures = [error for error in run.errors if error.code not in _REMARKS and (error.emag_id or error.page)]
    return run.failed > 0 or _list_moved(run) or bool(failures)


def _without(page: PageRead, rejected: set[int]) -> PageRead:
    """The page as it was, or, if one of its rows was rejected, as one to read again."""
    if not page.rejected and rejected.isdisjoint(page.ids):
        return page
    return page._replace(status="failed", ids=tuple(emag_id for emag_id in page.ids if emag_id not in rejected))


def _plan_selection(run: Run, pages: Sequence[PageRead]) -> Retry:
    selection = run.parameters.selection
    cut_short = run.status is RunStatus.CANCELLED or any(error.code == RunErrorCode.TIMEOUT for error in run.errors)
    if selection is None or cut_short or run.error_count > len(run.errors):
        return Retry(run.parameters, ())
    failed = {page.scope for page in pages if not page.is_stored}
    ids = {error.emag_id for error in run.errors if error.emag_id is not None and error.code not in _REMARKS}
    begun = {page.scope for page in pages}
    again = {scope for scope, _ in lists(selection) if scope in failed or scope not in begun}
    left = (selection if "filtered" in again else selection.without_filters()).model_copy(
        update={
            "ids": tuple(emag_id for emag_id in selection.ids if emag_id in ids),
            "part_numbers": _chosen("pn", selection.part_numbers, again),
            "part_number_keys": _chosen("pnk", selection.part_number_keys, again),
        }
    )
    if left.is_empty:
        return Retry(run.parameters, ())
    return Retry(run.parameters.model_copy(update={"selection": left}), ())


def _chosen(prefix: str, values: Sequence[str], scopes: set[str]) -> tuple[str, ...]:
    return tuple(value for place, value in enumerate(values) if f"{prefix}-{place}" in scopes)
