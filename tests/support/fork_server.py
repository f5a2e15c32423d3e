"""A program that starts commands of `emagsync` by forking itself, with everything imported already.

Importing is nine tenths of what a short command costs. `support.processes` starts one such server for a test process
and asks it, over the socket whose number is the only argument, for a process with given arguments, variables, folder
and standard streams. What it forks is an ordinary process, and a child of the test process rather than of the server:
the kernel makes it the server's sibling (CLONE_PARENT). So waiting, exit codes and signals are the real thing.

The server has one thread, no event loop and no open files but its streams and its socket. It starts no command that an
interpreter's own variables (PYTHONPATH and the like) would have to reach: see `processes.can_fork`.

One thing is cheaper than in a new interpreter: the hash of a password, which is meant to cost a fifth of a second.
"""

from __future__ import annotations

import atexit
import ctypes
import errno
import functools
import gc
import importlib
import io
import json
import locale
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

MOST_BYTES = 1 << 17
STREAMS = 3
_CLONE_PARENT = 0x8000
_CLONE3 = 435  # the same number on every machine
# What the commands import while they run, beside their own modules.
_LATE_IMPORTS = (
    "aiosqlite",
    "alembic.autogenerate",
    "alembic.command",
    "alembic.ddl.postgresql",
    "alembic.ddl.sqlite",
    "alembic.runtime.environment",
    "asyncpg",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.apps.worker",
    "celery.backends.redis",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "celery.concurrency.thread",
    "celery.worker",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "kombu.transport.redis",
    "rich.live",
    "rich.progress",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "typer._adapters",
    "typer._click.decorators",
    "uvicorn.lifespan.off",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
    "xlsxwriter",
)
# What hardly a test's commands import: a quarter of all, and every fork copies the tables of all memory.
_SELDOM = (
    "emagsync.assistants.",
    "emagsync.entrypoints.cli.commands.mcp",
    "emagsync.offers.export_parquet",
    "emagsync.sources.fetching.sftp",
    "emagsync.telemetry.otlp_tracer",
)


def is_possible() -> bool:
    """Whether processes can be forked as they are here: some containers do not let a program ask the kernel for it."""
    kernel = ctypes.CDLL(None, use_errno=True)
    return kernel.syscall(_CLONE3, None, 0) < 0 and ctypes.get_errno() == errno.EINVAL


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    del sys.path[0]  # this folder, which no command has on its path
    gc.disable()  # modules are no garbage, and looking for it takes a quarter of importing them
    _import_everything()
    _make_hashes_cheap()
    assert threading.active_count() == 1
    gc.freeze()
    gc.enable()
    control.send(b"ready")
    while True:
        message, streams, _, _ = socket.recv_fds(control, MOST_BYTES, STREAMS)
        if not message:
            return
        pid = _forked(json.loads(message), streams)
        for stream in streams:
            os.close(stream)
        control.send(str(pid).encode())


def _import_everything() -> None:
    import emagsync

    for module in pkgutil.walk_packages(emagsync.__path__, "emagsync."):
        if not (module.name.endswith("__main__") or ".migrations" in module.name or module.name.startswith(_SELDOM)):
            importlib.import_module(module.name)
    for name in _LATE_IMPORTS:
        importlib.import_module(name)
    importlib.import_module("apprise").Apprise.instantiate("json://localhost")  # which imports all its plugins


def _make_hashes_cheap() -> None:
    from emagsync.identity import secrets

    secrets.Argon2Cost = functools.partial(secrets.Argon2Cost, passes=1, memory_kib=8, lanes=1)  # type: ignore


def _forked(wanted: Mapping[str, Any], streams: Sequence[int]) -> int:
    """Start the process; its parent is whoever started this server. Returns its id."""
    pid = _fork_sibling()
    if pid == 0:
        _become(wanted, streams)
    return pid


def _fork_sibling() -> int:
    """`os.fork`, but that the new process is a child of this one's parent."""
    python = ctypes.PyDLL(None, use_errno=True)  # which keeps the interpreter's lock during a call, as forking needs
    wanted = _CloneArguments(flags=_CLONE_PARENT)
    python.PyOS_BeforeFork()
    pid = python.syscall(_CLONE3, ctypes.byref(wanted), ctypes.sizeof(wanted))
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0
    failed = ctypes.get_errno()
    python.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(failed, os.strerror(failed))
    return int(pid)


class _CloneArguments(ctypes.Structure):
    """The kernel's `struct clone_args`, as it was at first."""

    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in ("flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls")
    )


def _become(wanted: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Be the command, from its first line to the end of the process."""
    code = 1
    try:
        _take_over(wanted, streams)
        code = _ran(wanted)
        code = _closed(code)
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
        sys.__excepthook__(*sys.exc_info())
    finally:
        os._exit(code)


def _take_over(wanted: Mapping[str, Any], streams: Sequence[int]) -> None:
    """What a new process has that this one does not: streams, variables, folder, path."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(STREAMS, os.sysconf("SC_OPEN_MAX"))
    if wanted["new_session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    locale.setlocale(locale.LC_CTYPE, "")
    time.tzset()
    sys.argv = [wanted["module"] or wanted["script"], *wanted["arguments"]]
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ
    sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    if not wanted["safe_path"]:
        sys.path.insert(0, os.path.dirname(wanted["script"]) if wanted["script"] else os.getcwd())  # noqa: PTH109, PTH120
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or "C"
    errors = "surrogateescape" if chosen.partition(".")[0] in {"C", "POSIX"} else "strict"
    sys.stdin = sys.__stdin__ = _stream(0, "stdin", errors)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(1, "stdout", errors)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2, "stderr", "backslashreplace")  # type: ignore[misc]


def _stream(number: int, name: str, errors: str) -> Any:
    """As the interpreter makes them (`create_stdio` in its pylifecycle.c)."""
    is_buffered = "PYTHONUNBUFFERED" not in os.environ
    buffering = -1 if is_buffered or number == 0 else 0
    file: Any = open(number, "wb" if number else "rb", buffering, closefd=False)  # noqa: SIM115
    (file.raw if buffering else file).name = f"<{name}>"
    by_line = is_buffered and (number == 2 or file.isatty())
    return io.TextIOWrapper(file, "utf-8", errors, line_buffering=by_line, write_through=not is_buffered)


def _ran(wanted: Mapping[str, Any]) -> int:
    """Run it as `python -m module` or `python script` would; the exit code."""
    try:
        if wanted["script"]:
            runpy.run_path(wanted["script"], run_name="__main__")
        else:
            runpy.run_module(wanted["module"], run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return (ended.code or 0) & 0xFF
        print(ended.code, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _closed(code: int) -> int:
    """What the interpreter does at its end, but for taking the modules apart."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    # So that what nobody has closed or awaited is told of.
    gc.collect()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return 120
    return code


if __name__ == "__main__":
    main()
