"""Makes runs that nobody has started yet, and tells how old runs are."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final, NamedTuple

from emagsync.sync.schemas import Run, RunParameters, RunStatus

# The trigger of runs that keep offers within their freshness targets. They give way to everybody else's.
FRESHNESS: Final = "freshness"

_COUNTED = ("created", "updated", "unchanged", "removed", "failed")


class Origin(NamedTuple):
    """Who asked for a run (`trigger`: `api`, `cli`, `schedule`, `freshness`), and the `sync_id` that the runs of one
    request share."""

    trigger: str
    sync_id: str


def last_heartbeat(run: Run) -> datetime:
    """When the run last showed that somebody executes it; before its first heartbeat, when it was started or made."""
    return max(moment for moment in (run.heartbeat_at, run.started_at, run.created_at) if moment is not None)


def started_at(run: Run) -> datetime:
    """When the run's first attempt started; before that, when it was made."""
    return run.started_at or run.created_at


def new_run(account: str, parameters: RunParameters, origin: Origin, *, now: datetime, resumed: Run | None) -> Run:
    """A queued run. It goes on counting where `resumed`, whose pages it starts from, left off."""
    return Run(
        id=str(uuid.uuid4()),
        sync_id=origin.sync_id,
        account=account,
        mode=parameters.mode,
        parameters=parameters,
        status=RunStatus.QUEUED,
        trigger=origin.trigger,
        attempt=0,
        fence=0,
        worker=None,
        created_at=now,
        started_at=None,
        heartbeat_at=None,
        finished_at=None,
        resumed_from=resumed.id if resumed else None,
        total_items=resumed.total_items if resumed else None,
        total_pages=resumed.total_pages if resumed else None,
        current_page=resumed.current_page if resumed else 0,
        pages_read=resumed.pages_read if resumed else 0,
        passes=resumed.passes if resumed else 0,
        processed=resumed.processed if resumed else 0,
        created=resumed.created if resumed else 0,
        updated=resumed.updated if resumed else 0,
        unchanged=resumed.unchanged if resumed else 0,
        removed=resumed.removed if resumed else 0,
        failed=resumed.failed if resumed else 0,
        requests=0,
        rate_limit_hits=0,
        wait_seconds=0.0,
        errors=(),
        error_count=0,
        error_codes={},
        inherited={name: getattr(resumed, name) for name in _COUNTED} if resumed else None,
    )
