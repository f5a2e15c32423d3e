"""The command line, `emagsync`."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence

from emagsync.core.late_trust import read_certificates_late
from emagsync.core.streams import prepare_standard_streams
from emagsync.db.without_orm import import_no_orm
from emagsync.entrypoints.cli.app import build
from emagsync.entrypoints.cli.errors import report_crash, run_command
from emagsync.telemetry.plain_structlog import import_plain_structlog

_OWNER_ONLY = 0o077


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see `exits.ExitCode`.

    Raises only what nobody expected: `errors.report_crash`, set as the interpreter's hook, makes one line of it.
    """
    prepare_standard_streams()
    import_no_orm()
    read_certificates_late()
    import_plain_structlog()
    # Pydantic would look for plugins of its own among all that is installed: a twentieth of a command's start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Whatever is written is for its owner: the local copy, exports, recordings. What was stricter stays so.
    os.umask(os.umask(_OWNER_ONLY) | _OWNER_ONLY)
    sys.excepthook = report_crash
    # So that a terminated command cleans up as an interrupted one does. Not in a thread, where it cannot be set.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = run_command(build(), list(sys.argv[1:] if argv is None else argv))
    # The process ends: looking through all that it has for garbage would take it another fiftieth of a short command.
    gc.freeze()
    return code
