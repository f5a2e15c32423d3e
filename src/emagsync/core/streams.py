"""The standard streams of a program, made fit for use before anything is read or written.

A program may be started with a stream closed (`2>&-`, some supervisors), with one that nobody reads any more, or with
an encoding that has no letter for what is to be said. None of that may stop it, or spoil its exit code.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from typing import Final

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_ERRORS: Final = "emagsync.nearest"
# Signs that we write ourselves and that have no letter below them.
_NEAREST: Final = {"─": "-", "–": "-", "—": "-", "…": "...", "→": "->", "×": "x", "„": '"', "”": '"', "’": "'"}


def prepare_standard_streams() -> None:
    """Open the streams that are closed, onto nothing, and let no letter and no reader that has gone raise an error.

    To be called first: a file opened before it would become the standard stream whose number is free.
    """
    codecs.register_error(_ERRORS, _nearest)
    for descriptor in (_STDIN, _STDOUT, _STDERR):
        if not _is_open(descriptor):
            _open_onto_nothing(descriptor)
    if sys.stdin is None:
        _set("stdin", open(_STDIN, encoding="utf-8", closefd=False))  # noqa: SIM115
    if sys.stdout is None:
        _set("stdout", open(_STDOUT, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    if sys.stderr is None or sys.stderr is sys.__stderr__:  # not one that somebody has put in its place
        encoding = "utf-8" if sys.stderr is None else sys.stderr.encoding
        _set("stderr", _unfailing(_STDERR, encoding))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=_ERRORS)


def _set(name: str, stream: io.TextIOWrapper) -> None:
    # The second is what some libraries write to; to type checkers it is final.
    vars(sys)[name] = vars(sys)[f"__{name}__"] = stream


class _Unfailing(io.FileIO):
    """Drops what cannot be written: a message that nobody reads must not stop the work that it is about."""

    def write(self, data: object) -> int:
        try:
            written = super().write(data)  # type: ignore[arg-type]
        except OSError:
            written = None
        return len(data) if written is None else written  # type: ignore[arg-type]


def _unfailing(descriptor: int, encoding: str) -> io.TextIOWrapper:
    raw = _Unfailing(descriptor, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors=_ERRORS, write_through=True)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _open_onto_nothing(descriptor: int) -> None:
    """Make `descriptor` one that has ended (input), or that takes everything (output), for child processes too."""
    if descriptor == _STDIN:
        # Not /dev/null, which no event loop can watch.
        opened, writing = os.pipe()
    else:
        opened, writing = os.open(os.devnull, os.O_WRONLY), None
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)
    os.set_inheritable(descriptor, True)
    if writing is not None:
        os.close(writing)


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """What an encoding has instead of letters that it lacks: `ș` becomes `s`, `…` three dots, anything else `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(letter: str) -> str:
    if letter in _NEAREST:
        return _NEAREST[letter]
    return unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode() or "?"
