"""Log events of commands, on standard error."""

from __future__ import annotations

from emagsync.entrypoints.cli.session import Session
from emagsync.telemetry.logs import configure_logs
from emagsync.telemetry.redaction import redactor


def start_logs(session: Session) -> None:
    """Send log events to standard error, as EMAGSYNC_LOG_FORMAT and EMAGSYNC_LOG_LEVEL say."""
    settings = session.settings
    configure_logs(settings.log_format, settings.log_level, redactor, settings.log_libraries)
