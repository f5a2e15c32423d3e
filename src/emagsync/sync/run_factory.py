"""Runs before they begin, and how old they are."""

from __future__ import annotations

import uuid
from datetime import datetime

from emagsync.sync.schemas import Run, RunParameters, RunStatus

_COUNTED = ("created", "updated", "unchanged", "removed", "failed")


def last_heartbeat(run: Run) -> datetime:
    """When the run last showed that somebody sees to it."""
    return max(moment for moment in (run.heartbeat_at, run.started_at, run.created_at) if moment is not None)


def began(run: Run) -> datetime:
    """When it began, whatever attempt it is at, as `started_at` tells everybody; before that, when it was made."""
    return run.started_at or run.created_at


def new_run(
    account: str, parameters: RunParameters, *, trigger: str, sync_id: str, now: datetime, resumed: Run | None
) -> Run:
    """A run that nobody has begun. It goes on counting where `resumed`, whose pages it starts from, left off."""
    return Run(
        id=str(uuid.uuid4()),
        sync_id=sync_id,
        account=account,
        mode=parameters.mode,
        parameters=parameters,
        status=RunStatus.QUEUED,
        trigger=trigger,
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
        inherited={name: getattr(resumed, name) for name in _COUNTED} if resumed else None,
    )
