"""Names of tasks and queues. Other programs may send such messages too, so the names stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from emagsync.sync.schedule.jobs import JobKind

# The prefix of every key of Celery in Redis. A sender without it puts messages where no worker looks.
KEY_PREFIX: Final = "emagsync:celery:"

# What Kombu's Redis transport and beat's lock need beside what the request budgets do; see `core.redis.check_settings`.
BROKER_COMMANDS: Final[tuple[tuple[str | int, ...], ...]] = (
    ("SET", "{key}:lock", "1", "NX", "PX", 1000),
    ("GET", "{key}:lock"),
    ("PEXPIRE", "{key}:lock", 1000),
    ("EXISTS", "{key}:lock"),
    ("LPUSH", "{key}:queue", "1", "2"),
    ("RPUSH", "{key}:queue", "3"),
    ("LLEN", "{key}:queue"),
    ("RPOP", "{key}:queue"),
    ("BRPOP", "{key}:queue", 1),
    ("SADD", "{key}:set", "1"),
    ("SMEMBERS", "{key}:set"),
    ("SREM", "{key}:set", "1"),
    ("ZADD", "{key}:sorted", 1, "1"),
    ("ZRANGE", "{key}:sorted", 0, -1),
    ("ZREVRANGEBYSCORE", "{key}:sorted", 1, 0),
    ("ZRANGEBYSCORE", "{key}:sorted", 0, 1),
    ("ZREM", "{key}:sorted", "1"),
    ("HDEL", "{key}", "field"),
    ("WATCH", "{key}"),
    ("UNWATCH",),
    ("EVAL", "return redis.call('GET', KEYS[1])", 1, "{key}:lock"),
    # redis-py asks for the scripts of a pipeline; Kombu releases its lock by one.
    ("SCRIPT", "EXISTS", "0" * 40),
    ("DEL", "{key}", "{key}:lock", "{key}:queue"),
)

# Two queues, each with a worker of its own, so that short tasks never wait behind a catalogue.
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

# The sender's log context that its message carries, so that the worker's log lines have it too.
CARRIED_CONTEXT: Final = ("request_id", "traceparent")
