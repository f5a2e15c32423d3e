"""Reads the headers of eMAG's answers that are about its request limits.

Source: [seen] a Kong gateway that counts fixed clock windows; headers such as `X-RateLimit-Remaining-3second` may be on
any answer and `Retry-After` on a 429. Other programs of the same seller use the same budget, so the headers know more
than our own count does. A header that cannot be read is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# `-3second` on most routes; the other groups' headers carry their own number, Kong's default carries none.
_SECOND_HEADER = re.compile(r"x-ratelimit-remaining-\d*second", re.IGNORECASE)
_MINUTE_HEADER = "X-RateLimit-Remaining-minute"


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for, given as a number or as a date."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    moment = _http_date(text)
    return None if moment is None else max(0.0, (moment - _server_now(headers, now)).total_seconds())


def minute_pause(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the gateway's next clock minute, when it says that nothing remains of this one."""
    if not _nothing_remains(headers, _MINUTE_HEADER):
        return None
    return 60.0 - _server_now(headers, now).second


def second_is_spent(headers: Mapping[str, str]) -> bool:
    """Whether the gateway says that nothing remains of its present second."""
    return any(_SECOND_HEADER.fullmatch(name) and _nothing_remains(headers, name) for name in headers)


def _nothing_remains(headers: Mapping[str, str], name: str) -> bool:
    text = headers.get(name, "").strip()
    return text.isascii() and text.isdigit() and int(text[:9]) == 0


def _server_now(headers: Mapping[str, str], now: datetime) -> datetime:
    return _http_date(headers.get("Date", "")) or now


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
