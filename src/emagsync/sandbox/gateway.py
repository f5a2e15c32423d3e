"""The gateway in front of the marketplace: requests counted in fixed clock windows, per account and route group."""

import math
from typing import Final, NamedTuple

from emagsync.sandbox.settings import Window

_LENGTHS: Final = {"second": 1, "minute": 60, "day": 86_400}


class Admission(NamedTuple):
    """Whether a request passes, its answer's headers, and after how many whole seconds a new window begins."""

    passed: bool
    headers: dict[str, str]
    retry_after: int


def group_of(route: str) -> str:
    """The budget that a route counts against: ``orders``, ``find_by_eans`` or ``other``."""
    if route.startswith("order/"):
        return "orders"
    return "find_by_eans" if route == "documentation/find_by_eans" else "other"


class Gateway:
    """Counts like Kong's rate limiting: windows begin on the full second, minute, day; a refusal is not counted."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], tuple[int, int]] = {}

    def admit(self, account: str, group: str, window: Window, now: float) -> Admission:
        """Admit or refuse one request that arrives at *now* (seconds since the epoch)."""
        headers: dict[str, str] = {}
        retry_after = 0
        limits = self._limits(window)
        used = {name: self._used(account, group, name, now) for name in limits}
        passed = all(used[name] < limit for name, limit in limits.items())
        for name, limit in limits.items():
            if passed:
                self._counts[account, group, name] = (self._window(name, now), used[name] + 1)
            elif used[name] >= limit:
                retry_after = max(retry_after, math.ceil((self._window(name, now) + 1) * _LENGTHS[name] - now))
            label = f"{limit}second" if name == "second" else name
            headers[f"X-RateLimit-Limit-{label}"] = str(limit)
            headers[f"X-RateLimit-Remaining-{label}"] = str(max(0, limit - used[name] - passed))
        return Admission(passed, headers, max(1, retry_after))

    def consume(self, account: str, group: str, count: int, now: float) -> None:
        """Use up *count* requests of the current windows, as another program of the same seller would."""
        for name in _LENGTHS:
            self._counts[account, group, name] = (
                self._window(name, now),
                self._used(account, group, name, now) + count,
            )

    def _used(self, account: str, group: str, name: str, now: float) -> int:
        window, used = self._counts.get((account, group, name), (0, 0))
        return used if window == self._window(name, now) else 0

    @staticmethod
    def _limits(window: Window) -> dict[str, int]:
        limits = {"second": window.second, "minute": window.minute}
        return limits if window.day is None else limits | {"day": window.day}

    @staticmethod
    def _window(name: str, now: float) -> int:
        return int(now // _LENGTHS[name])
