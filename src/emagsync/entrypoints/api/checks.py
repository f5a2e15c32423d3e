"""The checks of `/health/ready`: database, schema, Redis, executor and scheduler."""

from __future__ import annotations

from emagsync.accounts.registry import AccountRegistry
from emagsync.core.settings import ScheduleSettings
from emagsync.db import trigrams
from emagsync.db.engine import Database
from emagsync.db.migrate import current_revision
from emagsync.db.migrations import HEAD
from emagsync.rest.state import Check
from emagsync.sync.dispatch.celery_executor import CeleryExecutor
from emagsync.sync.dispatch.inline_executor import InlineExecutor
from emagsync.sync.errors import BrokerAway
from emagsync.sync.schedule.scheduler import Scheduler


async def check_database(database: Database) -> Check:
    """Whether the database answers, is the one that was opened, and whole as far as was seen; the detail says if its
    search index could be built."""
    await database.verify()
    async with database.snapshot() as connection:
        indexed = await connection.run_sync(trigrams.is_there)
    kind = "sqlite" if database.is_sqlite else "postgresql"
    return Check(True, kind if indexed else f"{kind}; {trigrams.ADVICE}")


async def check_schema(database: Database) -> Check:
    """Whether the database has this version's schema."""
    revision = await current_revision(database)
    return Check(revision == HEAD, f"schema {revision}" if revision == HEAD else f"{revision}, needed: {HEAD}")


async def check_redis(registry: AccountRegistry) -> Check:
    """Whether Redis answers. Always ok: without it requests to eMAG wait, but the local copy, edits and the page work.

    Taking every server out of service would take those away as well.
    """
    connection = registry.redis
    return Check(True, "configured" if connection is None else (await connection.health()).detail)


async def check_executor(executor: InlineExecutor | CeleryExecutor) -> Check:
    """Whether runs can be executed: always in this process, or as long as the broker takes messages."""
    if isinstance(executor, InlineExecutor):
        return Check(True, f"inline, {len(executor.executing)} runs")
    try:
        return Check(True, f"celery, {await executor.length()} runs wait for a worker")
    except BrokerAway as error:
        return Check(False, str(error))


async def check_scheduler(scheduler: Scheduler, settings: ScheduleSettings) -> Check:
    """Whether the loop that looks for due jobs is running."""
    if not settings.enabled:
        return Check(True, "off")
    return Check(scheduler.is_well, "on" if scheduler.is_well else "has not looked at its schedule for a while")


async def check_external_scheduler() -> Check:
    """The server schedules nothing: `emagsync beat` does."""
    return Check(True, "left to `emagsync beat`")
