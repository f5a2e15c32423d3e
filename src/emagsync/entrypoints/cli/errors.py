"""Errors of commands: one line on standard error and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import typer

from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.exhaustion import exhaustion_of
from emagsync.edits.push.errors import PushBusy
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.entrypoints.cli.output.text import printable
from emagsync.sync.errors import AccountBusy
from emagsync.telemetry.redaction import redactor

_crash_recorder: list[Callable[[BaseException], Path | None]] = []
_json = False  # whether what is said on standard error is for a program


def run_command(command: Any, arguments: list[str]) -> int:
    """Run a Typer command with `arguments`; returns its exit code."""
    global _json  # noqa: PLW0603 - of the process: the hook for crashes asks it too
    _json = "--json" in arguments
    try:
        code = command.main(args=arguments, prog_name="emagsync", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _usage(error)
    except EmagsyncError as error:
        complain(error)
        return exit_code_of(error)
    except BrokenPipeError:
        _forget_stdout()
        return ExitCode.FAILED
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except OSError as error:
        exhausted = _unwritten_output() or exhaustion_of(error)
        complain(exhausted or f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return ExitCode.FAILED
    return code if isinstance(code, int) else ExitCode.COMPLETED


@contextmanager
def telling_how_it_ended(code: ExitCode) -> Iterator[None]:
    """Print, in the block, how work ended that has the exit code `code`: also where nobody reads it any more."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        raise typer.Exit(code) from None


def _unwritten_output() -> str | None:
    """What to say where it is standard output that cannot be written: a full disk there is not that of the data."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _forget_stdout()
        return f"The output could not be written: {error.strerror or error}."
    return None


def exit_code_of(error: EmagsyncError) -> ExitCode:
    """2 where a person must change something first, 4 for an account that another process works on, else 1."""
    if isinstance(error, AccountBusy | PushBusy):
        return ExitCode.BUSY
    return ExitCode.USAGE if error.kind is ErrorKind.CONFIGURATION else ExitCode.FAILED


def complain(problem: object) -> None:
    """Write one line to standard error, without secrets; with `--json` it is `{"error": {"code": .., "message": ..}}`.

    The code is an EmagsyncError's; anything else has the code `error`.
    """
    _say("error", problem)


def warn(problem: object) -> None:
    """As `complain`, of what does not end the command; with `--json` it is `{"warning": {..}}`."""
    _say("warning", problem)


def _say(level: str, problem: object) -> None:
    line = redactor.text(printable(" ".join(str(problem).split())))
    if _json:
        code = problem.code if isinstance(problem, EmagsyncError) else level
        line = json.dumps({level: {"code": code, "message": line}}, ensure_ascii=False)
    else:
        line = f"emagsync: {line}"
    typer.echo(line, err=True)


def record_crashes_with(record: Callable[[BaseException], Path | None]) -> None:
    """Let `record` keep the details of an unexpected error. It returns their file, or None when it cannot write it."""
    _crash_recorder[:] = [record]


def report_crash(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Report an unexpected error in one line. This is `sys.excepthook`; the exit code is then 1."""
    if issubclass(kind, KeyboardInterrupt):
        return
    path = _crash_recorder[0](error) if _crash_recorder else None
    where = f"details are in {path}" if path else f"{os.path.basename(_place(traceback))}"  # noqa: PTH119
    complain(f"unexpected error, please report it: {kind.__name__}: {error} ({where})")


def _usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message().replace("Value error, ", "")
    if message:  # a group without its command has none, and has shown its help
        hint = f" Try '{context.command_path} --help'." if context is not None else ""
        complain(f"{message if message.endswith('?') else message.rstrip('.') + '.'}{hint}")
    return error.exit_code


def _place(traceback: TracebackType | None) -> str:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else "no traceback"


def _forget_stdout() -> None:
    """The reader has gone: what is still buffered must not raise again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
