"""How runs end, and what people are told when one does not end well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from emagsync.core.errors import EmagsyncError
from emagsync.marketplace.page_sizes import PageSizes
from emagsync.sync.run.list_stability import MAX_PASSES
from emagsync.sync.schemas import RunError, RunErrorCode, RunStatus


@dataclass(frozen=True)
class Ending:
    """How a run ends, and why, if not well. `awaits_budget`: it can resume when requests can be counted again."""

    status: RunStatus
    error: RunError | None = None
    awaits_budget: bool = False


INTERRUPTED: Final = Ending(RunStatus.INTERRUPTED)


def by_error(error: EmagsyncError, at: datetime) -> Ending:
    """It failed by an error that says itself what it is."""
    return Ending(RunStatus.FAILED, RunError(code=error.code, message=str(error), at=at))


def by_defect(error: Exception, at: datetime) -> Ending:
    """It failed by a defect of ours."""
    return Ending(RunStatus.FAILED, RunError(code=RunErrorCode.INTERNAL, message=_INTERNAL.format(error=error), at=at))


def pages_unread(pages: Sequence[int], at: datetime) -> Ending:
    """These pages of the list could not be read."""
    message = _UNREAD.format(pages=", ".join(map(str, pages)))
    return Ending(RunStatus.FAILED, RunError(code=RunErrorCode.PAGES_UNREAD, message=message, at=at))


def kept_moving(at: datetime) -> Ending:
    """The list never stood still."""
    message = _MOVING.format(passes=MAX_PASSES)
    return Ending(RunStatus.PARTIAL, RunError(code=RunErrorCode.CATALOGUE_MOVING, message=message, at=at))


def timed_out(seconds: int, sizes: PageSizes, seconds_left: float | None, at: datetime) -> Ending:
    """It took longer than the `seconds` that it was allowed. `seconds_left`: what the rest would take, where known."""
    pace = sizes.pace
    if not sizes.is_reduced or pace.seconds_per_offer is None:
        message = _TIMEOUT.format(seconds=seconds)
        return Ending(RunStatus.FAILED, RunError(code=RunErrorCode.TIMEOUT, message=message, at=at))
    values = {
        "seconds": float(seconds),
        "page_size": float(pace.page_size),
        "seconds_per_offer": round(pace.seconds_per_offer, 3),
    }
    message = _SLOW.format(seconds=seconds, size=pace.page_size, pace=f"{pace.seconds_per_offer:.2g}")
    if seconds_left is not None:
        values["seconds_left"] = float(round(seconds_left))
        message += _SLOW_LEFT.format(left=round(seconds_left))
    return Ending(RunStatus.FAILED, RunError(code=RunErrorCode.TIMEOUT, message=message, at=at, values=values))


_INTERNAL = "emagsync failed in a way that it should not ({error!r}). Please report it; what was read is stored."
_UNREAD = (
    "Pages that could not be read: {pages}. What was read is stored and nothing was removed; the next sync tries "
    "these pages again."
)
_MOVING = (
    "The offers kept moving while they were read, {passes} times over: some may be missing. Nothing was removed; "
    "sync again when fewer offers are being added or removed."
)
_TIMEOUT = (
    "The run was stopped after {seconds} s. What was read is stored and the next sync goes on from there; "
    "allow more time with --timeout (timeout_seconds) if this happens again."
)
_SLOW = (
    "The run was stopped after {seconds} s. eMAG is slow for this account: an offer takes it about {pace} s, and pages "
    "of {size} offers are what it delivers in time. That is remembered, every part that came is stored, and the next "
    "sync goes on from there."
)
_SLOW_LEFT = " At this pace the rest takes about {left} s: --timeout (timeout_seconds) can allow for it."
