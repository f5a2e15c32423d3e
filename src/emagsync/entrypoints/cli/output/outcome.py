"""How a sync ended for one account."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from emagsync.core.errors import EmagsyncError
from emagsync.entrypoints.cli.errors import exit_code_of
from emagsync.entrypoints.cli.exits import ExitCode
from emagsync.sync.schemas import Difference, Run, RunStatus

_CODES = {
    RunStatus.COMPLETED: ExitCode.COMPLETED,
    RunStatus.PARTIAL: ExitCode.PARTIAL,
    RunStatus.INTERRUPTED: ExitCode.INTERRUPTED,
    RunStatus.FAILED: ExitCode.FAILED,
    RunStatus.CANCELLED: ExitCode.FAILED,
}


@dataclass(frozen=True)
class RunOutcome:
    """How a sync ended for one account: a run, or the error that kept it from starting or ended it unexpectedly."""

    account: str
    run: Run | None = None
    error: BaseException | None = None
    differences: tuple[Difference, ...] = ()  # what a dry run would have changed

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of this account alone."""
        if self.run is not None:
            return _CODES.get(self.run.status, ExitCode.FAILED)
        if isinstance(self.error, asyncio.CancelledError):
            return ExitCode.INTERRUPTED
        return exit_code_of(self.error) if isinstance(self.error, EmagsyncError) else ExitCode.FAILED

    @property
    def is_dry_run(self) -> bool:
        """Whether the run only reported what it would change."""
        return self.run is not None and self.run.parameters.dry_run
