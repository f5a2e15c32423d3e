"""The requests of one account that the sandbox saw: how many, how close together, how many refused, which pages."""

from collections import Counter, deque
from typing import Any, Final

_LOG_SIZE: Final = 20_000
_PAGES_KEPT: Final = 20_000


class Peak:
    """The most requests that arrived in any rolling stretch of *length* seconds."""

    def __init__(self, length: float) -> None:
        self._length = length
        self._recent: deque[float] = deque()
        self.most = 0

    def add(self, at: float) -> None:
        """Count an arrival at *at* (seconds, monotonic). Two arrivals exactly *length* apart are not in one stretch."""
        recent = self._recent
        recent.append(at)
        while at - recent[0] >= self._length:
            recent.popleft()
        self.most = max(self.most, len(recent))


class GroupReport:
    """The arrivals of one route group, refused ones included."""

    def __init__(self) -> None:
        self.requests = 0
        self.refused = 0
        self.second = Peak(1.0)
        self.minute = Peak(60.0)

    def to_dict(self) -> dict[str, int]:
        """Counts and peaks as plain numbers."""
        return {
            "requests": self.requests,
            "refused": self.refused,
            "peak_per_second": self.second.most,
            "peak_per_minute": self.minute.most,
        }


class LogEntry:
    """One line of the request log; ``status`` 0 means that no whole answer was sent."""

    __slots__ = ("at", "fault", "filters", "group", "items", "page", "refused", "route", "size", "status")

    def __init__(self, at: float, route: str, group: str) -> None:
        self.at, self.route, self.group = at, route, group
        self.page: int | None = None
        self.size: int | None = None
        self.filters = ""
        self.status = 0
        self.items: int | None = None
        self.fault: str | None = None
        self.refused = False

    def to_dict(self) -> dict[str, Any]:
        """The line as plain values, without what does not apply."""
        return {
            name: value for name in sorted(self.__slots__) if (value := getattr(self, name)) not in (None, "", False)
        }


class AccountReport:
    """Statistics of one account since it was made or last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything seen so far."""
        self.requests = 0
        self.groups: dict[str, GroupReport] = {}
        self.routes: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.page_requests: Counter[str] = Counter()
        self.page_reads: Counter[str] = Counter()
        self.lookups = 0
        self.log: deque[LogEntry] = deque(maxlen=_LOG_SIZE)

    @property
    def refused(self) -> int:
        """How many requests the gateway answered with 429."""
        return sum(group.refused for group in self.groups.values())

    def arrived(self, route: str, group: str, at: float, monotonic: float) -> LogEntry:
        """A request was counted by the gateway at *at* (seconds since the epoch)."""
        self.requests += 1
        self.routes[route] += 1
        seen = self.groups.setdefault(group, GroupReport())
        seen.requests += 1
        seen.second.add(monotonic)
        seen.minute.add(monotonic)
        entry = LogEntry(at, route, group)
        self.log.append(entry)
        return entry

    def refuse(self, entry: LogEntry) -> None:
        """The gateway refused the request."""
        entry.refused = True
        self.groups[entry.group].refused += 1

    def asked(self, entry: LogEntry, page: int, size: int, filters: str) -> None:
        """The request asks ``product_offer/read`` for a page, whatever becomes of it."""
        entry.page, entry.size, entry.filters = page, size, filters
        self._count(self.page_requests, entry)

    def ended(self, entry: LogEntry, status: int, *, corrupted: bool) -> None:
        """The request was answered with *status* (0: no whole answer); *corrupted*: nobody can use the answer."""
        entry.status = status
        self.statuses[status] += 1
        if entry.fault:
            self.faults[entry.fault] += 1
        if entry.page is not None and status == 200 and not corrupted:
            self._count(self.page_reads, entry)
            self.lookups += is_lookup(entry.filters)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the log, as plain values."""
        return {
            "requests": self.requests,
            "refused": self.refused,
            "groups": {name: group.to_dict() for name, group in sorted(self.groups.items())},
            "routes": dict(self.routes),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "faults": dict(self.faults),
            "page_requests": dict(self.page_requests),
            "page_reads": dict(self.page_reads),
            "lookups": self.lookups,
        }

    @staticmethod
    def _count(counter: Counter[str], entry: LogEntry) -> None:
        if is_lookup(entry.filters):
            return
        key = f"{entry.page}/{entry.size}" + (f"?{entry.filters}" if entry.filters else "")
        if key in counter or len(counter) < _PAGES_KEPT:
            counter[key] += 1


def is_lookup(filters: str) -> bool:
    """Whether the filters pick single offers: those are counted together, not page by page."""
    return any(part.startswith(("id=", "part_number")) for part in filters.split("&"))
