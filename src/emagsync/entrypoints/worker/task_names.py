"""The names that messages carry: other programs may send them too, so they stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from emagsync.sync.schedule.jobs import JobKind

# Before every key of Celery in Redis. A sender without it puts messages where no worker looks.
KEY_PREFIX: Final = "emagsync:celery:"

# Two queues, each with workers of its own, so that short work never waits behind a catalogue.
SYNCS: Final = "emagsync.syncs"
SHORT: Final = "emagsync.short"

SYNC_PRODUCTS: Final = "emag.sync_products"  # run id
SYNC_ACCOUNT: Final = "emag.sync_account"  # account, mode
CLEANUP: Final = "emag.cleanup_stuck_syncs"
HEALTH_CHECK: Final = "emag.health_check"  # account
PRUNE: Final = "emag.prune"
PUSH_EDITS: Final = "emag.push_edits"  # account
SCHEDULED: Final = "emag.scheduled"  # name of a job that has no task of its own

TASK_OF_JOB: Final[Mapping[JobKind, str]] = {
    JobKind.INCREMENTAL: SYNC_ACCOUNT,
    JobKind.FULL: SYNC_ACCOUNT,
    JobKind.HEALTH: HEALTH_CHECK,
    JobKind.CLEANUP: CLEANUP,
    JobKind.PRUNE: PRUNE,
}

# What a log line of the sender says about where the work came from, its worker's lines say too.
CARRIED_CONTEXT: Final = ("request_id", "traceparent")
