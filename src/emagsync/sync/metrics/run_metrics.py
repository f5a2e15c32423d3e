"""The figures of runs: what a run adds to the metrics, once and only its own work. Pure."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

import orjson

from emagsync.core.errors import EmagsyncError
from emagsync.sync.schemas import Mode, Phase, RunErrorCode, RunStatus
from emagsync.telemetry.metrics import Counter, Gauge, Histogram, Increments, Series

DURATION: Final = Histogram(
    "emag_sync_duration_seconds",
    "Finished runs, from their first start to their end.",
    ("account_type", "sync_type", "mode", "status"),
    (1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600),
)
PRODUCTS: Final = Counter(
    "emag_sync_products_total", "Offers, as the runs counted them; dry runs do not count.", ("account_type", "action")
)
ERRORS: Final = Counter(
    "emag_sync_errors_total", "Errors of finished runs, by code.", ("account_type", "sync_type", "error_type")
)
TIMEOUTS: Final = Counter("emag_sync_timeouts_total", "Runs that did not end in time.", ("account_type", "sync_type"))
STUCK: Final = Counter("emag_sync_stuck_total", "Runs that were cleaned up as stuck.", ("account_type", "sync_type"))
LAST_SUCCESS: Final = Gauge(
    "emag_sync_last_success_timestamp_seconds", "The end of the last run that read every page.", ("account_type",)
)
CIRCUIT: Final = Gauge(
    "emag_circuit_open", "1 while a run waits for eMAG to come back, and after one that gave up.", ("account_type",)
)
CHANGED: Final = Gauge(
    "emag_sync_last_run_changed_ratio",
    "Which share of the offers the last run found removed, or with another price.",
    ("account_type", "action"),
)
LAST_FAILED: Final = Gauge(
    "emag_sync_last_run_failed", "1 after a run that failed, until one ends otherwise.", ("account_type",)
)
COUNTERS: Final = (PRODUCTS, ERRORS, TIMEOUTS, STUCK)
KEPT_GAUGES: Final = (LAST_SUCCESS, LAST_FAILED, CHANGED)

PRODUCTS_TYPE: Final = "products"
DRY_RUN_TYPE: Final = "dry_run"
_GROWING: Final = ("created", "updated", "unchanged", "removed")
_FAILED: Final = "failed"
_REJECTED: Final = RunErrorCode.ROW_REJECTED.value
_OTHER: Final = "other"
_RUN_CODES: Final = frozenset(RunErrorCode)


class RunFigures(NamedTuple):
    """What of a run's row is counted. JSON columns are text."""

    id: str
    account: str
    mode: str
    status: str
    parameters: str
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None
    processed: int
    created: int
    updated: int
    unchanged: int
    removed: int
    failed: int
    errors: str
    error_count: int
    error_codes: str | None
    inherited: str | None
    phase: str | None

    @property
    def is_finished(self) -> bool:
        """Whether its counts stay as they are."""
        return RunStatus(self.status).is_finished

    @property
    def is_dry(self) -> bool:
        """Whether it changes nothing."""
        return bool(orjson.loads(self.parameters).get("dry_run"))

    @property
    def sync_type(self) -> str:
        """`products`, or `dry_run`."""
        return DRY_RUN_TYPE if self.is_dry else PRODUCTS_TYPE

    @property
    def reads_a_list(self) -> bool:
        """Whether what it met says something about the catalogue; a few offers that were chosen do not."""
        return self.mode != Mode.SELECTIVE

    @property
    def read_everything(self) -> bool:
        """Whether it read every page, so that the local copy is as fresh as its end; single rows may be rejected."""
        if self.is_dry:
            return False
        if self.status != RunStatus.PARTIAL:
            return self.status == RunStatus.COMPLETED
        parameters = orjson.loads(self.parameters)
        unlimited = parameters.get("max_pages") is None and parameters.get("selection") is None
        return unlimited and RunErrorCode.CATALOGUE_MOVING not in self.codes

    @property
    def codes(self) -> set[str]:
        """The codes of the errors of the run as a whole."""
        return {error["code"] for error in self._errors if error.get("page") is None and error.get("emag_id") is None}

    @property
    def _errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = orjson.loads(self.errors)
        return errors

    def own(self, name: str) -> int:
        """A count without what the run that this one goes on from had counted."""
        begun_with = orjson.loads(self.inherited) if self.inherited else {}
        return max(int(getattr(self, name)) - int(begun_with.get(name, 0)), 0)

    @property
    def got_through(self) -> bool:
        """Whether eMAG has delivered anything to it: not to the run that it goes on from."""
        return any(self.own(name) for name in ("created", "updated", "unchanged"))

    def errors_by_code(self) -> dict[str, int]:
        """How many errors it had of each kind; of a run of before they were counted, those not kept are `other`."""
        kept: Tally[str] = Tally()
        for code, number in self._counted_codes().items():
            kept[_known(code)] += number if code != _REJECTED else 0
        rejected = self.own(_FAILED)
        others = self.error_count - self.failed - sum(kept.values())
        found = {**kept, _REJECTED: rejected}
        found[_OTHER] = found.get(_OTHER, 0) + max(others, 0)
        return {code: number for code, number in found.items() if number}

    def _counted_codes(self) -> dict[str, int]:
        if self.error_codes is None:
            return Tally(error["code"] for error in self._errors)
        codes: dict[str, int] = orjson.loads(self.error_codes)
        return codes


def figures(runs: Iterable[RunFigures]) -> Increments:
    """What these runs add to the totals: of one that goes on, only what can no longer become less."""
    into: Increments = {}
    for run in runs:
        if not run.is_dry:
            for action in (*_GROWING, *((_FAILED,) if run.is_finished else ())):
                PRODUCTS.add(into, (run.account, action), run.own(action))
        if run.is_finished:
            _add_end(into, run)
    return into


def _add_end(into: Increments, run: RunFigures) -> None:
    kind = (run.account, run.sync_type)
    DURATION.observe(into, (*kind, run.mode, run.status), _seconds(run))
    for code, number in run.errors_by_code().items():
        ERRORS.add(into, (*kind, code), number)
    failed_by = run.codes if run.status == RunStatus.FAILED else set()
    TIMEOUTS.add(into, kind, RunErrorCode.TIMEOUT in failed_by)
    STUCK.add(into, kind, RunErrorCode.STUCK in failed_by)


def latest(runs: Iterable[RunFigures]) -> dict[Series, float]:
    """What finished runs, oldest end first, say of their accounts now: gauges that stay until the next run."""
    values: dict[Series, float] = {}
    for run in runs:
        if run.is_dry or run.finished_at is None:
            continue
        if run.read_everything:
            values[LAST_SUCCESS.series(run.account)] = run.finished_at.timestamp()
        if run.status != RunStatus.CANCELLED:
            values[LAST_FAILED.series(run.account)] = float(run.status == RunStatus.FAILED)
        values[CIRCUIT.series(run.account)] = float(RunErrorCode.ACCOUNT_DOWN in run.codes)
        if run.reads_a_list:
            met = run.processed + run.removed
            values[CHANGED.series(run.account, "removed")] = run.removed / met if met else 0.0
    return values


def is_probing(run: RunFigures) -> bool:
    """Whether an active run waits for eMAG to come back."""
    return run.status == RunStatus.RUNNING and run.phase == Phase.PROBING


def _seconds(run: RunFigures) -> float:
    if run.started_at is None or run.finished_at is None:
        return 0.0
    return max((run.finished_at - run.started_at).total_seconds(), 0.0)


def _known(code: str) -> str:
    return code if code in _RUN_CODES or code in _error_codes() else _OTHER


@cache
def _error_codes() -> frozenset[str]:
    return frozenset(_codes_below(EmagsyncError))


def _codes_below(error_type: type[EmagsyncError]) -> set[str]:
    codes = {error_type.code}
    for below in error_type.__subclasses__():
        codes |= _codes_below(below)
    return codes
