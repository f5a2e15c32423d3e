"""Puts the brake on an account's pushes after a run that found too much changed on eMAG's side.

The run itself is never stopped: the local copy is an exact one, whatever happened on eMAG's side. But edits that were
made of other values than eMAG has now wait for a person's approval.
"""

from __future__ import annotations

import structlog

from emagsync.accounts.registry import AccountRegistry
from emagsync.accounts.settings import platform_for
from emagsync.core.clock import Clock
from emagsync.core.settings import EditsSettings
from emagsync.db.engine import Database
from emagsync.edits.push import brake
from emagsync.edits.push.outbox_repository import newest_edit
from emagsync.edits.push.schemas import Hold
from emagsync.sync import repository
from emagsync.sync.schemas import Run, RunStatus

log = structlog.get_logger()


async def check_brake_after(
    run: Run, *, database: Database, registry: AccountRegistry, settings: EditsSettings, clock: Clock
) -> Hold | None:
    """The hold that a completed run led to: the account has edits or pushes them, and too much has changed since the
    completed run before it. None in any other case."""
    if run.status is not RunStatus.COMPLETED or run.parameters.dry_run:
        return None
    account = registry.get(run.account)
    is_pushed = (account.push or settings.push) != "off"
    async with database.transaction() as connection:
        if not is_pushed and not await newest_edit(connection, run.account):
            return None
        completed = await repository.runs(
            connection, account=run.account, status=RunStatus.COMPLETED, dry_runs=False, limit=5
        )
        before = next((one for one in completed if one.id != run.id), None)
        since = None if before is None else before.finished_at
        hold = await brake.check_sync(
            connection,
            run.account,
            run_id=run.id,
            platform=platform_for(account),
            since=since,
            settings=settings,
            now=clock.now(),
        )
    if hold is not None:
        log.warning("sync_held", account=run.account, hold=hold.id, counts=dict(hold.counts))
    return hold
