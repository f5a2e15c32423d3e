"""What the newest runs of an account say about freshness: what was read when, at what cost, and what in vain. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from emagsync.sync.freshness.repository import AskedInVain
from emagsync.sync.freshness.targets import ACTIVE_OFFERS, EVERYTHING, OfferList
from emagsync.sync.run_factory import FRESHNESS
from emagsync.sync.schemas import Mode, Run, RunErrorCode, RunStatus

# More than an account's runs of an hour: those that keep offers fresh begin half a minute apart or more.
MOST_RUNS: Final = 150

_FIRST_REST: Final = timedelta(minutes=1)
_LONGEST_REST: Final = timedelta(hours=1)
# A complete run has decided about them by then, as a rule; if not, they are asked for once more.
_VAIN_FOR: Final = timedelta(hours=6)
# Of so many runs, the newest: SQLite takes 32,766 values in a statement.
_MOST_IN_VAIN: Final = 100
_ANSWERED: Final = frozenset({RunErrorCode.OFFER_NOT_KNOWN, RunErrorCode.ROW_REJECTED, RunErrorCode.FIELD_UNREADABLE})


class RecentRuns:
    """The newest runs of an account, newest first, without dry runs."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs

    @property
    def holder(self) -> Run | None:
        """The run that holds the account."""
        return next((run for run in self._runs if not run.status.is_finished), None)

    def requests_since(self, since: datetime) -> int:
        """The requests of the runs that were made since then."""
        return sum(run.requests for run in self._runs if run.created_at >= since)

    def read_at(self, one: OfferList) -> datetime | None:
        """When the newest run began that has read the list to its end."""
        return next((run.started_at for run in self._runs if _has_read(run) == one), None)

    def asked_in_vain(self, now: datetime) -> tuple[AskedInVain, ...]:
        """The offers that were asked for one by one of late, and that eMAG did not show, or not so that they could be
        read: to ask again would be of no use."""
        found: list[AskedInVain] = []
        met: set[int] = set()
        for run in self._runs:
            ids = _ids_asked(run)
            if run.created_at > now - _VAIN_FOR and run.processed < len(ids) and not _has_failed(run):
                unanswered = {error.emag_id for error in run.errors if error.code not in _ANSWERED}
                new = tuple(emag_id for emag_id in ids if emag_id not in met and emag_id not in unanswered)
                met.update(ids)
                if new:
                    found.append(AskedInVain(new, run.started_at or run.created_at))
        return tuple(found[:_MOST_IN_VAIN])

    def rests_until(self) -> datetime | None:
        """When something may be read again after readings for freshness that failed: each in a row doubles the rest."""
        ended = (
            run
            for run in self._runs
            if run.trigger == FRESHNESS and run.status.is_finished and run.status is not RunStatus.CANCELLED
        )
        failed = list(takewhile(_has_failed, ended))
        if not failed or failed[0].finished_at is None:
            return None
        return failed[0].finished_at + min(_FIRST_REST * (1 << min(len(failed) - 1, 10)), _LONGEST_REST)


def _ids_asked(run: Run) -> tuple[int, ...]:
    """The offers that an ended run asked for one by one."""
    selection = run.parameters.selection
    is_asking = run.trigger == FRESHNESS and run.status is RunStatus.PARTIAL and selection is not None
    return selection.ids if is_asking and selection is not None else ()


def _has_failed(run: Run) -> bool:
    """Whether a run read nothing because eMAG did not answer."""
    unanswered = any(error.code not in _ANSWERED for error in run.errors)
    return run.status is RunStatus.FAILED or (run.mode is Mode.SELECTIVE and not run.processed and unanswered)


def _has_read(run: Run) -> OfferList | None:
    """The list that a run has read to its end; None: it has not, or not a list."""
    parameters = run.parameters
    if run.status not in (RunStatus.COMPLETED, RunStatus.PARTIAL):
        return None
    if run.mode is Mode.SELECTIVE:
        selection = parameters.selection
        if selection is None or selection.without_filters().is_empty is False:
            return None
        return OfferList(*(getattr(selection, name) for name in OfferList._fields))
    if parameters.max_pages is not None:
        return None
    return EVERYTHING if parameters.reads_every_status else ACTIVE_OFFERS
