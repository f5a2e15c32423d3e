"""The states of a message on its way, how an attempt may end, and when the next one is due. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Any, Final, NamedTuple

# Waits after the first attempt, the second, ...: the last one is about 20 hours after the event.
WAITS_SECONDS: Final = (10, 60, 300, 1800, 3600, 7200, 14_400, 43_200)
# A receiver that did not answer so often in a row is left alone for a while, then asked once.
TIMEOUTS_BEFORE_PAUSE: Final = 3
# The columns of a lane that a person has opened again.
OPEN_LANE: Final = {"timeouts": 0, "paused_until": None, "off_reason": None}
_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(minutes=15)


class MessageStatus(StrEnum):
    """The state of a message."""

    PENDING = "pending"
    SENDING = "sending"  # an attempt goes on, of a message that must not be sent twice
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    UNKNOWN = "unknown"  # nobody knows whether it arrived, and it must not be sent twice


class OffReason(StrEnum):
    """Why a receiver was switched off by itself."""

    GONE = "gone"  # it answered 410


class Ending(Enum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    FAILED = "failed"  # surely not taken
    TIMED_OUT = "timed_out"  # no answer in time; sent again, where a message may arrive twice
    UNKNOWN = "unknown"  # perhaps taken; not sent again
    GONE = "gone"  # not taken, and the receiver wants nothing more


class AttemptResult(NamedTuple):
    """The result of one attempt. `status` is the receiver's own number for it (of HTTP or SMTP), if it answered."""

    ending: Ending
    status: int | None = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the message was taken."""
        return self.ending is Ending.DELIVERED


def columns_after(result: AttemptResult, attempts: int, now: datetime) -> dict[str, Any]:
    """What an attempt changes in its message's row; `attempts` were made before it."""
    values: dict[str, Any] = {"answer": result.status, "error": result.error}
    if result.ok:
        return {**values, "status": MessageStatus.DELIVERED, "delivered_at": now}
    if result.ending is Ending.UNKNOWN:
        return {**values, "status": MessageStatus.UNKNOWN}
    if result.ending is Ending.GONE or attempts >= len(WAITS_SECONDS):
        return {**values, "status": MessageStatus.GIVEN_UP}
    later = now + timedelta(seconds=WAITS_SECONDS[attempts])
    return {**values, "status": MessageStatus.PENDING, "next_attempt_at": later}


def pause_after(timeouts: int) -> timedelta | None:
    """How long a receiver is left alone after so many attempts in a row without an answer; None: it is not."""
    if timeouts < TIMEOUTS_BEFORE_PAUSE:
        return None
    doubled: timedelta = _FIRST_PAUSE * 2 ** min(timeouts - TIMEOUTS_BEFORE_PAUSE, 10)
    return min(doubled, _LONGEST_PAUSE)
