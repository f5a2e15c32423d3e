"""The Celery tasks: plain functions that hand one coroutine to the process's event loop. A new task is added here."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from emagsync.core.errors import EmagsyncError
from emagsync.core.settings import LONGEST_RUN_SECONDS
from emagsync.entrypoints.worker import task_names
from emagsync.entrypoints.worker.app import HARD_AFTER_SECONDS, SHORT_SECONDS, SOFT_AFTER_SECONDS
from emagsync.entrypoints.worker.process import WorkerProcess
from emagsync.entrypoints.worker.services import WorkerServices
from emagsync.sync.schedule.jobs import Job, JobKind
from emagsync.sync.schemas import Mode

log = structlog.get_logger()

# For a run's message without limits of its own: another program, which need not know the run's, sent it.
_RUN_LIMITS: Final = {
    "soft_time_limit": LONGEST_RUN_SECONDS + SOFT_AFTER_SECONDS,
    "time_limit": LONGEST_RUN_SECONDS + HARD_AFTER_SECONDS,
}
_KIND_OF_MODE: Final = {Mode.INCREMENTAL: JobKind.INCREMENTAL, Mode.FULL: JobKind.FULL}


def register(app: Any, process: WorkerProcess) -> None:
    """Register the tasks with `app`; they run in `process`."""

    def add(name: str, function: Callable[..., Work]) -> None:
        def task(self: Any, *args: Any, **kwargs: Any) -> None:
            # A run ends by its own limit; the other tasks need one here, for pools without Celery's limits.
            seconds = None if name == task_names.SYNC_PRODUCTS else SHORT_SECONDS
            try:
                work = function(*args, **kwargs)
            except (TypeError, ValueError) as error:
                log.warning("message_not_understood", task=name, error=str(error))
                return
            process.run(work, _headers(self.request), seconds=seconds)

        app.task(task, name=name, bind=True, shared=False, **(_RUN_LIMITS if name == task_names.SYNC_PRODUCTS else {}))

    add(task_names.SYNC_PRODUCTS, sync_products)
    add(task_names.SYNC_ACCOUNT, sync_account)
    add(task_names.CLEANUP, cleanup_stuck_syncs)
    add(task_names.HEALTH_CHECK, health_check)
    add(task_names.PRUNE, prune)
    add(task_names.SCHEDULED, scheduled)
    add(task_names.PUSH_EDITS, push_edits)


Work = Callable[[WorkerServices], Coroutine[Any, Any, None]]


def sync_products(run_id: str) -> Work:
    """Execute a run; does nothing when it has ended or another worker has it."""

    async def work(services: WorkerServices) -> None:
        await services.execute_run(run_id)

    return work


def sync_account(account: str, mode: str = Mode.INCREMENTAL) -> Work:
    """Start a run of an account, in mode `incremental` or `full`."""
    return _job(_KIND_OF_MODE[Mode(mode)], account)


def cleanup_stuck_syncs() -> Work:
    """Resume every orphaned run."""

    async def work(services: WorkerServices) -> None:
        await services.sweeper.sweep()
        await _do_job(services, JobKind.CLEANUP, None)

    return work


def health_check(account: str) -> Work:
    """Test the connection of an account."""
    return _job(JobKind.HEALTH, account)


def prune() -> Work:
    """Delete old runs."""
    return _job(JobKind.PRUNE, None)


def scheduled(name: str) -> Work:
    """Do a recurring job by its name, such as `health:main`."""

    async def work(services: WorkerServices) -> None:
        try:
            await services.scheduler.do(name)
        except EmagsyncError as error:
            log.warning("task_failed", task=task_names.SCHEDULED, job=name, code=error.code, error=str(error))

    return work


def push_edits(account: str) -> Work:
    """Send an account's edits now. The server does so by itself; this is for other programs that send the message."""

    async def work(services: WorkerServices) -> None:
        try:
            await services.push.push_account(account, trigger="task")
        except EmagsyncError as error:
            log.warning("task_failed", task=task_names.PUSH_EDITS, account=account, code=error.code, error=str(error))

    return work


def _job(kind: JobKind, account: str | None) -> Work:
    async def work(services: WorkerServices) -> None:
        await _do_job(services, kind, account)

    return work


async def _do_job(services: WorkerServices, kind: JobKind, account: str | None) -> None:
    """Do the job and record its result in the schedule, as the server's own scheduler does."""
    try:
        await services.scheduler.do(Job(kind, account, enabled=True, interval_seconds=0).name)
    except EmagsyncError as error:
        log.warning("task_failed", kind=kind, account=account, code=error.code, error=str(error))


def _headers(request: Any) -> dict[str, Any]:
    return {name: getattr(request, name, None) for name in task_names.CARRIED_CONTEXT}
