"""Run errors.

SyncError
├── AccountBusy        another run holds the account
├── RunNotFound        there is no such run or sync
├── RunNotActive       it has already ended
├── RunStillActive     it has not ended yet
├── NothingToRetry     nothing of it failed
├── AlreadyRetried     another run has gone on from it
├── NotAPreview        it is no dry run that has ended
├── NoPreview          it did not apply a dry run
├── BrokerAway         a run could not be sent to the workers; the sweep sends it later
└── RunSuperseded      the lease of the run is lost: its former holder writes nothing more
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from emagsync.core.errors import EmagsyncError, ErrorKind
from emagsync.core.older_names import with_older_names


class SyncError(EmagsyncError):
    """Any error about runs."""

    code = "sync"


class AccountBusy(SyncError):
    """Another run holds the account; `run_id` names it. `holders` are the runs of all accounts that are busy."""

    code = "account_busy"
    kind = ErrorKind.TRANSIENT
    http_status = HTTPStatus.CONFLICT

    def __init__(self, account: str, run_id: str, holders: Mapping[str, str] | None = None) -> None:
        super().__init__(
            f"Account {account!r} is already being synced by run {run_id}: wait for it to end, or stop it first."
        )
        self.account = account
        self.run_id = run_id
        self.holders = dict(holders or {account: run_id})

    def problem_members(self) -> Mapping[str, Any]:
        """The run that holds the account, and those of all accounts that are busy."""
        return with_older_names({"account": self.account}) | {"run_id": self.run_id, "busy": self.holders}


class RunNotFound(SyncError):
    """There is no such run or sync."""

    code = "run_not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run or sync {run_id!r}: `emagsync history` lists them.")
        self.run_id = run_id


class RunAmbiguous(SyncError):
    """What should name one run is the beginning of several ids."""

    code = "run_ambiguous"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, prefix: str, ids: Sequence[str]) -> None:
        super().__init__(f"{prefix!r} begins the ids of several runs: {', '.join(ids)}. Give more of it.")


class RunNotActive(SyncError):
    """It has already ended."""

    code = "run_not_active"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"Run {run_id} is {status}: there is nothing to stop.")
        self.run_id = run_id

    def problem_members(self) -> Mapping[str, Any]:
        """`run_id`: the run, or the sync."""
        return {"run_id": self.run_id}


class RunStillActive(SyncError):
    """It has not ended yet."""

    code = "run_active"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(f"Run {run_id} is {status}: wait for it to end, or stop it first.")
        self.run_id = run_id

    def problem_members(self) -> Mapping[str, Any]:
        """`run_id`: the run, or the sync."""
        return {"run_id": self.run_id}


class NothingToRetry(SyncError):
    """Nothing of it failed."""

    code = "nothing_to_retry"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, run_id: str) -> None:
        super().__init__(f"Nothing of {run_id} failed: to read the offers again, start a new sync.")
        self.run_id = run_id

    def problem_members(self) -> Mapping[str, Any]:
        """`run_id`: the run, or the sync."""
        return {"run_id": self.run_id}


class AlreadyRetried(SyncError):
    """Another run has gone on from it, and may be retried in turn."""

    code = "already_retried"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, run_id: str, retried_by: str) -> None:
        super().__init__(f"Run {retried_by} has gone on from run {run_id} already: what it left is retried from there.")
        self.run_id = run_id
        self.retried_by = retried_by

    def problem_members(self) -> Mapping[str, Any]:
        """The run, and the one that went on from it."""
        return {"run_id": self.run_id, "retried_by": self.retried_by}


class NotAPreview(SyncError):
    """Only a dry run that has ended can be applied."""

    code = "not_a_preview"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, run_id: str) -> None:
        super().__init__(f"Run {run_id!r} is no dry run that has ended: only such a one can be applied.")


class NoPreview(SyncError):
    """The run did not apply a dry run: there is nothing to compare it with."""

    code = "no_preview"
    http_status = HTTPStatus.CONFLICT

    def __init__(self, run_id: str) -> None:
        super().__init__(f"Run {run_id!r} did not apply a dry run: there is no preview to compare it with.")


class BrokerAway(SyncError):
    """A run could not be sent to the workers."""

    code = "broker_away"
    kind = ErrorKind.TRANSIENT


class RunSuperseded(SyncError):
    """The run was stopped, cleaned up or taken over: its former holder writes nothing more."""

    code = "run_superseded"
