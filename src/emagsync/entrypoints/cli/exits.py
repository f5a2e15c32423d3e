"""Exit codes, the same for every command."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of all commands."""

    COMPLETED = 0
    FAILED = 1  # also: cancelled
    USAGE = 2  # wrong arguments, or settings that keep anything from starting
    PARTIAL = 3
    BUSY = 4  # another run holds the account
    INTERRUPTED = 130


_BY_GRAVITY = (ExitCode.INTERRUPTED, ExitCode.FAILED, ExitCode.BUSY, ExitCode.PARTIAL)


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """One code for several accounts: 130, then 2 when no account could start, then 1, 4, 3, 0.

    An account with wrong settings beside others that ran counts as failed.
    """
    found = set(codes)
    if found == {ExitCode.USAGE}:
        return ExitCode.USAGE
    if ExitCode.USAGE in found:
        found.add(ExitCode.FAILED)
    return next((code for code in _BY_GRAVITY if code in found), ExitCode.COMPLETED)
