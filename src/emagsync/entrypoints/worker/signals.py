"""Connects Celery's signals to the worker process. There is one worker in a process, so this is done once."""

from __future__ import annotations

from typing import Any

from celery import signals
from celery.concurrency.thread import TaskPool as ThreadPool

from emagsync.entrypoints.worker.process import WorkerProcess


def connect(process: WorkerProcess) -> None:
    """Start, stop and close `process` with the Celery worker, whichever pool that has."""

    def keep_our_logs(**_: Any) -> None:
        """Celery leaves logging alone as soon as somebody listens to this signal."""

    def started(**_: Any) -> None:
        process.start()

    def ready(sender: Any, **_: Any) -> None:
        # The others say so themselves, a prefork pool in each child.
        if isinstance(sender.pool, ThreadPool):
            process.start()

    def stopping(**_: Any) -> None:
        process.stop_runs()

    def stopped(**_: Any) -> None:
        process.close()

    signals.setup_logging.connect(keep_our_logs, weak=False)
    signals.worker_process_init.connect(started, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(stopping, weak=False)
    signals.worker_process_shutdown.connect(stopped, weak=False)
    signals.worker_shutdown.connect(stopped, weak=False)
