"""Writes the traceback of an unexpected error to a file, so that a person sees one line instead."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from emagsync.telemetry.redaction import Redactor

CRASH_FILE = "errors.log"


def record_crash(directory: Path, error: BaseException, redactor: Redactor, *, at: datetime) -> Path | None:
    """Append the traceback to `errors.log` in `directory`, redacted and readable by the owner only.

    Returns the file, or None when it cannot be written.
    """
    path = directory / CRASH_FILE
    details = redactor.text("".join(traceback.format_exception(error)))
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"--- {at.astimezone(UTC).isoformat()} process {os.getpid()}\n{details}\n")
    except OSError:
        return None
    return path
