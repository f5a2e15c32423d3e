"""`emagsync worker`: one Celery worker in this process, or two in child processes, one for each queue.

Celery takes messages from its queues in turn and stops when all its slots are busy: one worker for both queues would at
times be full of syncs, and short tasks would wait for catalogues. So without `-Q` this process forks two workers, each
for one queue. When one of the three processes ends, all end, and whatever supervises this one starts it again.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from celery import platforms
from click import Abort, ClickException

from emagsync.accounts.settings import ConfiguredAccounts
from emagsync.core.errors import EmagsyncError, ErrorKind, SettingsError
from emagsync.core.settings import Settings
from emagsync.entrypoints.worker.app import make_app
from emagsync.entrypoints.worker.process import WorkerProcess
from emagsync.entrypoints.worker.signals import connect
from emagsync.entrypoints.worker.task_names import SHORT, SYNCS
from emagsync.entrypoints.worker.tasks import register

# Workers need not know each other: without these, each would greet all others, and follow their events.
_ALONE: Final = ("--without-gossip", "--without-mingle")
_FORWARDED: Final = (signal.SIGTERM, signal.SIGQUIT)
_GREEN_THREADS: Final = ("eventlet", "gevent")
# `-P gevent`, `-Pgevent`, and behind other short options that take no value: `-EP gevent`.
_SHORT_POOL: Final = re.compile(r"-[DEB]*P=?(.*)")
_FAILED: Final = 1
# The exit code, as the commands have it, of a worker that cannot start before a person changes something.
_MISCONFIGURED: Final = 2


def run_worker(
    settings: Settings, accounts: ConfiguredAccounts, options: Sequence[str], *, say: Callable[[object], None]
) -> int:
    """Run the worker or workers until a signal stops them; `options` are Celery's. Returns the exit code.

    `say` prints a line for a person. Raises SettingsError for an option that Celery does not know, and for a pool of
    green threads.
    """
    _refuse_green_threads(options)
    if chooses_queues(options):
        return run_celery_worker(settings, accounts, [*_pool(options, settings.worker.runs), *options])
    syncs = [*_pool(options, settings.worker.runs), "-Q", SYNCS, "-n", f"syncs-{os.getpid()}@%h", *options]
    short = ["-P", "threads", "-c", str(settings.worker.short_tasks), "-Q", SHORT, "-n", f"short-{os.getpid()}@%h"]
    return _supervise([partial(run_celery_worker, settings, accounts, one) for one in (syncs, short)], say)


def run_celery_worker(settings: Settings, accounts: ConfiguredAccounts, options: Sequence[str]) -> int:
    """Run one Celery worker in this process. Returns its exit code."""
    app = make_app(settings)
    process = WorkerProcess(settings, accounts, app)
    register(app, process)
    connect(process)
    app.set_current()
    try:
        app.worker_main(["--quiet", "worker", *_ALONE, *options])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Abort:
        return 0  # stopped before Celery's own handlers were installed
    except ClickException as error:
        raise SettingsError(f"Celery's worker says: {error.format_message()}") from error
    return 0


def chooses_queues(options: Sequence[str]) -> bool:
    """Whether the options say which queues the worker takes from."""
    return any(option.startswith(("-Q", "--queues")) for option in options)


def _refuse_green_threads(options: Sequence[str]) -> None:
    """Raise SettingsError where the options choose a pool in which an event loop of asyncio cannot run."""
    for option, following in zip(options, [*options[1:], ""], strict=False):
        name, _, value = option.partition("=")
        if name == "--pool":
            chosen = value or following
        elif match := _SHORT_POOL.match(option):
            chosen = match[1] or following
        else:
            continue
        if chosen.lower() in _GREEN_THREADS:
            raise SettingsError(
                f"Workers do not run in a pool of {chosen}: their runs need asyncio's event loop. Leave -P out, which "
                "means threads, or choose prefork or solo."
            )


def _pool(options: Sequence[str], runs: int) -> list[str]:
    chosen = [] if _has(options, "-P", "--pool") else ["-P", "threads"]
    if _has(options, "-c", "--concurrency", "--autoscale"):
        return chosen
    # A run mostly waits for eMAG: threads are many, processes as many as the machine has cores.
    return [*chosen, "-c", str(runs)] if chosen else chosen


def _has(options: Sequence[str], *names: str) -> bool:
    return any(option.startswith(names) for option in options)


def _supervise(workers: Sequence[Callable[[], int]], say: Callable[[object], None]) -> int:
    """Fork a child for each of `workers`, pass signals on, and end all when one ends."""
    # Signals are blocked until there are handlers for them: one that came between a fork and the handlers would end
    # this process alone, and leave children behind. The children unblock them for themselves.
    signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
    children = [_fork(worker, say) for worker in workers]
    stopping = False

    def forward(number: int, _: object) -> None:
        nonlocal stopping
        stopping = True
        _signal(children, number)

    for number in _FORWARDED:
        signal.signal(number, forward)
    # A terminal sends Ctrl-C to the children itself.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
    codes = []
    left = set(children)
    while left:
        child, status = os.wait()
        left.discard(child)
        codes.append(os.waitstatus_to_exitcode(status))
        if not stopping:
            # A worker ended by itself. The other one alone would leave half of the work undone.
            _signal(left, signal.SIGTERM)
    if _MISCONFIGURED in codes:
        return _MISCONFIGURED
    return _FAILED if any(codes) else 0


def _fork(worker: Callable[[], int], say: Callable[[object], None]) -> int:
    """Start `worker` in a child process; returns the child's process id."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = _FAILED
    try:
        platforms.set_pdeathsig("SIGTERM")  # ends the child with this process, even a killed one
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
        code = worker()
    except EmagsyncError as error:
        say(error)
        code = _MISCONFIGURED if error.kind is ErrorKind.CONFIGURATION else _FAILED
    except KeyboardInterrupt:
        code = 0  # stopped before it had started
    except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
        # By the interpreter's own hook: this child never returns to the interpreter, which would call it.
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _signal(children: Sequence[int] | set[int], number: int) -> None:
    for child in children:
        try:
            os.kill(child, number)
        except ProcessLookupError:
            continue
